//! Bundles for OCI runtimes: what they write themselves, made to run what is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// What podman filters by default, as Debian's package has it.
const PROFILE: &str = "/usr/share/containers/seccomp.json";

/// Whether system calls are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// They are not: the bundle that a runtime writes itself.
    No,
    /// As podman does it by default.
    Podman,
}

/// The bundle that the runtime writes itself, for a command without a terminal.
pub(crate) fn make(
    runtime: &str,
    filter: Filter,
    tree: &Path,
    arguments: &[&str],
    scratch: &Path,
) -> PathBuf {
    let bundle = scratch.join(format!("{runtime}-{filter:?}"));
    drop(fs::remove_dir_all(&bundle));
    fs::create_dir_all(&bundle).unwrap();
    let made = Command::new(runtime).arg("spec").current_dir(&bundle).status().unwrap();
    assert!(made.success());
    let path = bundle.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["root"]["path"] = tree.to_str().into();
    config["process"]["terminal"] = false.into();
    config["process"]["args"] = arguments.into();
    // Old versions raise a limit for it, which needs a capability that not every root has.
    config["linux"].as_object_mut().unwrap().remove("resources");
    if filter == Filter::Podman {
        config["linux"]["seccomp"] = podman_filter(&config["process"]["capabilities"]["bounding"]);
    }
    fs::write(path, config.to_string()).unwrap();
    bundle
}

/// The groups of the profile that apply to a container with these capabilities, on this architecture.
fn podman_filter(capabilities: &Value) -> Value {
    let profile: Value = serde_json::from_slice(&fs::read(PROFILE).unwrap()).unwrap();
    let groups: Vec<Value> = profile["syscalls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|group| applies(group, capabilities))
        .map(|group| {
            let mut group = group.clone();
            let fields = group.as_object_mut().unwrap();
            fields.retain(|name, value| {
                matches!(name.as_str(), "names" | "action" | "args" | "errnoRet") && !value.is_null()
            });
            group
        })
        .collect();
    let architectures = match std::env::consts::ARCH {
        "x86_64" => &["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"][..],
        _ => &["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"][..],
    };
    json!({
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile["defaultErrnoRet"],
        "architectures": architectures,
        "syscalls": groups,
    })
}

fn applies(group: &Value, capabilities: &Value) -> bool {
    let architecture = json!(if std::env::consts::ARCH == "x86_64" { "amd64" } else { "arm64" });
    let words = |kind: &str, of: &str| group[kind][of].as_array().cloned().unwrap_or_default();
    let has = |capability: &Value| capabilities.as_array().unwrap().contains(capability);
    let architectures = words("includes", "arches");
    (architectures.is_empty() || architectures.contains(&architecture))
        && words("includes", "caps").iter().all(has)
        && !words("excludes", "caps").iter().any(has)
}
