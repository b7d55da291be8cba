//! The rules that only hold while somebody looks: which crate may know which, and where `unsafe` is.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Failure, root};

/// What each crate may depend on, of the project and of what touches the system.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("redd-spec", &[]),
    ("redd-filter", &[]),
    ("redd-bus", &["rustix"]),
    ("redd-oci", &["redd-spec", "redd-filter"]),
    ("redd-network", &["redd-spec"]),
    ("redd-nspawn", &["redd-spec", "redd-oci"]),
    ("redd-plan", &["redd-spec", "redd-filter"]),
    ("redd-sys", &["rustix", "linux-raw-sys"]),
    ("redd-control", &["redd-spec", "redd-sys", "rustix"]),
    (
        "redd-runtime",
        &[
            "redd-spec",
            "redd-control",
            "redd-bus",
            "redd-plan",
            "redd-sys",
            "rustix",
            "netlink-packet-core",
            "netlink-packet-route",
        ],
    ),
    (
        "redd-machine",
        &[
            "redd-spec",
            "redd-control",
            "redd-bus",
            "redd-plan",
            "redd-runtime",
            "redd-sys",
            "rustix",
            "netlink-packet-core",
            "netlink-packet-route",
        ],
    ),
    // It judges redd as it judges others: by what anybody can see.
    ("redd-conform", &["redd-bus", "redd-plan", "redd-sys", "rustix"]),
    (
        "redd",
        &[
            "redd-spec",
            "redd-nspawn",
            "redd-oci",
            "redd-plan",
            "redd-control",
            "redd-machine",
            "redd-runtime",
            "redd-conform",
            "redd-sys",
            "rustix",
        ],
    ),
];
/// What is looked for among the dependencies.
const WATCHED: [&str; 16] = [
    "redd",
    "redd-bus",
    "redd-control",
    "redd-machine",
    "redd-conform",
    "redd-spec",
    "redd-filter",
    "redd-nspawn",
    "redd-oci",
    "redd-plan",
    "redd-sys",
    "redd-runtime",
    "rustix",
    "linux-raw-sys",
    "netlink-packet-core",
    "netlink-packet-route",
];
const FILE_LINES_MAX: usize = 500;
/// Tables, not code.
const LONG_FILES: [&str; 1] = ["crates/redd-filter/src/seccomp/table.rs"];

/// Checks everything; names every breach.
pub(crate) fn check() -> Result<(), Failure> {
    let mut breaches = Vec::new();
    for (name, allowed) in ALLOWED {
        check_dependencies(name, allowed, &mut breaches)?;
        for file in rust_files(&root().join("crates").join(name).join("src"))? {
            check_file(name, &file, &mut breaches)?;
        }
    }
    if breaches.is_empty() { Ok(()) } else { Err(breaches.join("\n       ").into()) }
}

fn check_dependencies(name: &str, allowed: &[&str], breaches: &mut Vec<String>) -> Result<(), Failure> {
    let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml"))?;
    let section =
        manifest.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or_default();
    for line in section.lines() {
        let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if WATCHED.contains(&dependency) && !allowed.contains(&dependency) {
            breaches.push(format!("{name} may not depend on {dependency}"));
        }
    }
    Ok(())
}

fn check_file(name: &str, file: &Path, breaches: &mut Vec<String>) -> Result<(), Failure> {
    let text = fs::read_to_string(file)?;
    let shown = file.strip_prefix(root()).unwrap_or(file).display().to_string();
    let code = || text.lines().filter(|line| !line.trim_start().starts_with("//"));
    if name != "redd-sys" && code().any(|line| line.contains("unsafe ") || line.contains("unsafe{")) {
        breaches.push(format!("{shown}: unsafe outside redd-sys"));
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX && !LONG_FILES.contains(&shown.as_str()) {
        breaches.push(format!("{shown}: {lines} lines, at most {FILE_LINES_MAX}"));
    }
    Ok(())
}

fn rust_files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Every source file of the project, for checks that read them.
pub(crate) fn sources() -> Result<Vec<PathBuf>, Failure> {
    let mut files = rust_files(&root().join("crates"))?;
    files.extend(rust_files(&root().join("tests"))?);
    Ok(files)
}
