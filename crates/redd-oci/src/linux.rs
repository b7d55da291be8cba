//! Namespaces, devices, paths that are protected, parameters of the kernel.

use std::path::PathBuf;

use crate::config::{Device, IdMapping, Linux, Namespace, Personality};
use crate::{Bundle, BundleError, DeviceKind, DeviceNode, check_text, refuse_all, resources, seccomp};

/// Nodes that every container has.
const COMMON_NODES: [&str; 8] = [
    "/dev/console",
    "/dev/full",
    "/dev/null",
    "/dev/ptmx",
    "/dev/random",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

pub(crate) fn apply(linux: Linux, bundle: &mut Bundle) -> Result<(), BundleError> {
    refuse_all(&[
        ("linux.intelRdt", &linux.intel_rdt),
        ("linux.memoryPolicy", &linux.memory_policy),
        ("linux.netDevices", &linux.net_devices),
        ("linux.timeOffsets", &linux.time_offsets),
    ])?;
    let has_users = namespaces(&linux.namespaces, bundle)?;
    users(has_users, &linux.uid_mappings, &linux.gid_mappings, bundle)?;
    for device in &linux.devices {
        add_device(device, bundle)?;
    }
    if let Some(path) = linux.cgroups_path.filter(|path| !path.is_empty()) {
        slice(&path, bundle)?;
    }
    resources::apply(linux.resources.unwrap_or_default(), bundle)?;
    if let Some(profile) = &linux.seccomp {
        seccomp::apply(profile, bundle)?;
    }
    protect(&linux.masked_paths, "linux.maskedPaths", "masked-path", bundle)?;
    protect(&linux.readonly_paths, "linux.readonlyPaths", "read-only-path", bundle)?;
    for (name, value) in linux.sysctl {
        match name.as_str() {
            "kernel.hostname" => bundle.set("linux.sysctl", "hostname", value),
            _ => bundle.set("linux.sysctl", "sysctl", format!("{name}={value}")),
        }
    }
    if let Some(label) = linux.mount_label.filter(|label| !label.is_empty()) {
        bundle.set("linux.mountLabel", "selinux-apifs-context", label);
    }
    propagation(linux.rootfs_propagation.as_deref(), bundle)?;
    linux.personality.map_or(Ok(()), |personality| apply_personality(&personality, bundle))
}

/// Whether there is one of users.
fn namespaces(namespaces: &[Namespace], bundle: &mut Bundle) -> Result<bool, BundleError> {
    const ALWAYS: [&str; 5] = ["pid", "ipc", "uts", "mount", "cgroup"];
    for namespace in namespaces {
        let is_known = ALWAYS.contains(&namespace.kind.as_str())
            || matches!(namespace.kind.as_str(), "network" | "user");
        if !is_known {
            return Err(BundleError::unsupported(format!("linux.namespaces {:?}", namespace.kind), ""));
        }
        if namespace.path.as_ref().is_some_and(|path| !path.is_empty()) {
            let what = format!("linux.namespaces.path of {:?}", namespace.kind);
            return Err(BundleError::unsupported(what, "every machine has namespaces of its own"));
        }
    }
    let has = |kind: &str| namespaces.iter().any(|namespace| namespace.kind == kind);
    let missing: Vec<&str> = ALWAYS.into_iter().filter(|kind| *kind != "cgroup" && !has(kind)).collect();
    if !missing.is_empty() {
        bundle.warn(format!("it is isolated by {} namespaces all the same", missing.join(", ")));
    }
    bundle.set("linux.namespaces", "private-network", if has("network") { "yes" } else { "no" });
    Ok(has("user"))
}

/// One range from 0 on, of users and groups alike. A bundle without one says nothing: the caller's defaults hold.
fn users(
    has_namespace: bool,
    users: &[IdMapping],
    groups: &[IdMapping],
    bundle: &mut Bundle,
) -> Result<(), BundleError> {
    match (has_namespace, users, groups) {
        (_, [], []) => Ok(()),
        (true, [user], [group]) if user == group && user.container_id == 0 => {
            let range = format!("{}:{}", user.host_id, user.size);
            bundle.set("linux.uidMappings", "private-users", range);
            Ok(())
        }
        (false, ..) => Err(BundleError::invalid("linux.uidMappings", "there is no user namespace to map")),
        (true, ..) => Err(BundleError::unsupported(
            "linux.uidMappings",
            "one range is mapped, from 0 on, for users and groups alike",
        )),
    }
}

fn add_device(device: &Device, bundle: &mut Bundle) -> Result<(), BundleError> {
    let path = check_text("linux.devices.path", &device.path)?;
    if COMMON_NODES.contains(&path) {
        return Ok(());
    }
    let kind = match device.kind.as_str() {
        "c" | "u" => DeviceKind::Character,
        "b" => DeviceKind::Block,
        kind => return Err(BundleError::unsupported(format!("linux.devices.type {kind:?}"), "")),
    };
    if (device.uid, device.gid) != (0, 0) {
        return Err(BundleError::unsupported("linux.devices.uid", "nodes belong to the payload's root"));
    }
    let (major, minor) = (device.major, device.minor);
    bundle.devices.push(DeviceNode { path: PathBuf::from(path), kind, major, minor });
    bundle.set("linux.devices", "device", path);
    Ok(())
}

/// `/a.slice/a-b.slice`, as the cgroup of a slice is called: its last part names it.
fn slice(path: &str, bundle: &mut Bundle) -> Result<(), BundleError> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_slice = |part: &&str| part.ends_with(".slice") && part.len() > ".slice".len();
    match parts.last() {
        Some(name) if parts.iter().all(is_slice) => {
            bundle.set("linux.cgroupsPath", "slice", *name);
            Ok(())
        }
        _ => Err(BundleError::unsupported("linux.cgroupsPath", "it is not that of a slice")),
    }
}

fn protect(
    paths: &[String],
    property: &'static str,
    option: &'static str,
    bundle: &mut Bundle,
) -> Result<(), BundleError> {
    for path in paths {
        bundle.set(property, option, check_text(property, path)?);
    }
    Ok(())
}

/// Mounts are shared inside and never reach the host.
fn propagation(wanted: Option<&str>, bundle: &mut Bundle) -> Result<(), BundleError> {
    match wanted {
        None | Some("" | "private" | "rprivate" | "slave" | "rslave") => Ok(()),
        Some("shared" | "rshared") => {
            bundle.warn("linux.rootfsPropagation: mounts are shared inside, and never with the host");
            Ok(())
        }
        Some(other) => Err(BundleError::unsupported(format!("linux.rootfsPropagation {other:?}"), "")),
    }
}

fn apply_personality(personality: &Personality, bundle: &mut Bundle) -> Result<(), BundleError> {
    if !personality.flags.is_empty() {
        return Err(BundleError::unsupported("linux.personality.flags", ""));
    }
    match personality.domain.as_str() {
        "LINUX" => Ok(()),
        "LINUX32" => {
            bundle.set("linux.personality", "personality", "x86");
            Ok(())
        }
        other => Err(BundleError::unsupported(format!("linux.personality.domain {other:?}"), "")),
    }
}
