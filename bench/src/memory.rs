//! What a manager keeps in memory while its machine runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bundle::{self, Filter};
use crate::machine::{Fleet, Isolation, Manager};
use crate::measure::median;
use crate::{Paths, tools, trees};

const MANY: usize = 50;

/// KiB of one process.
#[derive(Debug, Clone, Copy)]
struct Memory {
    resident: f64,
    proportional: f64,
    private_clean: f64,
    private_dirty: f64,
}

pub(crate) fn bench(paths: &Paths) {
    println!("## Memory of a manager while its machine runs\n");
    println!(
        "KiB of one process; of {MANY}, the median. *Private* is what nobody else has mapped: *dirty* is the process's \
         own, *clean* are pages of program files, which count as private where a program runs once, and which the kernel \
         can drop at any time. The payload is an init that waits; with one machine also Debian 13. conmon is what podman \
         keeps for a container. The goal for redd is at most 2048 resident, and 512 private.\n"
    );
    println!(
        "| | machines | resident | proportional | private clean | private dirty |\n|---|---|---|---|---|---|"
    );
    let small = trees::small(paths);
    booted(paths, &paths.tree, 1, "Debian 13");
    for count in [1, MANY] {
        booted(paths, &small, count, "small");
        conmon(paths, &small, count);
    }
    println!();
    tools::print_setting(paths, &["systemd-nspawn", "conmon", "crun"]);
}

fn booted(paths: &Paths, tree: &Path, count: usize, what: &str) {
    for manager in Manager::BOTH {
        let copies = trees::Copies::mount(tree, count, paths);
        let boot = |(number, root): (usize, &std::path::PathBuf)| {
            manager.boot(paths, Isolation::Same, &format!("bench{number}"), root)
        };
        let mut fleet = Fleet::start(copies.roots.iter().enumerate().map(boot), paths);
        assert_eq!(fleet.wait_until_ready().1, count, "{manager:?}");
        let pids: Vec<u32> = fleet.processes.iter().map(std::process::Child::id).collect();
        print(&format!("{}, {what}", manager.name()), count, &pids);
        if manager == Manager::Redd {
            let guards: Vec<u32> = pids.iter().map(|&pid| guard_of(pid)).collect();
            print(&format!("its guard, {what}"), count, &guards);
        }
        fleet.stop();
    }
}

/// As podman does it: conmon has crun create the container, which is started then.
fn conmon(paths: &Paths, tree: &Path, count: usize) {
    let bundle = bundle::make("crun", Filter::No, tree, &["/usr/bin/sleep", "100000"], &paths.scratch);
    let files = Path::new("/run/bench-conmon");
    drop(fs::remove_dir_all(files));
    fs::create_dir_all(files).unwrap();
    let ids: Vec<String> = (0..count).map(|number| format!("bench-conmon-{number}")).collect();
    let mut pids = Vec::new();
    for id in &ids {
        let pid_file = files.join(format!("{id}.conmon"));
        let mut command = Command::new("conmon");
        command.args(["--api-version", "1", "-c", id, "-u", id, "-n", id, "-r", "/usr/bin/crun", "-b"]);
        command.arg(&bundle).arg("-p").arg(files.join(format!("{id}.pid"))).arg("--conmon-pidfile");
        command.arg(&pid_file).arg("-l").arg(format!("k8s-file:{}", files.join(id).display()));
        command.arg("--exit-dir").arg(files).args(["--full-attach", "--log-level", "error"]);
        run(command.arg("--socket-dir-path").arg(files));
        wait_for(&files.join(format!("{id}.pid")));
        run(Command::new("crun").args(["start", id]));
        pids.push(fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap());
    }
    print("conmon, small", count, &pids);
    for id in &ids {
        run(Command::new("crun").args(["delete", "--force", id]));
    }
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

fn wait_for(path: &Path) {
    while fs::read(path).map_or(true, |text| text.is_empty()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// The guard takes its name a moment after the payload runs.
fn guard_of(pid: u32) -> u32 {
    loop {
        if let Some(guard) = children(pid).into_iter().find(|&child| is_named(child, "redd-guard")) {
            return guard;
        }
        std::thread::yield_now();
    }
}

fn is_named(pid: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
}

fn print(name: &str, count: usize, pids: &[u32]) {
    assert_eq!(pids.len(), count, "{name}");
    let all: Vec<Memory> = pids.iter().map(|&pid| memory_of(pid)).collect();
    let of = |figure: fn(&Memory) -> f64| median(all.iter().map(figure));
    println!(
        "| {name} | {count} | {:.0} | {:.0} | {:.0} | {:.0} |",
        of(|memory| memory.resident),
        of(|memory| memory.proportional),
        of(|memory| memory.private_clean),
        of(|memory| memory.private_dirty)
    );
}

fn memory_of(pid: u32) -> Memory {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    Memory {
        resident: field("Rss:"),
        proportional: field("Pss:"),
        private_clean: field("Private_Clean:"),
        private_dirty: field("Private_Dirty:"),
    }
}
