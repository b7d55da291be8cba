//! Names and ids.

use crate::case::Case;

pub(crate) const CASES: &[Case] = &[
    Case::sight("identity: --machine", &["--machine=name"]),
    Case::sight("identity: --machine with a dot", &["--machine=a.b-c"]),
    Case::sight("identity: --hostname", &["--hostname=name.example"]),
    Case::sight("identity: --machine and --hostname", &["--machine=one", "--hostname=two"]),
    Case::sight("identity: the tree's own host name", &[]).prepare("echo inside > /mnt/tree/etc/hostname"),
    Case::sight("identity: a directory's name is cleaned", &["-D", "/mnt/odd_name!"])
        .unnamed()
        .prepare("mv /mnt/tree '/mnt/odd_name!'"),
    Case::sight("identity: --uuid", &["--uuid=01234567-89ab-cdef-0123-456789abcdef"]),
    Case::sight("identity: --uuid without dashes", &["--uuid=0123456789abcdef0123456789abcdef"]),
    Case::sight("identity: --uuid of a tree that has one", &["--uuid=01234567-89ab-cdef-0123-456789abcdef"])
        .prepare("echo 0123456789abcdef0123456789abcde0 > /mnt/tree/etc/machine-id"),
    Case::sight("identity: the tree's own machine id", &[])
        .prepare("echo 0123456789abcdef0123456789abcde0 > /mnt/tree/etc/machine-id"),
    Case::sight("identity: an empty machine id", &[]).prepare(": > /mnt/tree/etc/machine-id"),
    Case::sight("identity: a machine id that is to be made", &[])
        .prepare("echo uninitialized > /mnt/tree/etc/machine-id"),
    Case::sight("identity: $container", &[]).environment(&[("SYSTEMD_NSPAWN_CONTAINER_SERVICE", "other")]),
    Case::sight("identity: --uuid given by the caller", &[])
        .environment(&[("container_uuid", "01234567-89ab-cdef-0123-456789abcdef")]),
];
