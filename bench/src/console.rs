//! Output on its way from the payload to the caller's terminal, or to its pipe.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use redd_sys::resource_usage::of_children;
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::measure::{median, millis, turn};
use crate::{Paths, start, tools, trees};

/// How many lines of 80 bytes.
const LINES: usize = 400_000;
const ROUNDS: usize = 12;
const NSPAWN: [&str; 4] = ["-q", "--register=no", "--keep-unit", "--private-network"];

/// One way from the writer of lines to the reader.
struct Way<'a> {
    name: &'static str,
    command: Box<dyn Fn() -> Command + 'a>,
}

/// What came out of one run.
#[derive(Debug, Clone, Copy)]
struct Passage {
    /// Megabytes a second, from the first byte to the last one.
    rate: f64,
    processor: f64,
    lost: usize,
}

/// Where the lines are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outside {
    Pty,
    Pipe,
}

pub(crate) fn bench(paths: &Paths) {
    let tree = trees::small(paths);
    println!("## Console: {} MB of lines\n", LINES * 80 / 1_000_000);
    println!(
        "From the payload's pty to the caller's, read as fast as it can be; the loop is one read(2) and one write(2) and \
         nothing else, with the payload in a session of its own. Rates are of the first byte to the last one; CPU time has the writer's in it, but not the reader's. The goal is at least 0.95 \
         of the loop's rate, and that nothing is lost at the end.\n"
    );
    let writer = paths.program("redd-lines");
    let lines = LINES.to_string();
    let looped = words(&paths.program("redd-loop"), &[writer.as_os_str(), lines.as_ref()]);
    compare(
        Outside::Pty,
        &[
            Way { name: "loop", command: looped },
            Way { name: "redd", command: managed(redd(paths, "interactive"), &tree) },
            Way { name: "nspawn", command: managed(nspawn("interactive"), &tree) },
        ],
    );
    println!("With a pipe, against the writer alone; nothing has to be passed on.\n");
    compare(
        Outside::Pipe,
        &[
            Way { name: "writer alone", command: words(&writer, &[lines.as_ref()]) },
            Way { name: "redd", command: managed(redd(paths, "pipe"), &tree) },
            Way { name: "nspawn", command: managed(nspawn("pipe"), &tree) },
        ],
    );
    let passed = is_passed_through(redd(paths, "pipe"), &tree);
    println!(
        "The payload's standard output is the caller's own pipe: {}.\n",
        if passed { "yes" } else { "no" }
    );
    tools::print_setting(paths, &["systemd-nspawn"]);
}

fn words<'a>(program: &Path, arguments: &[&OsStr]) -> Box<dyn Fn() -> Command + 'a> {
    let (program, arguments) =
        (program.to_owned(), arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    Box::new(move || {
        let mut command = Command::new(&program);
        command.args(&arguments);
        command
    })
}

fn redd<'a>(paths: &'a Paths, console: &'static str) -> Box<dyn Fn(&Path) -> Command + 'a> {
    Box::new(move |tree| {
        let mut command = Command::new(&paths.redd);
        command.args(["run", "-M", "bench", &format!("--console={console}")]).args(start::NO_USERS);
        command.arg(tree);
        command
    })
}

fn nspawn<'a>(console: &'static str) -> Box<dyn Fn(&Path) -> Command + 'a> {
    Box::new(move |tree| {
        let mut command = Command::new("systemd-nspawn");
        command.args(NSPAWN).arg(format!("--console={console}")).arg("-D").arg(tree);
        command
    })
}

fn managed<'a>(manager: Box<dyn Fn(&Path) -> Command + 'a>, tree: &'a Path) -> Box<dyn Fn() -> Command + 'a> {
    Box::new(move || {
        let mut command = manager(tree);
        command.args(["/usr/bin/redd-lines", &LINES.to_string()]);
        command
    })
}

fn compare(outside: Outside, ways: &[Way<'_>]) {
    let mut all: Vec<Vec<Passage>> = ways.iter().map(|_| Vec::new()).collect();
    for round in 0..=ROUNDS {
        for index in turn(round, ways.len()) {
            let passage = pass((ways[index].command)(), outside);
            if round > 0 {
                all[index].push(passage);
            }
        }
    }
    println!("| | MB/s | to the first | CPU ms | to the first | lines lost |\n|---|---|---|---|---|---|");
    for (way, passages) in ways.iter().zip(&all) {
        let ratio = |figure: fn(&Passage) -> f64| {
            median(passages.iter().zip(&all[0]).map(|(one, first)| figure(one) / figure(first)))
        };
        println!(
            "| {} | {:.0} | {:.2} | {:.0} | {:.2} | {} |",
            way.name,
            median(passages.iter().map(|passage| passage.rate)),
            ratio(|passage| passage.rate),
            median(passages.iter().map(|passage| passage.processor)),
            ratio(|passage| passage.processor),
            passages.iter().map(|passage| passage.lost).max().unwrap_or_default()
        );
    }
    println!();
}

fn pass(mut command: Command, outside: Outside) -> Passage {
    let before = of_children().unwrap().processor_time;
    command.stderr(Stdio::null());
    let (mut reader, mut process) = match outside {
        Outside::Pipe => {
            let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
            (OwnedFd::from(process.stdout.take().unwrap()), process)
        }
        Outside::Pty => {
            let (manager, terminal) = terminal();
            command.stdin(terminal.try_clone().unwrap()).stdout(terminal);
            (manager, command.spawn().unwrap())
        }
    };
    // Whoever keeps the terminal open keeps its end from being seen.
    drop(command);
    let (text, seconds) = read_all(&mut reader);
    process.wait().unwrap();
    let processor = of_children().unwrap().processor_time.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
    let rate = text.len() as f64 / seconds / 1e6;
    Passage { rate, processor: millis(processor), lost: lost_lines(&text) }
}

/// A terminal in raw mode, as all managers put it.
fn terminal() -> (OwnedFd, OwnedFd) {
    let manager = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&manager).unwrap();
    unlockpt(&manager).unwrap();
    let name = ptsname(&manager, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = openat(CWD, OsStr::from_bytes(name.as_bytes()), flags, Mode::empty()).unwrap();
    let mut modes = tcgetattr(&terminal).unwrap();
    modes.make_raw();
    tcsetattr(&terminal, OptionalActions::Now, &modes).unwrap();
    (manager, terminal)
}

/// All that comes, and the seconds from its first byte to its last one.
fn read_all(reader: &mut OwnedFd) -> (Vec<u8>, f64) {
    let mut text = vec![0; LINES * 81 + 1024 * 1024];
    let (mut length, mut first, mut last) = (0, None, Instant::now());
    // The end of a pty is an error.
    while let Ok(more @ 1..) = rustix::io::read(&*reader, &mut text[length..]) {
        length += more;
        last = Instant::now();
        first.get_or_insert(last);
    }
    text.truncate(length);
    (text, first.map_or(f64::NAN, |first| last.duration_since(first).as_secs_f64()))
}

/// How many of the numbered lines are not there, whole and in order.
fn lost_lines(text: &[u8]) -> usize {
    let mut next = 0;
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line == format!("{next:079}").as_bytes() {
            next += 1;
        }
    }
    LINES - next
}

fn is_passed_through(manager: Box<dyn Fn(&Path) -> Command + '_>, tree: &Path) -> bool {
    let mut command = manager(tree);
    command.args(["/usr/bin/readlink", "/proc/self/fd/1"]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut pipe = process.stdout.take().unwrap();
    let mut seen = String::new();
    pipe.read_to_string(&mut seen).unwrap();
    process.wait().unwrap();
    seen.trim_end() == format!("pipe:[{}]", fstat(&pipe).unwrap().st_ino)
}
