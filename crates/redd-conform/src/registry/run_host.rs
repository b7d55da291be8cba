//! RH: the hierarchy below /run/host.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "RH0.1" RH0 Should BeforeInit "/run/host is there"
        method "stat(2) before the init starts" passes "it is a directory"
        advice "mount a tmpfs on /run/host before executing the init";
    "RH0.2" RH0 Should BeforeInit "/run/host is read-only"
        method "create a file in it" passes "that is refused: it is a read-only file system"
        advice "make the mount at /run/host read-only once it is filled";
    "RH1.1" RH1 Should Inside "mounts can be added while it runs"
        method "the mount at /run/host/incoming"
        passes "it receives mounts from the host, or a user namespace makes the new mount API the way"
        advice "bind a directory of the host there, as a slave";
    "RH1.2" RH1 Extension Acting "the manager can add a mount while it runs"
        method "the manager's own verb for that"
        passes "the mount appears inside"
        advice "move a detached mount into the container's namespace with move_mount(2)";
    "RH2.1" RH2 Should BeforeInit "/run/host/inaccessible/reg"
        method "stat(2)" passes "it is a regular file with mode 0000"
        advice "make all six nodes: systemd hides paths behind the one of the same kind";
    "RH2.2" RH2 Should BeforeInit "/run/host/inaccessible/dir"
        method "stat(2)" passes "it is a directory with mode 0000"
        advice "make all six nodes: systemd hides paths behind the one of the same kind";
    "RH2.3" RH2 Should BeforeInit "/run/host/inaccessible/fifo"
        method "stat(2)" passes "it is a fifo with mode 0000"
        advice "make all six nodes: systemd hides paths behind the one of the same kind";
    "RH2.4" RH2 Should BeforeInit "/run/host/inaccessible/sock"
        method "stat(2)" passes "it is a socket with mode 0000"
        advice "make all six nodes: systemd hides paths behind the one of the same kind";
    "RH2.5" RH2 Should BeforeInit "/run/host/inaccessible/chr"
        method "stat(2)" passes "it is the character device 0:0 with mode 0000"
        advice "make the device nodes outside the user namespace: inside they cannot be made";
    "RH2.6" RH2 Should BeforeInit "/run/host/inaccessible/blk"
        method "stat(2)" passes "it is the block device 0:0 with mode 0000"
        advice "make the device nodes outside the user namespace: inside they cannot be made";
    "RH2.7" RH2 Should Behaviour "a unit can hide a device node"
        method "a transient unit with InaccessiblePaths=/dev/zero"
        passes "the node keeps its kind and cannot be opened"
        advice "have /run/host/inaccessible/chr, and CAP_SYS_ADMIN";
    "RH3.1" RH3 Should BeforeInit "/run/host/notify is the notify socket"
        method "stat(2), and the value of NOTIFY_SOCKET"
        passes "it is a socket, and the variable names it"
        advice "bind the notify socket to /run/host/notify";
    "RH4.1" RH4 Should BeforeInit "/run/host/os-release is the host's"
        method "its contents against the host's file" passes "they are equal"
        advice "copy or bind /etc/os-release, or else /usr/lib/os-release, of the host";
    "RH5.1" RH5 Should BeforeInit "/run/host/container-manager names the manager"
        method "its contents against $container" passes "it is the same, with a newline"
        advice "write the value of container= there";
    "RH5.2" RH5 Should Behaviour "everybody can read that"
        method "read it as user 65534" passes "that succeeds"
        advice "make /run/host 0755 and the file 0444";
    "RH6.1" RH6 Should BeforeInit "/run/host/container-uuid holds the uuid"
        method "its contents against $container_uuid" passes "it is the same, with a newline"
        advice "write the value of container_uuid= there";
    "RH7.1" RH7 Extension BeforeInit "the credentials are in /run/host/credentials"
        method "the value of CREDENTIALS_DIRECTORY" passes "it is that path"
        advice "put the credentials where the interface recommends it";
    "RH8.1" RH8 Extension Behaviour "the payload can make sockets in /run/host/unix-export"
        method "bind a socket there" passes "that succeeds"
        advice "bind a writable tmpfs there";
    "RH8.2" RH8 Extension Host "the host sees these sockets, and cannot be made to write"
        method "the same directory as the manager shows it on the host"
        passes "it is there, mounted read-only, and a socket of the payload in it can be connected to"
        advice "bind the directory read-only on the host";
    "RH9.1" RH9 Extension Inside "sshd listens at /run/host/unix-export/ssh"
        method "that socket, where the payload has sshd and systemd 256 or newer"
        passes "it is there and somebody listens"
        advice "have a writable unix-export/";
    "RH10.1" RH10 Extension Acting "a user of the host can be bound"
        method "the manager's option for that; the user's name inside"
        passes "the user is known inside"
        advice "write a JSON record of the user to /run/host/userdb/";
    "RH11.1" RH11 Extension Acting "the home of a bound user is there"
        method "the same; /run/host/home/USER"
        passes "it is the host's directory, owned by that user"
        advice "bind the home there with the owner mapped";
};
