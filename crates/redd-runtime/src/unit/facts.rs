//! Whether systemd runs the host, and which unit redd is in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use redd_plan::cgroup::{CgroupPath, Controller, UNIT_CONTROLLERS, unit_of_component};
use redd_plan::facts::{
    CgroupFacts, DelegatedUnit, Population, Seat, ServiceManager, UnifiedHierarchy, Voice,
};
use redd_plan::planner::scope_name;
use redd_spec::Spec;
use redd_spec::unit::Placement;

use super::{Manager, machined};
use crate::Error;
use crate::facts::cgroups::{HierarchyKind, hierarchies};
use crate::facts::read_text;

/// Where systemd says that it runs the host.
const RUNS: &str = "/run/systemd/system";
/// The unit that systemd's first process is in.
const INIT: &str = "init.scope";
/// How systemd marks the cgroups that it leaves to others; the second one where the first one cannot be read.
const DELEGATED: [&str; 2] = ["trusted.delegate", "user.delegate"];

/// Whether systemd runs this host: sd_booted(3).
#[must_use]
pub fn runs_host() -> bool {
    Path::new(RUNS).is_dir()
}

/// What is known of systemd, and a connection to it where something will be asked of it. On other hosts this is one look.
pub(crate) fn service_manager(
    spec: &Spec,
    cgroups: &CgroupFacts,
) -> Result<(Option<ServiceManager>, Option<Manager>), Error> {
    let nothing = Ok((None, None));
    if !runs_host() {
        return nothing;
    }
    let Some(unified) = &cgroups.unified else { return nothing };
    let Some(root) = root()? else { return nothing };
    let own = own_unit(unified)?;
    let is_again = own.as_ref().is_some_and(|own| own.name == scope_name(&spec.name));
    let (voice, manager) = match spec.unit.placement {
        Placement::Scope if is_again => (Voice::Unasked, None),
        Placement::Kept if own.is_none() || !has_wishes(spec) => (Voice::Unasked, None),
        Placement::Scope | Placement::Kept => match Manager::connect() {
            Ok(manager) => (Voice::Answers, Some(manager)),
            Err(reason) => (Voice::Silent(reason), None),
        },
    };
    let controllers = controllers(&root)?;
    let (root, machined) = (CgroupPath(root), machined::is_there().into());
    Ok((Some(ServiceManager { voice, root, controllers, machined, own }), manager))
}

/// Whether there is something that a unit's properties say.
fn has_wishes(spec: &Spec) -> bool {
    let has_limits = redd_plan::limits::are_asked_for(&spec.resources);
    has_limits || !spec.unit.properties.is_empty() || !spec.devices.is_empty()
}

/// The cgroup that the host's units are below: that of its first process is one of them.
fn root() -> Result<Option<PathBuf>, Error> {
    let read = |path: &str| read_text(path).map(Option::unwrap_or_default);
    let found = hierarchies(&read("/proc/self/mountinfo")?, &read("/proc/1/cgroup")?);
    let init = found.into_iter().find(|hierarchy| hierarchy.kind == HierarchyKind::Unified);
    let init = init.and_then(|hierarchy| hierarchy.own).filter(|own| own.ends_with(INIT));
    Ok(init.and_then(|init| init.parent().map(Path::to_owned)))
}

fn own_unit(unified: &UnifiedHierarchy) -> Result<Option<DelegatedUnit>, Error> {
    let own = &unified.own.0;
    let (path, seat) = match own.parent() {
        _ if is_delegated(own) && unified.population == Population::OnlyRedd => (own.as_path(), Seat::Top),
        Some(parent) if !is_delegated(own) && is_delegated(parent) => (parent, Seat::Subgroup),
        _ => return Ok(None),
    };
    let component = path.file_name().and_then(|name| name.to_str());
    let Some(name) = component.and_then(unit_of_component) else { return Ok(None) };
    let (name, controllers) = (name.to_owned(), controllers(path)?);
    Ok(Some(DelegatedUnit { name, path: CgroupPath(path.to_owned()), controllers, seat }))
}

fn is_delegated(path: &Path) -> bool {
    let mut value = [0_u8; 8];
    DELEGATED.iter().any(|name| {
        rustix::fs::getxattr(path, *name, &mut value).is_ok_and(|length| value[..length] == *b"1")
    })
}

fn controllers(path: &Path) -> Result<BTreeSet<Controller>, Error> {
    let text = read_text(path.join("cgroup.controllers"))?.unwrap_or_default();
    let named = text.split_whitespace().filter_map(Controller::named);
    Ok(named.filter(|controller| UNIT_CONTROLLERS.contains(controller)).collect())
}
