//! Parameters of this process's own namespaces.

use std::os::fd::OwnedFd;

use redd_spec::kernel_parameter::KernelParameter;
use redd_sys::Errno;
use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstatfs, openat, openat2};

use crate::StepError;

/// The host's procfs is still there, and what it shows below `sys` is that of whoever looks.
pub(super) fn set(parameters: &[KernelParameter]) -> Result<(), StepError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, "/proc/sys", flags, Mode::empty())?;
    if fstatfs(&directory)?.f_type != PROC_SUPER_MAGIC {
        return Err(StepError::about("/proc/sys is in no procfs")(Errno::PERM));
    }
    for parameter in parameters {
        set_one(&directory, parameter).map_err(StepError::about(parameter.name().to_owned()))?;
    }
    Ok(())
}

fn set_one(directory: &OwnedFd, parameter: &KernelParameter) -> Result<(), Errno> {
    // Its file is for the host's root alone, also where the namespace is somebody else's.
    if parameter.name() == "kernel.domainname" {
        return rustix::system::setdomainname(parameter.value.as_bytes());
    }
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let file =
        openat2(directory, parameter.path(), OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty(), resolve)?;
    rustix::io::write(&file, parameter.value.as_bytes())?;
    Ok(())
}
