//! A profile of system calls becomes rules of redd's own filter, which has every protection of its own besides.

use std::collections::BTreeSet;

use redd_filter::seccomp::system_call_names;

use crate::config::Seccomp;
use crate::{Bundle, BundleError, refuse_all};

const PROPERTY: &str = "linux.seccomp.syscalls";

/// What a profile says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Refused,
}

pub(crate) fn apply(profile: &Seccomp, bundle: &mut Bundle) -> Result<(), BundleError> {
    refuse_all(&[
        ("linux.seccomp.listenerPath", &profile.listener_path),
        ("linux.seccomp.listenerMetadata", &profile.listener_metadata),
    ])?;
    for flag in &profile.flags {
        if !matches!(flag.as_str(), "SECCOMP_FILTER_FLAG_TSYNC" | "SECCOMP_FILTER_FLAG_LOG") {
            return Err(BundleError::unsupported(format!("linux.seccomp.flags {flag:?}"), ""));
        }
    }
    let default = verdict("linux.seccomp.defaultAction", &profile.default_action)?;
    let mut listed: [BTreeSet<&str>; 2] = Default::default();
    for rule in &profile.syscalls {
        if !rule.args.is_empty() {
            let names = rule.names.join(" ");
            return Err(BundleError::unsupported(format!("{PROPERTY}.args of {names:?}"), ""));
        }
        let verdict = verdict("linux.seccomp.syscalls.action", &rule.action)?;
        listed[usize::from(verdict == Verdict::Refused)].extend(rule.names.iter().map(String::as_str));
    }
    let [allowed, refused] = listed;
    // Names of other architectures, and of kernels to come, are passed over, as by every runtime.
    let known = |name: &&str| system_call_names().any(|known| known == *name);
    let denied: BTreeSet<&str> = match default {
        Verdict::Allowed => refused.into_iter().filter(known).collect(),
        Verdict::Refused => system_call_names().filter(|name| !allowed.contains(name)).collect(),
    };
    let granted: Vec<&str> =
        allowed.into_iter().filter(known).filter(|name| !denied.contains(name)).collect();
    if !granted.is_empty() {
        bundle.set(PROPERTY, "system-call-filter", granted.join(" "));
    }
    if !denied.is_empty() {
        let names: Vec<&str> = denied.into_iter().collect();
        bundle.set(PROPERTY, "system-call-filter", format!("~{}", names.join(" ")));
    }
    Ok(())
}

/// To kill, to trap and to fail is all the same to redd: the call fails.
fn verdict(property: &str, action: &str) -> Result<Verdict, BundleError> {
    match action {
        "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG" => Ok(Verdict::Allowed),
        "SCMP_ACT_ERRNO"
        | "SCMP_ACT_KILL"
        | "SCMP_ACT_KILL_PROCESS"
        | "SCMP_ACT_KILL_THREAD"
        | "SCMP_ACT_TRAP" => Ok(Verdict::Refused),
        _ => Err(BundleError::unsupported(format!("{property} {action:?}"), "")),
    }
}
