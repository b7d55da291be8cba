//! Where on a host secrets, data and services are.

/// Keys and passwords. Most of them are left out anyway: not everybody may read them.
pub(super) const PRIVATE: [&str; 22] = [
    "/etc/NetworkManager/system-connections",
    "/etc/credstore",
    "/etc/credstore.encrypted",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ipsec.secrets",
    "/etc/krb5.keytab",
    "/etc/kubernetes",
    "/etc/letsencrypt",
    "/etc/netplan",
    "/etc/openvpn",
    "/etc/passwd-",
    "/etc/ppp",
    "/etc/shadow-",
    "/etc/ssl/private",
    "/etc/wireguard",
    "/etc/wpa_supplicant",
    "/etc/dropbear",
    "/var/lib/NetworkManager",
    "/var/lib/dbus/machine-id",
    "/var/lib/systemd/credential.secret",
    "/var/lib/systemd/random-seed",
];

/// What programs keep, and must not be worked on twice.
pub(super) const DATA: [&str; 32] = [
    "/srv",
    "/tmp",
    "/var/backups",
    "/var/cache/private",
    "/var/crash",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/incus",
    "/var/lib/kubelet",
    "/var/lib/libvirt",
    "/var/lib/lxc",
    "/var/lib/lxd",
    "/var/lib/machines",
    "/var/lib/mariadb",
    "/var/lib/mongodb",
    "/var/lib/mysql",
    "/var/lib/pgsql",
    "/var/lib/portables",
    "/var/lib/postgresql",
    "/var/lib/private",
    "/var/lib/redd",
    "/var/lib/redis",
    "/var/lib/systemd/coredump",
    "/var/lib/systemd/linger",
    "/var/lib/systemd/timers",
    "/var/log",
    "/var/mail",
    "/var/opt",
    "/var/spool",
    "/var/tmp",
];

/// Parts of a system that may be file systems of their own.
pub(super) const SYSTEM: [&str; 6] = ["/etc", "/opt", "/usr", "/usr/local", "/var", "/var/lib"];

/// What the kernel starts.
pub(super) const INIT: &str = "/sbin/init";
/// Where systemd is.
pub(super) const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// Where people's own files are.
pub(super) const HOMES: [&str; 2] = ["/home", "/root"];

/// What not everybody may read, and is no secret: without it programs do not work.
pub(super) const OPEN: [&str; 4] = ["/etc/sudoers", "/etc/sudoers.d", "/etc/polkit-1", "/var/lib/polkit-1"];

/// The administrator's units.
pub(super) const UNITS: &str = "/etc/systemd/system";
/// The one list of units that is left: consoles.
pub(super) const WANTED: &str = "getty.target.wants";
/// Lists of services of System V.
pub(super) const RUNLEVELS: [&str; 6] =
    ["/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d", "/etc/rcS.d", "/etc/rc.d"];
/// Units that start without being listed, and have nothing to do in a copy.
pub(super) const MASKED: [&str; 3] =
    ["display-manager.service", "systemd-firstboot.service", "cloud-init.service"];

/// What somebody reads who logs in.
pub(super) const BANNER: &str = "A copy of this host: nothing that is done here survives. poweroff ends it.";

/// Whoever sits at the console is root already on the host.
pub(super) const AUTOLOGIN: &str = "[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200,57600,38400,9600 - $TERM
";
