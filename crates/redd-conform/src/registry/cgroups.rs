//! EE6 and EE7: the cgroup tree as the payload and as the host see it.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "EE6.1" EE6 Must Inside "the cgroup hierarchy is mounted"
        method "statfs(2) of /sys/fs/cgroup, and what is mounted below it"
        passes "it is cgroup2, or a tmpfs with version 1 hierarchies that systemd can use"
        advice "mount cgroup2 on /sys/fs/cgroup";
    "EE6.2" NO6 Must BeforeInit "no hierarchy is mounted in part"
        method "the root of each cgroup mount, before the init starts"
        passes "each is `/` in the payload's cgroup namespace"
        advice "unshare the cgroup namespace, then mount: never bind a directory of the host's tree";
    "EE6.3" EE6 Must Inside "paths of processes agree with the mounted tree"
        method "look PID 1 up in /sys/fs/cgroup at the path that /proc/1/cgroup says"
        passes "cgroup.procs there holds it"
        advice "unshare the cgroup namespace after entering the container's cgroup, and mount after that";
    "EE6.4" EE6 Must Host "the cgroup namespace is the payload's own"
        method "compare /proc/PID/ns/cgroup of the init and of the checker"
        passes "they differ, or the upper part of the tree is read-only inside"
        advice "unshare the cgroup namespace";
    "EE6.5" EE6 Must Inside "the container's own sub-tree is writable"
        method "where PID 1 is in the tree"
        passes "it could make init.scope below the container's root"
        advice "make the container's cgroup and its delegated files the payload's own, mounted read-write";
    "EE6.6" EE6 Must Behaviour "the payload cannot lift its own limits"
        method "open memory.max, pids.max and cpu.max of the container's root for writing"
        passes "all are refused or not there"
        advice "keep the limits above what is delegated: in a parent cgroup, or files that stay the host's";
    "EE6.7" EE6 Must Inside "the controllers are there"
        method "cgroup.controllers of the container's root against that of its parent outside"
        passes "cpu, io, memory and pids are there where the parent has them"
        advice "write them to cgroup.subtree_control of the container's parent";
    "EE6.8" EE6 Must Behaviour "limits of units take effect"
        method "a transient unit with MemoryMax=, TasksMax= and CPUQuota= reads the files of its cgroup"
        passes "the values are there, for each controller the host has on version 2"
        advice "delegate the controllers to the payload";
    "EE6.9" EE6 Must Inside "no process of the manager is in the container's root"
        method "cgroup.procs of the container's root"
        passes "it is empty, so that controllers can be enabled below it"
        advice "put the manager into a cgroup beside the payload's";
    "EE6.10" EE6 Must Host "no cgroup is left after the stop"
        method "directories of the host's cgroup trees before the start and after the stop"
        passes "there is no new one"
        advice "remove the container's cgroups when its last process is gone";
    "EE7.1" EE7 Must Host "the container's cgroup belongs to a unit"
        method "the cgroup of the init as the host sees it, against the manager's and the top of the tree"
        passes "it is below the manager's own cgroup or a unit of the service manager: nothing is new at the top"
        advice "run as a service with Delegate=yes, or ask the service manager for a scope";
    "EE7.2" EE7 Must Host "that unit is delegated"
        method "the delegation mark on the cgroup above the init"
        passes "trusted.delegate or user.delegate is 1"
        advice "set Delegate=yes on the unit";
    "EE7.3" EE7 Must Acting "managers can be stacked"
        method "run the manager itself inside a container that has a delegated cgroup"
        passes "the same payload boots there"
        advice "work below the own cgroup only, and by capability instead of by place";
};
