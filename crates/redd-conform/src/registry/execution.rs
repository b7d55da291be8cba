//! EE1 to EE5: what is mounted, which devices there are, what sits at the console.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "EE1.1" EE1 Must BeforeInit "the host name is set before the init starts"
        method "uname(2) as the first process of the payload"
        passes "it is the name the manager was given"
        advice "call sethostname(2) in the payload's UTS namespace before executing the init";
    "EE1.2" EE1 Must Inside "the host name is still the same after boot"
        method "uname(2) after boot, of a tree without /etc/hostname"
        passes "it is what it was before the init started"
        advice "give the name to the UTS namespace instead of leaving it to a tool inside";
    "EE1.3" EE1 Must Host "the UTS namespace is the payload's own"
        method "compare /proc/PID/ns/uts of the init and of the checker"
        passes "they differ"
        advice "clone the init with CLONE_NEWUTS";
    "EE1.4" EE1 Must Acting "the payload's own /etc/hostname wins later"
        method "boot a tree whose /etc/hostname says `fromfile`, then uname(2) inside and outside"
        passes "inside it is `fromfile`, and the host's name is as before"
        advice "do not edit or mount over /etc/hostname, and do not lock the name";
    "EE2.1" EE2 Must BeforeInit "/proc is mounted"
        method "statfs(2) of /proc before the init starts"
        passes "it is a procfs"
        advice "mount a procfs of the payload's pid namespace before executing the init";
    "EE2.2" EE2 Must BeforeInit "/sys is mounted"
        method "statfs(2) of /sys before the init starts"
        passes "it is a sysfs, or a tmpfs that shows parts of one"
        advice "mount sysfs on /sys before executing the init";
    "EE2.3" EE2 Must BeforeInit "/sys is read-only"
        method "flags of the mount at /sys before the init starts"
        passes "it is read-only"
        advice "mount /sys with `ro`: that flag tells systemd, udev and networkd that they are in a container";
    "EE2.4" EE2 Must Behaviour "/sys cannot be written to"
        method "create a file in /sys, and open a kernel attribute in it for writing, after boot"
        passes "both are refused"
        advice "keep /sys and what is mounted below it read-only, and lock that with a user namespace";
    "EE2.5" EE2 Must Behaviour "/proc/sys cannot be written to"
        method "open kernel, vm and fs settings in /proc/sys for writing"
        passes "all are refused, unless the user, ipc, uts, pid and network namespaces are all the payload's own"
        advice "bind /proc/sys read-only over itself";
    "EE2.6" EE2 Must Behaviour "/proc/sys/net is writable only for a network of its own"
        method "open settings in /proc/sys/net for writing, and compare the network namespaces"
        passes "they are refused, or the network namespace is the payload's own"
        advice "leave /proc/sys/net writable only together with CLONE_NEWNET";
    "EE2.7" EE2 Must Behaviour "/proc/sysrq-trigger cannot be written to"
        method "open it for writing"
        passes "that is refused"
        advice "bind /proc/sysrq-trigger read-only over itself";
    "EE2.8" EE2 Must BeforeInit "/sys/fs/selinux is mounted read-only where the host has SELinux"
        method "the mount at /sys/fs/selinux before the init starts"
        passes "it is mounted and read-only"
        advice "bind the host's /sys/fs/selinux read-only where the host has it";
    "EE3.1" EE3 Must BeforeInit "/dev is a tmpfs of the container's own"
        method "the mount at /dev before the init starts"
        passes "it is a tmpfs that the host does not share"
        advice "mount a fresh tmpfs on /dev; never bind the host's, and never mount devtmpfs";
    "EE3.2" EE3 Must Inside "/dev/null is there"
        method "stat(2)" passes "it is the character device 1:3 with mode 0666"
        advice "make the node, or bind the host's";
    "EE3.3" EE3 Must Inside "/dev/zero is there"
        method "stat(2)" passes "it is the character device 1:5 with mode 0666"
        advice "make the node, or bind the host's";
    "EE3.4" EE3 Must Inside "/dev/full is there"
        method "stat(2)" passes "it is the character device 1:7 with mode 0666"
        advice "make the node, or bind the host's";
    "EE3.5" EE3 Must Inside "/dev/random is there"
        method "stat(2)" passes "it is the character device 1:8 with mode 0666"
        advice "make the node, or bind the host's";
    "EE3.6" EE3 Must Inside "/dev/urandom is there"
        method "stat(2)" passes "it is the character device 1:9 with mode 0666"
        advice "make the node, or bind the host's";
    "EE3.7" EE3 Must Inside "/dev/tty is there"
        method "stat(2)" passes "it is the character device 5:0 with mode 0666"
        advice "make the node, or bind the host's; set the mode after creation, the umask may have cut it";
    "EE3.8" EE3 Must Inside "/dev/ptmx is there"
        method "stat(2), following a link" passes "it is the character device 5:2 with mode 0666"
        advice "link /dev/ptmx to pts/ptmx, and mount devpts with ptmxmode=0666";
    "EE3.9" EE3 Must Behaviour "users without privileges can use the devices"
        method "as user 65534 read and write null, zero, full, random and urandom, and open ptmx"
        passes "all succeed"
        advice "mount /dev without nodev, and let the device filter allow the seven devices";
    "EE3.10" EE3 Must BeforeInit "/dev/console is there before the init starts"
        method "stat(2) before the init starts"
        passes "it is a character device"
        advice "bind a pty to /dev/console";
    "EE3.11" EE3 Must Behaviour "/dev/console works for as long as the payload runs"
        method "open /dev/console after boot, ask whether it is a terminal, write nothing to it"
        passes "it is a terminal whose other end is open"
        advice "keep the master of the pty open for as long as the init lives";
    "EE3.12" EE3 Must BeforeInit "/dev/pts is an instance of its own"
        method "the mount at /dev/pts, and the mode of its ptmx, before the init starts"
        passes "it is a devpts that the host does not share, and everybody may open ptmx"
        advice "mount devpts with newinstance,ptmxmode=0666,mode=0620,gid=5";
    "EE3.13" EE3 Must Behaviour "a pty can be opened"
        method "open /dev/ptmx, unlock it, open its other end by the name in /dev/pts"
        passes "/dev/pts/N is there, and is a terminal"
        advice "mount devpts at /dev/pts, and let /dev/ptmx lead to its ptmx";
    "EE3.14" EE3 Must Behaviour "an allowed device can be made anew"
        method "mknod(2) of 1:3 outside /dev, then write to it"
        passes "both succeed"
        advice "keep CAP_MKNOD, and let the device filter allow mknod of the seven devices";
    "EE3.15" EE3 Must Behaviour "no other device can be made"
        method "mknod(2) of 1:1 (mem)"
        passes "that is refused"
        advice "let the device filter refuse `m`, and not only `rw`, for every other device";
    "EE3.16" EE3 Must Behaviour "no other device can be opened: mem"
        method "mknod(2) and open(2) of 1:1 (mem)"
        passes "one of them is refused with EPERM or EACCES: any other error came from the driver"
        advice "attach a BPF program of type BPF_PROG_TYPE_CGROUP_DEVICE to the container's cgroup";
    "EE3.17" EE3 Must Behaviour "no other device can be opened: the host's disk"
        method "mknod(2) and open(2) of the block device the host's root is on"
        passes "one of them is refused"
        advice "attach a device program to the container's cgroup that allows the seven devices and ptys";
    "EE3.18" EE3 Must Behaviour "no other device can be opened: kmsg"
        method "mknod(2) and open(2) of 1:11 (kmsg)"
        passes "one of them is refused"
        advice "attach a device program to the container's cgroup that allows the seven devices and ptys";
    "EE3.19" EE3 Must Behaviour "no other device can be opened: fuse"
        method "mknod(2) and open(2) of 10:229 (fuse), where nobody asked for it"
        passes "one of them is refused"
        advice "allow /dev/fuse and /dev/net/tun only when asked to";
    "EE3.20" EE3 Must Host "a device filter is attached to the container's cgroup"
        method "BPF_PROG_QUERY for BPF_CGROUP_DEVICE, on the cgroup of the init and those above it"
        passes "there is at least one program on a cgroup of the container, or a v1 devices.list that is not `a`"
        advice "attach a device program, or write to devices.deny and devices.allow of version 1";
    "EE4.1" EE4 Must Inside "udevd does not run"
        method "state and condition of systemd-udevd.service"
        passes "it is inactive, because its condition does not hold"
        advice "keep /sys read-only";
    "EE4.2" EE4 Must Behaviour "units see that /sys is read-only"
        method "a transient unit with ConditionPathIsReadWrite=/sys"
        passes "it is skipped"
        advice "keep /sys read-only";
    "EE5.1" EE5 Must Inside "there is a getty on the console and none on virtual terminals"
        method "states of the getty units"
        passes "console-getty.service is active, and no getty@ttyN.service is"
        advice "have a tty at /dev/console, and no /dev/tty0";
    "EE5.2" EE5 Must Host "the login prompt reaches the manager's console"
        method "read what the payload writes to its console"
        passes "a `login:` prompt appears"
        advice "forward the master of the console's pty to the manager's output";
};
