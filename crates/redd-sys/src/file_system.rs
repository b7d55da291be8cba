//! Kinds of file systems.

use std::os::fd::AsFd;

use rustix::fs::fstatfs;
use rustix::io::Errno;

/// Those of the kernel's own, which a tree may have mounted: proc, sysfs, cgroup, cgroup2, devpts, bpf, debugfs,
/// tracefs, securityfs, selinuxfs, mqueue.
const KERNELS_OWN: [i64; 11] = [
    0x9fa0,
    0x6265_6572,
    0x0027_e0eb,
    0x6367_7270,
    0x1cd1,
    0xcafe_4a11,
    0x6462_6720,
    0x7472_6163,
    0x7363_6673,
    0xf97c_ff8c,
    0x1980_0202,
];

/// Whether a file is one that the kernel makes up.
///
/// # Errors
/// Those of fstatfs(2).
pub fn is_kernels_own(file: impl AsFd) -> Result<bool, Errno> {
    fstatfs(file).map(|status| KERNELS_OWN.contains(&status.f_type))
}
