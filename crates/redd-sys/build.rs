//! Compiles the stub init: a program without a libc cannot be a target of this crate's own.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=stub");
    let variable = |name: &str| env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let output = PathBuf::from(variable("OUT_DIR")).join("redd-init");
    // The stub needs no libc, so it is the same for every environment of an architecture.
    let target = format!("{}-unknown-linux-gnu", variable("CARGO_CFG_TARGET_ARCH"));
    let status = Command::new(variable("RUSTC"))
        .args(["--edition", "2024", "--crate-name", "redd_init", "--crate-type", "bin", "--target", &target])
        .args([
            "-C",
            "panic=abort",
            "-C",
            "opt-level=s",
            "-C",
            "strip=symbols",
            "-C",
            "relocation-model=static",
        ])
        .args([
            "-C",
            "target-feature=+crt-static",
            "-C",
            "link-arg=-nostartfiles",
            "-C",
            "link-arg=-nostdlib",
        ])
        .args(["-C", "link-arg=-static", "-C", "link-arg=-Wl,--build-id=none,-z,noexecstack,-z,nognustack"])
        .arg("stub/init.rs")
        .arg("-o")
        .arg(&output)
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("compiling stub/init.rs: {status}"),
        Err(error) => panic!("cannot run the compiler: {error}"),
    }
}
