//! Runs a command to its end, and prints what it cost: nanoseconds, microseconds of CPU, peak KiB.
//!
//! A program as small as this one: the kernel counts the memory of whoever launches a program as that program's.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::process::{Command, Stdio};
use std::time::Instant;

use redd_sys::resource_usage::of_children;

fn main() {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let wall = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    let usage = of_children().unwrap();
    println!("{} {} {}", wall.as_nanos(), usage.processor_time.as_micros(), usage.peak_resident_kib);
}
