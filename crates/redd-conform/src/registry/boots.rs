//! BT: boots clean. What the interface is for, and what it does not say but systemd needs.

use super::Group;

/// In the order of the study this list comes from.
pub(super) const CHECKS: Group = checks! {
    "BT.1" FW2 Must Inside "the system is running"
        method "systemctl is-system-running --wait" passes "it is `running`"
        advice "see which unit failed, and which refusal its log names";
    "BT.2" FW2 Must Inside "no unit failed"
        method "systemctl --failed" passes "there is none"
        advice "see the log of the unit: what was refused to it?";
    "BT.3" FW2 Must Inside "the journal is quiet"
        method "the journal of the boot, from warnings up"
        passes "there are at most three lines, and none tells of a refused operation"
        advice "each line names what the payload missed";
    "BT.4" FW1 Must Behaviour "systemd can execute itself again"
        method "systemctl daemon-reexec, then what it knows of its surroundings"
        passes "it is still running, and still knows that it is in a container"
        advice "keep container= in the environment, and let the init's file be executed again";
    "BT.5" NO2 Must Behaviour "root can mount tmpfs and overlay"
        method "mount both, and unmount them" passes "both succeed"
        advice "keep CAP_SYS_ADMIN, and do not filter mounts by path";
    "BT.6" UP2 Must Behaviour "user namespaces can be made inside"
        method "unshare(2) of the user namespace" passes "that succeeds"
        advice "do not filter unshare(2) and clone(2); for clone3(2) answer ENOSYS if it has to be filtered";
    "BT.7" UP2 Must Behaviour "containers can be nested"
        method "in new user, pid and mount namespaces mount a procfs" passes "that succeeds"
        advice "keep one procfs without masks in the payload's mount namespace: the kernel asks for that";
    "BT.8" UN3 Must BeforeInit "signals and privileges are as a boot loader leaves them"
        method "/proc/self/status before the init starts"
        passes "no signal is blocked or ignored, and no_new_privs is off"
        advice "reset signals and their mask before executing the init, and do not set no_new_privs";
    "BT.9" UN3 Must BeforeInit "umask, working directory and limits are as a boot loader leaves them"
        method "umask, working directory and RLIMIT_NOFILE before the init starts"
        passes "022, /, and no hard limit below the host's"
        advice "set them before executing the init";
    "BT.10" EE2 Must Behaviour "the clock cannot be set"
        method "set the clock to what it says" passes "that is refused"
        advice "drop CAP_SYS_TIME, or use a user namespace";
    "BT.11" FW2 Must Behaviour "set-user-ID programs, filtered units and scopes work"
        method "su(1) to another user, a transient unit with SystemCallFilter=, a scope"
        passes "all succeed"
        advice "do not mount the tree nosuid, and do not refuse seccomp(2)";
    "BT.12" UN2 Must Inside "the boot id is its own"
        method "/proc/sys/kernel/random/boot_id against the host's, and at two boots"
        passes "all differ"
        advice "bind a file with a new id over it at each boot";
    "BT.13" UN1 Must BeforeInit "mounts are shared among themselves"
        method "propagation of /, /run and /dev before the init starts" passes "each is shared"
        advice "make all mounts of the payload shared, as the last thing before executing the init: credentials \
                of units get lost otherwise";
};
