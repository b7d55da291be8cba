//! Limits, and which devices may be used.

use crate::config::{Cpu, DeviceRule, Memory, Resources};
use crate::{Bundle, BundleError, DeviceKind, refuse_all};

/// Devices that every container may use, by their major and minor numbers; 136 and on are ptys.
const COMMON_DEVICES: [(i64, i64); 8] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)];
const PTY_MAJOR: i64 = 136;
/// The kernel's, where none is written down, in microseconds.
const PERIOD: u64 = 100_000;

pub(crate) fn apply(resources: Resources, bundle: &mut Bundle) -> Result<(), BundleError> {
    refuse_all(&[
        ("linux.resources.blockIO", &resources.block_io),
        ("linux.resources.hugepageLimits", &resources.hugepage_limits),
        ("linux.resources.network", &resources.network),
        ("linux.resources.rdma", &resources.rdma),
        ("linux.resources.unified", &resources.unified),
    ])?;
    for rule in &resources.devices {
        check_rule(rule, bundle)?;
    }
    if let Some(memory) = resources.memory {
        apply_memory(&memory, bundle)?;
    }
    if let Some(cpu) = resources.cpu {
        apply_cpu(cpu, bundle)?;
    }
    if let Some(pids) = resources.pids {
        // Nothing, and -1, are no limit.
        let limit = if pids.limit > 0 { pids.limit.to_string() } else { "infinity".to_owned() };
        bundle.set("linux.resources.pids.limit", "pids-max", limit);
    }
    Ok(())
}

/// redd refuses every device that a container does not have: rules that refuse, or that allow nothing but making nodes,
/// change nothing.
fn check_rule(rule: &DeviceRule, bundle: &mut Bundle) -> Result<(), BundleError> {
    let property = "linux.resources.devices";
    let access = rule.access.as_deref().unwrap_or("rwm");
    if !access.chars().all(|letter| "rwm".contains(letter)) {
        return Err(BundleError::invalid(property, format!("there is no access {access:?}")));
    }
    let is_everything =
        matches!(rule.kind.as_deref(), None | Some("a")) && rule.major.is_none_or(|major| major < 0);
    if !rule.allow {
        if is_everything {
            return Ok(());
        }
        return Err(BundleError::unsupported(property, "devices are not refused one by one"));
    }
    if access == "m" {
        bundle.warn(format!("{property}: a node of a device that may not be used cannot be made either"));
        return Ok(());
    }
    let (major, minor) = (rule.major.unwrap_or(-1), rule.minor.unwrap_or(-1));
    let is_common =
        rule.kind.as_deref() == Some("c") && (COMMON_DEVICES.contains(&(major, minor)) || major == PTY_MAJOR);
    if is_common || is_listed(rule, (major, minor), bundle) {
        return Ok(());
    }
    Err(BundleError::unsupported(property, "only devices that linux.devices has can be allowed"))
}

/// Whether the container has a node for it, with which it may be used.
fn is_listed(rule: &DeviceRule, number: (i64, i64), bundle: &Bundle) -> bool {
    let kind = match rule.kind.as_deref() {
        Some("c") => DeviceKind::Character,
        Some("b") => DeviceKind::Block,
        _ => return false,
    };
    let of = |major: u32, minor: u32| (i64::from(major), i64::from(minor));
    bundle.devices.iter().any(|device| device.kind == kind && of(device.major, device.minor) == number)
}

fn apply_memory(memory: &Memory, bundle: &mut Bundle) -> Result<(), BundleError> {
    refuse_all(&[
        ("linux.resources.memory.reservation", &memory.reservation),
        ("linux.resources.memory.swap", &memory.swap),
        ("linux.resources.memory.kernel", &memory.kernel),
        ("linux.resources.memory.kernelTCP", &memory.kernel_tcp),
        ("linux.resources.memory.swappiness", &memory.swappiness),
    ])?;
    let flags = [
        ("linux.resources.memory.disableOOMKiller", memory.disable_oom_killer == Some(true)),
        ("linux.resources.memory.useHierarchy", memory.use_hierarchy == Some(false)),
        ("linux.resources.memory.checkBeforeUpdate", memory.check_before_update == Some(true)),
    ];
    if let Some((property, _)) = flags.into_iter().find(|(_, is_asked_for)| *is_asked_for) {
        return Err(BundleError::unsupported(property, ""));
    }
    let limit = match memory.limit {
        None | Some(0) => return Ok(()),
        Some(limit) if limit > 0 => limit.to_string(),
        Some(-1) => "infinity".to_owned(),
        Some(limit) => {
            let reason = format!("{limit} is no amount of memory");
            return Err(BundleError::invalid("linux.resources.memory.limit", reason));
        }
    };
    bundle.set("linux.resources.memory.limit", "memory", limit);
    Ok(())
}

fn apply_cpu(cpu: Cpu, bundle: &mut Bundle) -> Result<(), BundleError> {
    refuse_all(&[
        ("linux.resources.cpu.shares", &cpu.shares),
        ("linux.resources.cpu.burst", &cpu.burst),
        ("linux.resources.cpu.realtimeRuntime", &cpu.realtime_runtime),
        ("linux.resources.cpu.realtimePeriod", &cpu.realtime_period),
        ("linux.resources.cpu.idle", &cpu.idle),
    ])?;
    if cpu.mems.is_some_and(|nodes| !nodes.is_empty()) {
        return Err(BundleError::unsupported("linux.resources.cpu.mems", ""));
    }
    if let Some(list) = cpu.cpus.filter(|list| !list.is_empty()) {
        bundle.set("linux.resources.cpu.cpus", "cpu-affinity", list);
    }
    let Some(quota) = cpu.quota.filter(|quota| *quota > 0) else { return Ok(()) };
    let period = cpu.period.filter(|period| *period > 0).unwrap_or(PERIOD);
    // In thousandths of a processor, rounded up: what was granted is not taken away.
    let milli = u128::from(quota.unsigned_abs()) * 1000;
    let milli = milli.div_ceil(u128::from(period));
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    bundle.set("linux.resources.cpu.quota", "cpus", text);
    Ok(())
}
