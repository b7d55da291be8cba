//! Resolver, time zone, journal, credentials.

use crate::case::Case;

const NO_FILE: &str = "umount /etc/resolv.conf; mount -t tmpfs none /run/outside; mkdir -p /run/etc/upper /run/etc/work; mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work none /etc; rm -f /etc/resolv.conf /etc/localtime";
const ZONE: &str = "mkdir -p /run/etc/upper /run/etc/work; mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work none /etc; ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime";
const ZONE_FILE: &str = "mkdir -p /run/etc/upper /run/etc/work; mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work none /etc; rm -f /etc/localtime; echo zone > /etc/localtime";
const LINKED: &str = "ln -s ../run/resolve/conf /mnt/tree/etc/resolv.conf";
const WRITTEN: &str = "echo old > /mnt/tree/etc/resolv.conf";

pub(crate) const CASES: &[Case] = &[
    Case::sight("resolver: off", &["--resolv-conf=off"]).prepare(WRITTEN),
    Case::sight("resolver: copy-host", &["--resolv-conf=copy-host"]),
    Case::sight("resolver: copy-host over a file", &["--resolv-conf=copy-host"]).prepare(WRITTEN),
    Case::sight("resolver: copy-host over a link", &["--resolv-conf=copy-host"]).prepare(LINKED),
    Case::sight("resolver: replace-host over a link", &["--resolv-conf=replace-host"]).prepare(LINKED),
    Case::sight("resolver: replace-host over a file", &["--resolv-conf=replace-host"]).prepare(WRITTEN),
    Case::sight("resolver: bind-host", &["--resolv-conf=bind-host"]),
    Case::sight("resolver: bind-host over a file", &["--resolv-conf=bind-host"]).prepare(WRITTEN),
    Case::sight("resolver: copy-static", &["--resolv-conf=copy-static"]),
    Case::sight("resolver: bind-static", &["--resolv-conf=bind-static"]),
    Case::sight("resolver: replace-static", &["--resolv-conf=replace-static"]),
    Case::sight("resolver: copy-uplink", &["--resolv-conf=copy-uplink"]).prepare("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.2 > /run/systemd/resolve/resolv.conf"),
    Case::sight("resolver: bind-uplink", &["--resolv-conf=bind-uplink"]).prepare("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.2 > /run/systemd/resolve/resolv.conf"),
    Case::sight("resolver: replace-uplink", &["--resolv-conf=replace-uplink"]).prepare("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.2 > /run/systemd/resolve/resolv.conf"),
    Case::sight("resolver: copy-stub", &["--resolv-conf=copy-stub"]).prepare("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.3 > /run/systemd/resolve/stub-resolv.conf"),
    Case::sight("resolver: bind-stub", &["--resolv-conf=bind-stub"]).prepare("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.3 > /run/systemd/resolve/stub-resolv.conf"),
    Case::sight("resolver: replace-stub", &["--resolv-conf=replace-stub"]).prepare("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.3 > /run/systemd/resolve/stub-resolv.conf"),
    Case::sight("resolver: copy-stub without one", &["--resolv-conf=copy-stub"]),
    Case::sight("resolver: delete", &["--resolv-conf=delete"]).prepare(WRITTEN),
    Case::sight("resolver: auto", &["--resolv-conf=auto"]).prepare(WRITTEN),
    Case::sight("resolver: auto in a network of its own", &["--resolv-conf=auto", "--private-network"]).prepare(WRITTEN),
    Case::sight("resolver: auto of a read-only tree", &["--resolv-conf=auto", "--read-only"]).prepare(WRITTEN),
    Case::sight("resolver: auto of a host without one", &["--resolv-conf=auto"]).prepare(NO_FILE),
    Case::sight("time zone: off", &["--timezone=off"]).prepare(ZONE),
    Case::sight("time zone: copy", &["--timezone=copy"]).prepare(ZONE),
    Case::sight("time zone: bind", &["--timezone=bind"]).prepare(ZONE),
    Case::sight("time zone: symlink", &["--timezone=symlink"]).prepare(ZONE),
    Case::sight("time zone: delete", &["--timezone=delete"]).prepare("echo old > /mnt/tree/etc/localtime"),
    Case::sight("time zone: auto, a link", &["--timezone=auto"]).prepare(ZONE),
    Case::sight("time zone: auto, a file", &["--timezone=auto"]).prepare(ZONE_FILE),
    Case::sight("time zone: auto, none", &["--timezone=auto"]).prepare(NO_FILE),
    Case::sight("time zone: auto, a read-only tree", &["--timezone=auto", "--read-only"]).prepare(ZONE),
    Case::sight("time zone: auto, not in the tree", &["--timezone=auto"]).prepare("rm -r /mnt/tree/usr/share/zoneinfo/Europe; mkdir -p /run/etc/upper /run/etc/work; mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work none /etc; ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime"),
    Case::sight("journal: no", &["--link-journal=no"]),
    Case::sight("journal: auto", &["--link-journal=auto"]),
    Case::sight("journal: try-host", &["--link-journal=try-host"]).prepare("echo 0123456789abcdef0123456789abcde0 > /mnt/tree/etc/machine-id"),
    Case::sight("journal: try-guest", &["--link-journal=try-guest"]).prepare("echo 0123456789abcdef0123456789abcde0 > /mnt/tree/etc/machine-id"),
    Case::sight("journal: -j", &["-j"]).prepare("echo 0123456789abcdef0123456789abcde0 > /mnt/tree/etc/machine-id"),
    Case::sight("credentials: --set-credential", &["--set-credential=one:value", "--set-credential=two:with:colons"]),
    Case::sight("credentials: --set-credential with escapes", &["--set-credential=one:a\\nb\\x41\\t"]),
    Case::sight("credentials: an empty value", &["--set-credential=one:"]),
    Case::sight("credentials: -U", &["-U", "--set-credential=one:value"]),
    Case::sight("credentials: --load-credential", &["--load-credential=one:/run/outside/file"]).prepare("echo contents > file"),
    Case::sight("credentials: --load-credential of the caller's own", &["--load-credential=one:received"]).prepare("mkdir own; echo contents > own/received").environment(&[("CREDENTIALS_DIRECTORY", "/run/outside/own")]),
    Case::shell("credentials: --load-credential of nothing", &["--load-credential=one:/run/outside/nothing"], &["/sight"]),
    Case::sight("credentials: --load-credential of a socket", &["--load-credential=one:/run/outside/socket"])
        .prepare("perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(\"socket\")); listen(S, 1); accept(C, S); syswrite(C, \"contents\")' </dev/null >/dev/null 2>&1 & while ! test -S socket; do sleep 0.01; done"),
];
