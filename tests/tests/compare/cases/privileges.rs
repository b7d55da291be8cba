//! Capabilities, system calls, limits.

use crate::case::Case;

pub(crate) const CASES: &[Case] = &[
    Case::sight("security: --capability", &["--capability=CAP_SYS_TIME"]),
    Case::sight(
        "security: --capability of several",
        &["--capability=CAP_NET_ADMIN,CAP_SYSLOG", "--capability=cap_ipc_lock"],
    ),
    Case::sight("security: --capability=all", &["--capability=all"]),
    Case::sight("security: --capability=CAP_BPF", &["--capability=CAP_BPF,CAP_PERFMON"]),
    Case::sight(
        "security: --capability of module and rawio",
        &["--capability=CAP_SYS_MODULE,CAP_SYS_RAWIO,CAP_SYS_PACCT"],
    ),
    Case::sight("security: --capability=12", &["--capability=12"]),
    Case::sight("security: --drop-capability", &["--drop-capability=CAP_CHOWN,CAP_SYS_PTRACE,CAP_SYS_BOOT"]),
    Case::sight("security: --drop-capability of tty config", &["--drop-capability=CAP_SYS_TTY_CONFIG"]),
    Case::sight("security: --drop-capability=all", &["--drop-capability=all"]),
    Case::sight(
        "security: a capability added and dropped",
        &["--capability=CAP_SYS_TIME", "--drop-capability=CAP_SYS_TIME"],
    ),
    Case::sight("security: --ambient-capability", &["--ambient-capability=CAP_NET_RAW"]),
    Case::sight(
        "security: --ambient-capability with -u",
        &["--ambient-capability=CAP_NET_RAW,CAP_KILL", "-u", "daemon"],
    ),
    Case::shell(
        "security: --ambient-capability beyond the bound",
        &["--ambient-capability=CAP_SYS_TIME"],
        &["/sight"],
    ),
    Case::shell("security: --ambient-capability with -b", &["--ambient-capability=CAP_NET_RAW", "-b"], &[]),
    Case::sight("security: --no-new-privileges", &["--no-new-privileges=yes"]),
    Case::sight("security: --no-new-privileges=no", &["--no-new-privileges=no"]),
    Case::sight("security: --system-call-filter adds", &["--system-call-filter=@keyring"]),
    Case::sight("security: --system-call-filter adds one", &["--system-call-filter=bpf perf_event_open"]),
    Case::sight("security: --system-call-filter takes", &["--system-call-filter=~mount umount2"]),
    Case::sight("security: --system-call-filter takes a group", &["--system-call-filter=~@timer"]),
    Case::sight(
        "security: --system-call-filter takes what is added",
        &["--system-call-filter=keyctl", "--system-call-filter=~keyctl"],
    ),
    Case::sight("security: --system-call-filter=@known", &["--system-call-filter=@known"]),
    Case::sight(
        "security: --system-call-filter with the capability",
        &["--capability=CAP_SYSLOG", "--system-call-filter=syslog"],
    ),
    Case::sight("security: --restrict-address-families", &["--restrict-address-families=AF_INET AF_UNIX"])
        .since(261),
    Case::sight(
        "security: --restrict-address-families refuses",
        &["--restrict-address-families=~AF_VSOCK AF_PACKET"],
    )
    .since(261),
    Case::sight("security: --restrict-address-families=none", &["--restrict-address-families=none"])
        .since(261),
    Case::sight("security: --restrict-address-families=", &["--restrict-address-families="]).since(261),
    Case::sight("security: SYSTEMD_SECCOMP=0", &[]).environment(&[("SYSTEMD_SECCOMP", "0")]),
    Case::sight("resources: --rlimit of files", &["--rlimit=RLIMIT_NOFILE=512:1000"]),
    Case::sight("resources: --rlimit of one value", &["--rlimit=NOFILE=700"]),
    Case::sight("resources: --rlimit in lower case", &["--rlimit=RLIMIT_CORE=0:infinity"]),
    Case::sight("resources: --rlimit of address space", &["--rlimit=AS=8G"]),
    Case::sight("resources: --rlimit of time", &["--rlimit=CPU=1min:2min", "--rlimit=RTTIME=1s"]),
    Case::sight(
        "resources: --rlimit of all kinds",
        &[
            "--rlimit=FSIZE=1G",
            "--rlimit=DATA=9G",
            "--rlimit=STACK=16M",
            "--rlimit=RSS=4G",
            "--rlimit=NPROC=1000",
            "--rlimit=MEMLOCK=4096",
            "--rlimit=LOCKS=50",
            "--rlimit=SIGPENDING=500",
            "--rlimit=MSGQUEUE=4096",
        ],
    ),
    Case::sight("resources: --rlimit of priorities", &["--rlimit=NICE=0", "--rlimit=RTPRIO=0"]),
    Case::sight("resources: --rlimit=infinity", &["--rlimit=CORE=infinity"]),
    Case::sight("resources: --oom-score-adjust", &["--oom-score-adjust=500"]),
    Case::sight("resources: --oom-score-adjust=0", &["--oom-score-adjust=0"]),
    Case::sight("resources: --cpu-affinity", &["--cpu-affinity=0"]),
    Case::sight("resources: --cpu-affinity of a range", &["--cpu-affinity=0-1"]),
    Case::sight("resources: --cpu-affinity of a list", &["--cpu-affinity=0 1"]),
    Case::sight("resources: --personality=x86", &["--personality=x86"]),
    Case::sight("resources: --personality=x86-64", &["--personality=x86-64"]),
    Case::sight("resources: limits of the caller", &[])
        .prepare("ulimit -n 900; ulimit -c 100; echo 300 > /proc/self/oom_score_adj; umask 077"),
];
