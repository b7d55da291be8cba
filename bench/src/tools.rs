//! What was measured, on what.

use std::process::Command;

use crate::Paths;

pub(crate) fn print(paths: &Paths) {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    println!("Machine: Linux {}, {processors} processors.\n", kernel.trim());
    println!("| program | version |\n|---|---|");
    let programs = [paths.redd.to_str().unwrap(), "crun", "runc", "bwrap", "systemd-nspawn"];
    for program in programs {
        let name = program.rsplit('/').next().unwrap_or(program);
        let output = Command::new(program).arg("--version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let line = text.unwrap_or_else(|_missing| "not there".to_owned());
        println!("| {name} | {} |", line.lines().next().unwrap_or_default());
    }
    println!();
}
