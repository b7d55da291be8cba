//! Limits as properties of the machine's unit: what the host's own tools show, and systemd writes when it reads everything anew.

use std::path::Path;

use redd_control::record::Record;
use redd_plan::cgroup::{PAYLOAD, unit_of_component};
use redd_runtime::unit;
use redd_spec::unit::UnitProperty;

use super::Known;

/// Tells systemd, where the machine is a unit of it.
pub(super) fn tell(record: &Record, properties: &[UnitProperty]) -> Known {
    let Some(name) = record.cgroup.as_deref().and_then(unit_above).filter(|_| unit::runs_host()) else {
        return Known::Everywhere;
    };
    if properties.is_empty() {
        return Known::Everywhere;
    }
    unit::change(name, properties).map_or_else(Known::BesideSystemd, |()| Known::Everywhere)
}

/// The unit that a payload's cgroup is right below.
fn unit_above(payload: &str) -> Option<&str> {
    let above = Path::new(payload).parent().filter(|_| payload.ends_with(PAYLOAD))?;
    unit_of_component(above.file_name()?.to_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_a_unit_where_its_payload_is_right_below_one() {
        let above = |path| unit_above(path);
        assert_eq!(above("/c/machine.slice/machine-a.scope/payload"), Some("machine-a.scope"));
        assert_eq!(above("/c/machine.slice/redd@a.service/payload"), Some("redd@a.service"));
        assert_eq!(above("/c/x.slice/_cpu.service/payload"), Some("cpu.service"));
        assert_eq!(above("/c/system.slice/a.service/redd-a/payload"), None);
        assert_eq!(above("/c/user.slice/session-1.scope/other"), None);
    }
}
