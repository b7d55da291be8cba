//! UP: payloads that are nobody on the host.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "UP.1" UP2 Should Host "the user namespace maps ids"
        method "/proc/PID/uid_map of the init, where there is a user namespace"
        passes "it is not the identity"
        advice "map the payload's ids to a range nobody else has";
    "UP.2" UP2 Should Host "the range is large enough"
        method "/proc/PID/uid_map of the init, where there is a user namespace"
        passes "ids 0 to 65535 are mapped"
        advice "map 65536 ids: nobody is 65534, and passing users of units are near 65000";
    "UP.3" UP2 Extension Acting "an ordinary user can start the manager"
        method "start it as user 65534 with ids of its own"
        passes "the payload boots"
        advice "map ids with newuidmap or systemd-nsresourced, and use only what a user may";
    "UP.4" UP1 Extension Acting "a payload without CAP_SYS_ADMIN and CAP_MKNOD boots on request"
        method "the manager's option to drop them"
        passes "the payload's systemd gets ready"
        advice "have an option to drop capabilities, and mount everything beforehand";
};
