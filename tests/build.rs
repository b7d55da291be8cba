//! Compiles the init of the smallest machines: a static program, so that nothing else has to be in their trees.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=tiny");
    let directory = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let mut compiler = Command::new("cc");
    compiler.args(["-static", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "tiny/init.c", "-o"]);
    match compiler.arg(directory.join("tiny-init")).status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("compiling tiny/init.c: {status}"),
        Err(error) => panic!("cannot run cc: {error}"),
    }
}
