//! The static release binary.

use std::path::PathBuf;
use std::process::Command;

use crate::{Failure, root, shell, target};

/// The target whose C library is linked statically.
pub(crate) fn target_triple() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// Builds it; its path.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    build_package("redd").map(|directory| directory.join("redd"))
}

/// Builds the programs of a package as redd itself is built; the directory they are in.
pub(crate) fn build_package(package: &str) -> Result<PathBuf, Failure> {
    let triple = target_triple();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    shell::run(
        Command::new(cargo)
            .args(["build", "--release", "--package", package, "--target", &triple])
            .current_dir(root()),
    )?;
    Ok(target().join(triple).join("release"))
}
