//! Network namespaces and links.

use crate::case::Case;

/// Two links for somebody to take, and a bridge, as udev knows them.
const LINKS: &str = "ip link add one address 02:00:00:00:00:01 type veth peer name other address 02:00:00:00:00:02 && \
                     ip link add a-bridge address 02:00:00:00:00:03 type bridge && ip link set other up && \
                     ip link property add dev one altname a-name-longer-than-fifteen && mkdir -p /run/udev/data && \
                     for link in one other a-bridge; do \
                     printf 'I:1\\n' > /run/udev/data/n$(cat /sys/class/net/$link/ifindex); done";
/// What is left; redd may remove its own a moment after its end.
const LEFT: &str = "for try in $(seq 100); do test -e /sys/class/net/ve-tree -o -e /sys/class/net/vb-tree -o \
                    -e /sys/class/net/vz-office || break; sleep 0.05; done; \
                    for link in /sys/class/net/*; do \
                    echo \"@@ link left: ${link##*/} = $(cat $link/address)\"; done";

const fn with_links(name: &'static str, options: &'static [&'static str]) -> Case {
    Case::sight(name, options).prepare(LINKS).after(LEFT)
}

pub(crate) const CASES: &[Case] = &[
    Case::sight("network: --private-network", &["--private-network"]),
    with_links("network: --network-veth", &["--network-veth"]),
    with_links(
        "network: --network-veth-extra",
        &["--network-veth-extra=left:right", "--network-veth-extra=same", "-n"],
    ),
    with_links("network: --network-veth-extra of bad names", &["--network-veth-extra=a:b:c"]),
    with_links("network: --network-bridge", &["--network-bridge=a-bridge"]),
    with_links("network: --network-bridge of no bridge", &["--network-bridge=one"]),
    with_links("network: --network-bridge of nothing", &["--network-bridge=missing"]),
    with_links("network: --network-zone", &["--network-zone=office"]),
    with_links("network: --network-zone with a long name", &["--network-zone=much-too-long"]),
    with_links(
        "network: --network-zone and --network-bridge",
        &["--network-zone=office", "--network-bridge=a-bridge"],
    ),
    with_links("network: --network-interface", &["--network-interface=one"]),
    with_links("network: --network-interface under a name", &["--network-interface=one:lan"]),
    with_links(
        "network: --network-interface by another name",
        &["--network-interface=a-name-longer-than-fifteen"],
    ),
    with_links("network: --network-interface that is missing", &["--network-interface=missing"]),
    with_links("network: --network-macvlan", &["--network-macvlan=one", "--network-macvlan=other:second"]),
    with_links(
        "network: --network-macvlan by another name",
        &["--network-macvlan=a-name-longer-than-fifteen"],
    ),
    with_links("network: --network-ipvlan", &["--network-ipvlan=one"]),
    with_links("network: --network-ipvlan that is missing", &["--network-ipvlan=missing"]),
    with_links(
        "network: all links",
        &[
            "--network-veth",
            "--network-veth-extra=left:right",
            "--network-macvlan=other",
            "--network-interface=one",
        ],
    ),
    Case::sight("network: of a path with links", &["--network-namespace-path=/run/netns/one", "-n"])
        .prepare("ip netns add one"),
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
