//! Networks that need nothing of the host.

use crate::case::Case;

pub(crate) const CASES: &[Case] = &[
    Case::sight("network: --private-network", &["--private-network"]),
    Case::sight("network: --private-network -b", &["--private-network", "-b"]).command(&[]),
    Case::sight(
        "network: --private-network and no CAP_NET_ADMIN",
        &["--private-network", "--drop-capability=CAP_NET_ADMIN"],
    ),
    Case::sight("network: of a path", &["--network-namespace-path=/run/netns/one"])
        .prepare("ip netns add one"),
    Case::shell("network: of a path that is none", &["--network-namespace-path=/run/outside"], &["/sight"]),
    Case::sight("network: SYSTEMD_NSPAWN_API_VFS_WRITABLE", &[])
        .environment(&[("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "1")]),
    Case::sight("network: SYSTEMD_NSPAWN_API_VFS_WRITABLE=network", &["--private-network"])
        .environment(&[("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "network")]),
    Case::sight("network: SYSTEMD_NSPAWN_USE_CGNS=0", &[]).environment(&[("SYSTEMD_NSPAWN_USE_CGNS", "0")]),
    Case::sight("network: SYSTEMD_NSPAWN_TMPFS_TMP=0", &[]).environment(&[("SYSTEMD_NSPAWN_TMPFS_TMP", "0")]),
    Case::sight("network: SYSTEMD_NSPAWN_SHARE_NS_IPC", &[])
        .environment(&[("SYSTEMD_NSPAWN_SHARE_NS_IPC", "1")]),
    Case::sight("network: SYSTEMD_NSPAWN_SHARE_NS_UTS", &[])
        .environment(&[("SYSTEMD_NSPAWN_SHARE_NS_UTS", "1")]),
    Case::sight("network: SYSTEMD_NSPAWN_LOCK=0", &[]).environment(&[("SYSTEMD_NSPAWN_LOCK", "0")]),
];
