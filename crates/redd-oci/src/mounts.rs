//! Mounts.

use std::path::Path;

use crate::config::Mount;
use crate::{Bundle, BundleError, check_text};

/// What redd makes itself, for every container.
const MADE_ANYWAY: [&str; 8] =
    ["/dev", "/dev/mqueue", "/dev/pts", "/dev/shm", "/proc", "/run", "/sys", "/sys/fs/cgroup"];
/// What is so anyway, or changes nothing that a payload could do.
const WITHOUT_EFFECT: [&str; 22] = [
    "async",
    "atime",
    "defaults",
    "diratime",
    "exec",
    "noatime",
    "nodiratime",
    "norelatime",
    "nostrictatime",
    "private",
    "relatime",
    "rprivate",
    "rslave",
    "rw",
    "slave",
    "strictatime",
    "suid",
    "dev",
    "bind",
    "rbind",
    "symfollow",
    "nomand",
];

pub(crate) fn apply(mounts: &[Mount], directory: &Path, bundle: &mut Bundle) -> Result<(), BundleError> {
    for mount in mounts {
        let destination = check_text("mounts.destination", &mount.destination)?;
        if !destination.starts_with('/') {
            return Err(BundleError::invalid(
                "mounts.destination",
                format!("{destination:?} is not absolute"),
            ));
        }
        if !mount.uid_mappings.is_empty() || !mount.gid_mappings.is_empty() {
            return Err(BundleError::unsupported("mounts.uidMappings", ""));
        }
        match mount.kind.as_str() {
            _ if is_bind(mount) => bind(mount, directory, bundle)?,
            "proc" | "sysfs" | "devpts" | "mqueue" | "cgroup" | "cgroup2" | "tmpfs" | "devtmpfs"
                if MADE_ANYWAY.contains(&destination) => {}
            "tmpfs" => tmpfs(mount, bundle)?,
            kind => {
                let what = format!("mounts of type {kind:?} at {destination:?}");
                return Err(BundleError::unsupported(what, "there are bind mounts and tmpfs"));
            }
        }
    }
    Ok(())
}

fn is_bind(mount: &Mount) -> bool {
    let asks = |option: &String| option == "bind" || option == "rbind";
    mount.kind == "bind" || mount.options.iter().any(asks)
}

fn bind(mount: &Mount, directory: &Path, bundle: &mut Bundle) -> Result<(), BundleError> {
    let source = directory.join(check_text("mounts.source", &mount.source)?);
    let source = source.to_str().ok_or_else(|| {
        BundleError::invalid("mounts.source", "the bundle's directory has a name that is no text")
    })?;
    let mut option = "bind";
    for word in &mount.options {
        match word.as_str() {
            "ro" | "rro" => option = "bind-ro",
            _ if WITHOUT_EFFECT.contains(&word.as_str()) => {}
            // A bind mount of the host's is without devices and without the host's set-user-id in a user namespace,
            // but that is not what was asked for.
            _ => return Err(refused(word, mount)),
        }
    }
    let is_single = mount.options.iter().any(|word| word == "bind") && !has_recursive(mount);
    let submounts = if is_single { "norbind" } else { "rbind" };
    bundle.set("mounts", option, format!("{}:{}:{submounts}", escaped(source), escaped(&mount.destination)));
    Ok(())
}

fn has_recursive(mount: &Mount) -> bool {
    mount.options.iter().any(|word| word == "rbind")
}

fn tmpfs(mount: &Mount, bundle: &mut Bundle) -> Result<(), BundleError> {
    const TAKEN: [&str; 12] = [
        "gid",
        "huge",
        "mode",
        "nodev",
        "noexec",
        "nosuid",
        "nr_blocks",
        "nr_inodes",
        "ro",
        "size",
        "uid",
        "nosymfollow",
    ];
    let mut options: Vec<&str> = Vec::new();
    for word in &mount.options {
        let name = word.split('=').next().unwrap_or_default();
        if word.contains(',') || word.contains(':') {
            return Err(refused(word, mount));
        }
        if TAKEN.contains(&name) {
            options.push(word);
        } else if !WITHOUT_EFFECT.contains(&name) {
            return Err(refused(word, mount));
        }
    }
    bundle.set("mounts", "tmpfs", format!("{}:{}", escaped(&mount.destination), options.join(",")));
    Ok(())
}

fn refused(option: &str, mount: &Mount) -> BundleError {
    BundleError::unsupported(format!("mounts.options {option:?} at {:?}", mount.destination), "")
}

/// A colon in a path is written `\:` in a value.
fn escaped(path: &str) -> String {
    path.replace('\\', "\\\\").replace(':', "\\:")
}
