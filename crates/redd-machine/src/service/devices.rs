//! Devices of a machine whose unit has a policy of its own on devices: the payload's filter is below it.

use redd_plan::facts::DeviceNumber;
use redd_plan::planner::allowance;
use redd_runtime::unit;
use redd_spec::devices::DeviceUse;

use super::manager::{Kind, Manager};
use super::unit_of_process;
use crate::MachineError;

/// Lets the unit that a supervisor is in use a device, where its policy is one that names devices (`DevicePolicy=`). Where every
/// device may be used a first name would shut out all others.
pub(crate) fn allow(supervisor: u32, number: DeviceNumber, usage: DeviceUse) -> Result<(), MachineError> {
    let Some(own) = unit_of_process(supervisor).filter(|unit| unit.name().ends_with(".service")) else {
        return Ok(());
    };
    let mut manager = Manager::connect()?;
    let Some(object) = manager.unit_by_process(supervisor) else { return Ok(()) };
    if matches!(manager.text(&object, Kind::Service, "DevicePolicy").as_str(), "" | "auto") {
        return Ok(());
    }
    unit::change(own.name(), &[allowance(number, usage)])
        .map_err(|what| MachineError::Refused { what, hint: None })
}
