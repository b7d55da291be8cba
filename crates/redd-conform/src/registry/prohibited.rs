//! NO: what a manager must not take away, and must not pretend.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "NO1.1" NO1 Must BeforeInit "CAP_MKNOD is kept"
        method "the bounding set of the first process" passes "it is in it"
        advice "keep the capability, and filter devices by cgroup";
    "NO1.2" NO1 Must Behaviour "PrivateDevices= gives a unit its own /dev"
        method "a transient unit" passes "its /dev is another file system, and /dev/null in it works"
        advice "keep CAP_MKNOD and CAP_SYS_ADMIN, and let the device filter allow mknod";
    "NO2.1" NO2 Must BeforeInit "CAP_SYS_ADMIN is kept"
        method "the bounding set of the first process" passes "it is in it"
        advice "keep the capability: without it sandboxing of services silently does nothing";
    "NO2.2" NO2 Must Behaviour "PrivateTmp= gives a unit its own /tmp"
        method "leave a mark in /tmp, look for it in a transient unit" passes "it is not there"
        advice "keep CAP_SYS_ADMIN";
    "NO2.3" NO2 Must Behaviour "ProtectHome= hides home directories"
        method "leave a mark in /root, look for it in a transient unit" passes "it cannot be seen"
        advice "keep CAP_SYS_ADMIN";
    "NO2.4" NO2 Must Behaviour "ProtectSystem=strict makes the system read-only"
        method "write to /etc and /usr in a transient unit" passes "both are refused"
        advice "keep CAP_SYS_ADMIN, and let the payload remount";
    "NO2.5" NO2 Must Behaviour "ReadOnlyPaths= makes a path read-only"
        method "write to /var in a transient unit" passes "that is refused"
        advice "keep CAP_SYS_ADMIN, and let the payload remount";
    "NO2.6" NO2 Must Behaviour "ReadWritePaths= leaves a path writable"
        method "write to /etc and /var in a transient unit with ProtectSystem=strict and ReadWritePaths=/var"
        passes "only /var can be written to"
        advice "keep CAP_SYS_ADMIN, and let the payload remount";
    "NO2.7" NO2 Must Behaviour "InaccessiblePaths= hides files and directories"
        method "a transient unit looks at a hidden file and a hidden directory"
        passes "both keep their kind, and neither can be read"
        advice "keep CAP_SYS_ADMIN, and have /run/host/inaccessible or let systemd make its own";
    "NO2.8" NO2 Must Behaviour "a unit can have a mount namespace and mount in it"
        method "a transient unit with PrivateMounts=yes and MountFlags=slave mounts a tmpfs"
        passes "its mount namespace is another one, and the mount succeeds"
        advice "keep CAP_SYS_ADMIN, and do not filter mount(2)";
    "NO2.9" NO2 Must Behaviour "PrivateNetwork= gives a unit its own network"
        method "the network namespace of a transient unit" passes "it is another one"
        advice "keep CAP_NET_ADMIN: without it systemd runs the unit in the payload's network";
    "NO2.10" NO2 Must Behaviour "PrivateUsers= gives a unit its own users"
        method "the user namespace of a transient unit" passes "it is another one"
        advice "allow user namespaces inside";
    "NO2.11" NO2 Must Behaviour "the Protect… settings protect"
        method "a transient unit with ProtectKernelTunables=, ProtectControlGroups=, ProtectKernelModules=, \
                ProtectKernelLogs=, ProtectClock= and ProtectHostname= writes to the cgroup tree"
        passes "it runs, and the tree is read-only for it"
        advice "keep CAP_SYS_ADMIN, and do not filter what systemd uses for that";
    "NO2.12" NO2 Must Behaviour "ProtectProc= and ProcSubset= hide processes"
        method "a transient unit with both looks for /proc/meminfo" passes "it is not there"
        advice "let the payload mount a procfs of its own: keep one procfs without masks in its mount namespace";
    "NO2.13" NO2 Must Behaviour "DynamicUser= runs a unit as a passing user"
        method "user id of a transient unit, and a write to its state directory"
        passes "the id is from 61184 to 65519, and the write succeeds"
        advice "keep CAP_SYS_ADMIN, and give a user namespace 65536 ids";
    "NO2.14" NO2 Must Behaviour "SetCredential= gives a unit a credential"
        method "a transient unit reads it"
        passes "the value is right, on a read-only mount of its own"
        advice "make the payload's mounts shared before executing the init: the credential's mount is made \
                elsewhere and only spreads to shared ones";
    "NO2.15" NO2 Must Behaviour "BindPaths= and TemporaryFileSystem= mount for a unit"
        method "a transient unit looks at both" passes "both are there"
        advice "keep CAP_SYS_ADMIN";
    "NO2.16" NO2 Must Behaviour "a user can have a service manager"
        method "start user@0.service; the mount at /run/user/0"
        passes "it is active, and that is a tmpfs"
        advice "keep CAP_SYS_ADMIN, and delegate the cgroup tree whole";
    "NO3.1" NO3 Must Inside "/dev/kmsg is not the console"
        method "stat(2) of both" passes "there is no /dev/kmsg, or it is 1:11"
        advice "leave /dev/kmsg out";
    "NO4.1" NO4 Must Inside "no virtual terminals are pretended"
        method "names in /dev" passes "there is no tty0, tty1, …"
        advice "do not bind ptys to /dev/ttyN: name further ones in $container_ttys";
    "NO4.2" NO4 Must Inside "no screens of virtual terminals are pretended"
        method "names in /dev" passes "there is no vcs… and no vcsa…"
        advice "leave them out";
    "NO5.1" NO5 Must BeforeInit "there are no block devices"
        method "nodes in /dev before the init starts" passes "none is a block device"
        advice "leave them out unless the user asks for one";
    "NO5.2" NO5 Must BeforeInit "there are no other character devices"
        method "nodes in /dev before the init starts"
        passes "there are the seven, console and ptys, and none else"
        advice "leave fuse, net/tun and others out unless the user asks for them";
    "NO7.1" NO7 Must Inside "services see that /sys is read-only"
        method "EE2.3 and EE4.2 together" passes "both pass"
        advice "keep /sys read-only from before the init starts";
    "NO8.1" NO8 Must BeforeInit "CAP_AUDIT_CONTROL is not passed"
        method "the bounding set of the first process" passes "it is not in it"
        advice "drop it: services that have it fail, because audit knows no namespaces";
    "NO8.2" NO8 Must BeforeInit "CAP_AUDIT_READ is not passed"
        method "the bounding set of the first process" passes "it is not in it"
        advice "drop it";
    "NO8.3" NO8 Must BeforeInit "CAP_AUDIT_WRITE is not passed"
        method "the bounding set of the first process" passes "it is not in it"
        advice "drop it";
};
