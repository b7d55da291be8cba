//! What was measured, on what.

use std::fs;
use std::process::Command;

use crate::Paths;

/// The machine, redd, and whom it was measured against.
pub(crate) fn print_setting(paths: &Paths, peers: &[&str]) {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let programs = [paths.redd.to_str().unwrap()].into_iter().chain(peers.iter().copied());
    let versions: Vec<String> = programs.map(version).collect();
    println!("*Linux {}, {processors} processors; {}.*\n", kernel.trim(), versions.join(", "));
}

fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}
