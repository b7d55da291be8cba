//! Devices of the host that the user named.

use redd_plan::facts::{DeviceClass, DeviceFacts, DeviceNumber};
use redd_plan::limits::BlockDevices;
use redd_spec::devices::{DeviceNeed, DeviceNode};
use redd_spec::resources::TrafficLimit;
use redd_sys::Errno;
use redd_sys::root_dir::file_type;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, major, minor, openat, statat};

use crate::Error;

/// What each of them is.
///
/// # Errors
/// The host does not let redd look.
pub(crate) fn device_facts(devices: &[DeviceNode]) -> Result<Vec<DeviceFacts>, Error> {
    devices.iter().map(facts).collect()
}

fn facts(node: &DeviceNode) -> Result<DeviceFacts, Error> {
    let path = node.host_path();
    let status = match statat(CWD, &path, AtFlags::empty()) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(DeviceFacts::Absent),
        result => result.map_err(Error::host(format!("looking at {}", path.display())))?,
    };
    let Some(number) = device_number(&status) else { return Ok(DeviceFacts::NoDevice) };
    if node.need == DeviceNeed::WhereOpenable {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        if openat(CWD, &path, flags, Mode::empty()).is_err() {
            return Ok(DeviceFacts::Absent);
        }
    }
    Ok(DeviceFacts::Node(number, status.st_mode & 0o7777))
}

/// The numbers of the block devices whose traffic is limited.
///
/// # Errors
/// One of them is not there, or is none.
pub fn block_devices(limits: &[TrafficLimit]) -> Result<BlockDevices, Error> {
    let number = |limit: &TrafficLimit| {
        let refuse = |reason: String| Error::Input {
            option: limit.traffic.long_option(),
            path: limit.device.clone(),
            reason,
        };
        let status =
            statat(CWD, &limit.device, AtFlags::empty()).map_err(|errno| refuse(errno.to_string()))?;
        match device_number(&status) {
            Some(DeviceNumber { kind: DeviceClass::Block, major, minor }) => {
                Ok((limit.device.clone(), (major, minor)))
            }
            _ => Err(refuse("it is no block device".to_owned())),
        }
    };
    limits.iter().map(number).collect()
}

/// The number of the device that a node stands for.
pub(crate) fn device_number(status: &Stat) -> Option<DeviceNumber> {
    let kind = match file_type(status) {
        FileType::BlockDevice => DeviceClass::Block,
        FileType::CharacterDevice => DeviceClass::Character,
        _ => return None,
    };
    Some(DeviceNumber { kind, major: major(status.st_rdev), minor: minor(status.st_rdev) })
}
