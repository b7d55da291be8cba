//! What runs, and as whom.

use redd_spec::capability::CapabilitySet;

use crate::config::{Capabilities, Process, User};
use crate::{Bundle, BundleError, check_text, refuse_all};

/// What no container gets, whoever asks (NO8).
const AUDIT: CapabilitySet = CapabilitySet::of(&["CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE"]);
/// As the kernel and the specification write "no limit".
const INFINITE: u64 = u64::MAX;

pub(crate) fn apply(process: Option<Process>, bundle: &mut Bundle) -> Result<(), BundleError> {
    let process = process.ok_or_else(|| BundleError::invalid("process", "there is nothing to run"))?;
    refuse_all(&[
        ("process.commandLine", &process.command_line),
        ("process.scheduler", &process.scheduler),
        ("process.ioPriority", &process.io_priority),
        ("process.execCPUAffinity", &process.exec_cpu_affinity),
    ])?;
    bundle.flag("process", "as-pid1");
    if process.args.is_empty() {
        return Err(BundleError::invalid("process.args", "there is nothing to run"));
    }
    for word in process.args {
        if word.contains('\0') {
            return Err(BundleError::invalid("process.args", "there is a NUL byte in it"));
        }
        bundle.set("process.args", "parameters", word);
    }
    for variable in process.env {
        let name = check_text("process.env", &variable)?.split_once('=').map(|(name, _)| name);
        if name.is_none_or(str::is_empty) {
            return Err(BundleError::invalid("process.env", format!("{variable:?} is no NAME=VALUE")));
        }
        bundle.set("process.env", "setenv", variable);
    }
    bundle.set("process.cwd", "chdir", process.cwd);
    bundle.set("process.terminal", "console", if process.terminal { "interactive" } else { "pipe" });
    for limit in process.rlimits {
        let amount = |value| if value == INFINITE { "infinity".to_owned() } else { format!("{value}") };
        let text = format!("{}={}:{}", limit.kind, amount(limit.soft), amount(limit.hard));
        bundle.set("process.rlimits", "rlimit", text);
    }
    if let Some(refused) = process.no_new_privileges {
        bundle.set("process.noNewPrivileges", "no-new-privileges", if refused { "yes" } else { "no" });
    }
    if let Some(score) = process.oom_score_adj {
        bundle.set("process.oomScoreAdj", "oom-score-adjust", score.to_string());
    }
    if process.apparmor_profile.is_some_and(|profile| !profile.is_empty()) {
        return Err(BundleError::unsupported("process.apparmorProfile", "redd knows nothing of AppArmor"));
    }
    if let Some(label) = process.selinux_label.filter(|label| !label.is_empty()) {
        bundle.set("process.selinuxLabel", "selinux-context", label);
    }
    let user = process.user.map(|user| apply_user(user, bundle)).transpose()?;
    process.capabilities.map_or(Ok(()), |sets| apply_capabilities(&sets, user.unwrap_or(0), bundle))
}

/// The user's id.
fn apply_user(user: User, bundle: &mut Bundle) -> Result<u32, BundleError> {
    refuse_all(&[("process.user.username", &user.username)])?;
    if user.umask.is_some_and(|umask| umask != 0o022) {
        return Err(BundleError::unsupported("process.user.umask", "a payload starts with 0022"));
    }
    let groups: Vec<String> = user.additional_gids.iter().map(u32::to_string).collect();
    if user.uid != 0 || user.gid != 0 || !groups.is_empty() {
        let ids = format!("{}:{}:{}", user.uid, user.gid, groups.join(","));
        bundle.set("process.user", "user-ids", ids);
    }
    Ok(user.uid)
}

/// The bounding set is what counts: root has all of it after the first execve(2), and anybody else what is ambient.
fn apply_capabilities(sets: &Capabilities, user: u32, bundle: &mut Bundle) -> Result<(), BundleError> {
    let bounding = set("process.capabilities.bounding", &sets.bounding)?;
    for (property, names) in [
        ("process.capabilities.effective", &sets.effective),
        ("process.capabilities.inheritable", &sets.inheritable),
        ("process.capabilities.permitted", &sets.permitted),
        ("process.capabilities.ambient", &sets.ambient),
    ] {
        if !bounding.contains(set(property, names)?) {
            return Err(BundleError::invalid(property, "it has what the bounding set has not"));
        }
    }
    let kept = bounding.difference(AUDIT);
    if kept != bounding {
        bundle.warn(format!("{} is given to no container", bounding.intersection(AUDIT)));
    }
    let property = "process.capabilities.bounding";
    if !kept.is_empty() {
        bundle.set(property, "capability", list(kept));
    }
    bundle.set(property, "drop-capability", list(CapabilitySet::ALL.difference(kept)));
    let ambient = set("process.capabilities.ambient", &sets.ambient)?.difference(AUDIT);
    if user != 0 && !ambient.is_empty() {
        bundle.set("process.capabilities.ambient", "ambient-capability", list(ambient));
    }
    Ok(())
}

fn set(property: &str, names: &[String]) -> Result<CapabilitySet, BundleError> {
    let mut all = CapabilitySet::default();
    for name in names {
        let one = CapabilitySet::named(name)
            .ok_or_else(|| BundleError::invalid(property, format!("there is no capability {name:?}")))?;
        all = all.union(one);
    }
    Ok(all)
}

fn list(set: CapabilitySet) -> String {
    let names = redd_spec::capability::CAPABILITY_NAMES.iter();
    let has = |name: &&&str| CapabilitySet::named(name).is_some_and(|one| set.contains(one));
    names.filter(has).copied().collect::<Vec<_>>().join(",")
}
