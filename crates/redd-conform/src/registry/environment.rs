//! EV: the environment of PID 1.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "EV1.1" EV1 Must BeforeInit "$container is set"
        method "the environment of the first process"
        passes "container= is there"
        advice "set container= to the name of the implementation in the init's environment";
    "EV1.2" EV1 Must BeforeInit "$container is a short lower-case name"
        method "the value of container="
        passes "it has a letter first, then letters, digits and -, at most 32"
        advice "choose a short name without spaces, versions or capitals";
    "EV1.3" EV1 Must Inside "tools inside recognise a container"
        method "systemd-detect-virt --container"
        passes "it prints a name, and exits with 0"
        advice "set container=";
    "EV1.4" EV1 Must Behaviour "units recognise a container"
        method "a transient unit with ConditionVirtualization=container"
        passes "it runs"
        advice "set container=";
    "EV1.5" FW1 Must Inside "/run/systemd/container says the same"
        method "the file's contents against $container of PID 1"
        passes "they are equal"
        advice "set container= in the environment of PID 1: systemd writes the file from it";
    "EV2.1" EV2 Must BeforeInit "$container_uuid is set"
        method "the environment of the first process"
        passes "it is a UUID that is not all zeros"
        advice "set container_uuid= to a stable id of the container";
    "EV2.2" EV2 Must Inside "the machine id is $container_uuid"
        method "/etc/machine-id after the first boot of a tree in which it was empty"
        passes "it is $container_uuid"
        advice "pass the same container_uuid= that is remembered for the container";
    "EV2.3" EV2 Must Acting "the identity is the same at the next boot"
        method "$container_uuid and /etc/machine-id of a second boot"
        passes "they are what they were at the first"
        advice "keep the uuid with the container instead of drawing one at each start";
    "EV2.4" EV2 Must Acting "a copy has an identity of its own"
        method "copy the container, boot the copy, compare $container_uuid"
        passes "they differ"
        advice "draw a new uuid when a container is copied, and empty the copy's /etc/machine-id";
    "EV3.1" EV3 Must BeforeInit "$container_ttys names real ptys"
        method "each name of it, where it is set"
        passes "each is pts/N, is there, is no link, and is not the console"
        advice "open further ptys in the container's devpts, and name them relative to /dev";
    "EV3.2" EV3 Must Inside "each of them has a getty"
        method "container-getty@N.service of each name"
        passes "all are active"
        advice "keep the masters of these ptys open, so that a getty can stay";
    "EV4.1" EV4 Should BeforeInit "$container_host_id names the host's system"
        method "the variable against ID of the host's os-release"
        passes "they are equal"
        advice "pass ID of the host's os-release on";
    "EV4.2" EV4 Should BeforeInit "$container_host_version_id names the host's version"
        method "the variable against VERSION_ID of the host's os-release"
        passes "they are equal"
        advice "pass VERSION_ID of the host's os-release on";
    "EV4.3" EV4 Should BeforeInit "$container_host_build_id and …_variant_id are passed on"
        method "the variables against BUILD_ID and VARIANT_ID of the host's os-release"
        passes "those the host has are equal"
        advice "pass BUILD_ID and VARIANT_ID of the host's os-release on";
    "EV5.1" EV5 Should BeforeInit "$CREDENTIALS_DIRECTORY leads to credentials"
        method "give the manager a credential; the variable before the init starts"
        passes "it is an absolute path, and the credential is a file there"
        advice "have an option for credentials, and put them into a directory named by the variable";
    "EV5.2" EV5 Should BeforeInit "the credentials are read-only"
        method "flags of the mount that $CREDENTIALS_DIRECTORY is on"
        passes "it is read-only"
        advice "mount the directory read-only once it is filled";
    "EV5.3" EV5 Should BeforeInit "the credentials are never swapped"
        method "the file system that $CREDENTIALS_DIRECTORY is on"
        passes "it is a ramfs, or a tmpfs with noswap"
        advice "use ramfs, or tmpfs with noswap from kernel 6.4 on";
    "EV5.4" EV5 Should BeforeInit "only root can read the credentials"
        method "owners and modes in $CREDENTIALS_DIRECTORY"
        passes "the directory is 0500 or 0700, files are 0400, all owned by the payload's root"
        advice "create them with these modes, owned by the id that is root inside";
    "EV5.5" EV5 Should Behaviour "units can import the credentials"
        method "a transient unit with ImportCredential= reads the value"
        passes "it is the value the manager was given"
        advice "check the four above; units also need shared mounts (UN1)";
};
