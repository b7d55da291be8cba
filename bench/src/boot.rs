//! A whole Debian: from execve(2) to READY=1, and from SIGTERM to the end.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Paths;
use crate::measure::{median, millis};

const ROUNDS: usize = 8;

type Manager = (&'static str, fn(&Paths) -> Command);

#[derive(Debug, Clone, Copy)]
struct Life {
    boot: Duration,
    stop: Duration,
    /// KiB: resident, private; of the manager alone.
    memory: (u64, u64),
}

pub(crate) fn bench(paths: &Paths) {
    let managers: [Manager; 2] = [("redd", redd), ("nspawn", nspawn)];
    let mut lives: [Vec<Life>; 2] = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for place in 0..2 {
            let index = (place + round) % 2;
            let life = live(managers[index].1(paths), paths);
            // The first one fills caches, and gives the tree its machine id.
            if round > 0 {
                lives[index].push(life);
            }
        }
    }
    println!("## Boot and stop: Debian 13, one machine\n");
    println!("| | boot ms | stop ms | resident KiB | private KiB |\n|---|---|---|---|---|");
    for ((name, _), lives) in managers.iter().zip(&lives) {
        let of = |figure: fn(&Life) -> f64| median(lives.iter().map(figure));
        println!(
            "| {name} | {:.0} | {:.0} | {} | {} |",
            of(|life| millis(life.boot)),
            of(|life| millis(life.stop)),
            lives[0].memory.0,
            lives[0].memory.1
        );
    }
    let ratio = |figure: fn(&Life) -> f64| {
        median(lives[0].iter().zip(&lives[1]).map(|(one, other)| figure(one) / figure(other)))
    };
    println!(
        "| ratio, round by round | {:.2} | {:.2} | | |\n",
        ratio(|life| millis(life.boot)),
        ratio(|life| millis(life.stop))
    );
}

fn redd(paths: &Paths) -> Command {
    let mut command = Command::new(&paths.redd);
    command.args(["boot", "-M", "bench", "-P"]).arg(&paths.tree);
    command
}

fn nspawn(paths: &Paths) -> Command {
    let mut command = Command::new("systemd-nspawn");
    command.args(["-q", "--register=no", "--keep-unit", "--private-network", "--notify-ready=yes"]);
    command.args(["--console=pipe", "-b", "-M", "bench", "-D"]).arg(&paths.tree);
    command
}

fn live(mut command: Command, paths: &Paths) -> Life {
    let socket = paths.scratch.join("notify");
    drop(fs::remove_file(&socket));
    let listener = UnixDatagram::bind(&socket).unwrap();
    listener.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    command.env("NOTIFY_SOCKET", &socket).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut process = command.spawn().unwrap();
    let mut buffer = [0; 4096];
    loop {
        let length = listener.recv(&mut buffer).unwrap();
        if buffer[..length].split(|&byte| byte == b'\n').any(|line| line == b"READY=1") {
            break;
        }
    }
    let boot = start.elapsed();
    let memory = memory_of(&process);
    let stop = Instant::now();
    let pid = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    process.wait().unwrap();
    Life { boot, stop: stop.elapsed(), memory }
}

fn memory_of(process: &Child) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id())).unwrap_or_default();
    let sum = |names: &[&str]| {
        let lines = text.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
        lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
    };
    (sum(&["Rss:"]), sum(&["Private_Clean:", "Private_Dirty:"]))
}
