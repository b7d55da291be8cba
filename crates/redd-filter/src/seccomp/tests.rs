//! The program against the list, by an interpreter for classic BPF.

use proptest::prelude::*;
use rstest::rstest;

use super::compiler::{
    AF_NETLINK, AF_VSOCK, ARCH_AARCH64, ARCH_I386, ARCH_X86_64, EAFNOSUPPORT, EINVAL, ENOSYS, EPERM,
    NETLINK_AUDIT, O_DSYNC, architectures,
};
use super::table::{GROUPS, SYSTEM_CALLS};
use super::*;

/// What the kernel does after the filter.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Answer {
    Allow,
    Fail(u16),
}

fn interpret(program: &SeccompProgram, architecture: u32, number: u32, arguments: [u64; 6]) -> Answer {
    let mut data = Vec::new();
    data.extend(number.to_ne_bytes());
    data.extend(architecture.to_ne_bytes());
    data.extend([0; 8]);
    arguments.iter().for_each(|argument| data.extend(argument.to_ne_bytes()));
    let mut accumulator = 0;
    let mut at = 0;
    loop {
        let [code_low, code_high, if_true, if_false, a, b, c, d] = program.instructions()[at].to_ne_bytes();
        let value = u32::from_ne_bytes([a, b, c, d]);
        at += 1;
        let branch = |taken: bool| usize::from(if taken { if_true } else { if_false });
        match u16::from_ne_bytes([code_low, code_high]) {
            0x20 => {
                let bytes = &data[value as usize..value as usize + 4];
                accumulator = u32::from_ne_bytes(bytes.try_into().unwrap());
            }
            0x05 => at += value as usize,
            0x15 => at += branch(accumulator == value),
            0x35 => at += branch(accumulator >= value),
            0x45 => at += branch(accumulator & value != 0),
            0x06 if value == 0x7fff_0000 => return Answer::Allow,
            0x06 if value >> 16 == 5 => return Answer::Fail(u16::try_from(value & 0xffff).unwrap()),
            other => panic!("instruction {other:#x} {value:#x}"),
        }
    }
}

/// What the list says, looked up one by one.
fn expected(policy: &SeccompPolicy, architecture: u32, number: u32, arguments: [u64; 6]) -> Answer {
    let allowed = policy.allowed();
    let Some((_, column)) = architectures(policy.machine).iter().find(|(known, _)| *known == architecture)
    else {
        return Answer::Fail(ENOSYS);
    };
    let row = SYSTEM_CALLS.iter().position(|(_, numbers)| numbers[*column].map(u32::from) == Some(number));
    match row {
        None => Answer::Fail(ENOSYS),
        Some(row) if !allowed[row] => Answer::Fail(EPERM),
        Some(row) => expected_of_allowed(policy, SYSTEM_CALLS[row].0, arguments),
    }
}

fn expected_of_allowed(policy: &SeccompPolicy, name: &str, arguments: [u64; 6]) -> Answer {
    let low = |index: usize| (arguments[index] & 0xffff_ffff) as u32;
    let answer_unless = |kernel: bool, errno| if kernel { Answer::Allow } else { Answer::Fail(errno) };
    match (name, policy.sync) {
        ("socket", _) => {
            let audit = low(0) == AF_NETLINK && low(2) == NETLINK_AUDIT;
            answer_unless(policy.families.allow(low(0)) && !audit, EAFNOSUPPORT)
        }
        ("sync" | "msync", SyncCalls::Suppressed) => Answer::Fail(0),
        ("fsync" | "fdatasync" | "syncfs" | "sync_file_range", SyncCalls::Suppressed) => {
            answer_unless(low(0).cast_signed() < 0, 0)
        }
        ("open", SyncCalls::Suppressed) => answer_unless(low(1) & O_DSYNC == 0, EINVAL),
        ("openat", SyncCalls::Suppressed) => answer_unless(low(2) & O_DSYNC == 0, EINVAL),
        _ => Answer::Allow,
    }
}

const DEFAULT_CAPABILITIES: u64 = 0x9dec_bfff;

fn default_policy() -> SeccompPolicy {
    SeccompPolicy::new(Machine::X86_64, DEFAULT_CAPABILITIES)
}

fn ask(name: &str) -> Answer {
    ask_of(&default_policy(), name, [0; 6])
}

/// As a program of x86-64 asks.
fn ask_of(policy: &SeccompPolicy, name: &str, arguments: [u64; 6]) -> Answer {
    let row =
        SYSTEM_CALLS.binary_search_by_key(&name, |(name, _)| *name).unwrap_or_else(|_| panic!("{name}"));
    let number = SYSTEM_CALLS[row].1[0].unwrap_or_else(|| panic!("{name} on x86-64"));
    interpret(&policy.compile(), ARCH_X86_64, number.into(), arguments)
}

#[test]
fn tables_are_sorted_so_that_names_are_found() {
    assert!(SYSTEM_CALLS.is_sorted_by_key(|(name, _)| *name));
    assert!(GROUPS.is_sorted_by_key(|(name, _)| *name));
}

#[rstest]
#[case(Machine::X86_64)]
#[case(Machine::Aarch64)]
fn every_number_is_answered_as_the_list_says(#[case] machine: Machine) {
    let policy = SeccompPolicy::new(machine, DEFAULT_CAPABILITIES);
    let program = policy.compile();
    for architecture in [ARCH_X86_64, ARCH_I386, ARCH_AARCH64, 0x4000_0028, 0] {
        for number in (0..1024).chain(0x4000_0000..0x4000_0400).chain([u32::MAX, 1 << 31]) {
            let (got, wanted) = (
                interpret(&program, architecture, number, [0; 6]),
                expected(&policy, architecture, number, [0; 6]),
            );
            assert_eq!(got, wanted, "{architecture:#x} {number}");
        }
    }
}

fn words() -> impl Strategy<Value = Vec<SyscallSelector>> {
    let names: Vec<&str> =
        SYSTEM_CALLS.iter().map(|(name, _)| *name).chain(GROUPS.iter().map(|(name, _)| *name)).collect();
    prop::collection::vec(prop::sample::select(names), 0..6)
        .prop_map(|words| words.into_iter().map(|word| SyscallSelector::parse(word).unwrap()).collect())
}

fn families() -> impl Strategy<Value = Families> {
    prop_oneof![any::<u64>().prop_map(Families::Only), any::<u64>().prop_map(Families::AllBut)]
}

proptest! {
    #[test]
    fn any_policy_is_compiled_to_what_it_says(
        allow in words(), deny in words(), capabilities: u64, numbers in prop::collection::vec(0_u32..480, 40),
        families in families(), sync in prop_oneof![Just(SyncCalls::Kept), Just(SyncCalls::Suppressed)],
        base in prop_oneof![Just(BaseList::Redd), Just(BaseList::Nspawn)], flags: u32,
        arguments: [u64; 6], family in prop_oneof![Just(AF_NETLINK), Just(AF_VSOCK), 0_u32..50], high: u32, protocol in 0_u64..12,
    ) {
        let policy = SeccompPolicy { allow, deny, families, sync, base, ..SeccompPolicy::new(Machine::X86_64, capabilities) };
        let program = policy.compile();
        let mut arguments = arguments;
        (arguments[0], arguments[2]) = (u64::from(high) << 32 | u64::from(family), u64::from(high) << 32 | protocol);
        arguments[1] = flags.into();
        for architecture in [ARCH_X86_64, ARCH_I386] {
            // socket, fsync, open and openat of both
            for &number in numbers.iter().chain(&[41, 359, 74, 118, 2, 5, 257, 295]) {
                prop_assert_eq!(
                    interpret(&program, architecture, number, arguments),
                    expected(&policy, architecture, number, arguments)
                );
            }
        }
    }

    #[test]
    fn any_number_is_answered(number: u32, architecture: u32, arguments: [u64; 6]) {
        let policy = default_policy();
        let answer = interpret(&policy.compile(), architecture, number, arguments);
        prop_assert_eq!(answer, expected(&policy, architecture, number, arguments));
    }
}

#[rstest]
fn what_no_payload_needs_is_refused(
    #[values(
        "keyctl",
        "add_key",
        "request_key",
        "bpf",
        "perf_event_open",
        "quotactl",
        "open_by_handle_at",
        "fanotify_init",
        "kexec_load",
        "init_module",
        "syslog",
        "swapon",
        "pkey_alloc",
        "settimeofday",
        "clock_settime",
        "iopl",
        "mlock",
        "uselib",
        "modify_ldt",
        "acct",
        "lookup_dcookie",
        "memfd_secret",
        "io_uring_setup"
    )]
    name: &str,
) {
    assert_eq!(ask(name), Answer::Fail(EPERM));
}

#[rstest]
fn what_a_system_needs_reaches_the_kernel(
    #[values(
        "userfaultfd",
        "ptrace",
        "clone3",
        "pidfd_open",
        "landlock_create_ruleset",
        "seccomp",
        "mseal",
        "mount_setattr",
        "open_tree",
        "open_tree_attr",
        "fsopen",
        "openat2",
        "statmount",
        "listmount",
        "fchmodat2",
        "setns",
        "unshare",
        "pivot_root",
        "reboot",
        "mknodat",
        "close_range",
        "epoll_pwait2",
        "execveat",
        "memfd_create",
        "name_to_handle_at",
        "setxattrat",
        "getxattrat",
        "cachestat",
        "rseq",
        "clone",
        "futex_waitv",
        "io_setup",
        "sethostname",
        "vhangup",
        "process_madvise",
        "set_mempolicy_home_node",
        "pidfd_getfd",
        "fsmount",
        "file_getattr",
        "mincore"
    )]
    name: &str,
) {
    assert_eq!(ask(name), Answer::Allow);
}

#[test]
fn sockets_that_no_namespace_confines_are_refused_whatever_the_high_half_holds() {
    let program = default_policy().compile();
    let socket =
        |family: u64, protocol: u64| interpret(&program, ARCH_X86_64, 41, [family, 3, protocol, 0, 0, 0]);
    assert_eq!(socket(40, 0), Answer::Fail(EAFNOSUPPORT));
    assert_eq!(socket(1 << 32 | 40, 0), Answer::Fail(EAFNOSUPPORT));
    assert_eq!(socket(16, 9), Answer::Fail(EAFNOSUPPORT));
    assert_eq!(socket(16, 7 << 32 | 9), Answer::Fail(EAFNOSUPPORT));
    assert_eq!(socket(16, 0), Answer::Allow);
    assert_eq!(socket(2, 0), Answer::Allow);
}

#[test]
fn families_are_restricted_and_audit_is_refused_whatever_is_allowed() {
    let socket = |families, family: u64, protocol: u64| {
        ask_of(&SeccompPolicy { families, ..default_policy() }, "socket", [family, 1, protocol, 0, 0, 0])
    };
    let refused = Answer::Fail(EAFNOSUPPORT);
    let only = Families::Only(1 << 1 | 1 << 16 | 1 << 40);
    for (family, protocol, answer) in [
        (1, 0, Answer::Allow),
        (16, 0, Answer::Allow),
        (16, 9, refused),
        (40, 0, Answer::Allow),
        (2, 0, refused),
        (64, 0, refused),
        (65, 0, refused),
        (1 << 32 | 2, 0, refused),
    ] {
        assert_eq!(socket(only, family, protocol), answer, "{family} {protocol}");
    }
    assert_eq!(socket(Families::Only(0), 1, 0), refused);
    assert_eq!(socket(Families::AllBut(1 << 2), 2, 0), refused);
    assert_eq!(socket(Families::AllBut(1 << 2), 10, 0), Answer::Allow);
}

#[test]
fn syncing_is_suppressed_but_a_denied_call_is_refused() {
    let word = |word| SyscallSelector::parse(word).unwrap();
    let policy = SeccompPolicy { sync: SyncCalls::Suppressed, ..default_policy() };
    for name in ["sync", "syncfs", "fsync", "fdatasync", "msync", "sync_file_range"] {
        assert_eq!(ask_of(&policy, name, [3; 6]), Answer::Fail(0), "{name}");
        assert_eq!(ask(name), Answer::Allow, "{name}");
    }
    for negative in [u64::MAX, 0xffff_ffff, 1 << 31] {
        assert_eq!(ask_of(&policy, "fsync", [negative; 6]), Answer::Allow);
    }
    for (flags, answer) in
        [(0, Answer::Allow), (0o10_000, Answer::Fail(EINVAL)), (0o4_010_001, Answer::Fail(EINVAL))]
    {
        assert_eq!(ask_of(&policy, "open", [0, flags, 0, 0, 0, 0]), answer);
        assert_eq!(ask_of(&policy, "openat", [0, 0, flags, 0, 0, 0]), answer);
        assert_eq!(ask_of(&default_policy(), "openat", [0, 0, flags, 0, 0, 0]), Answer::Allow);
    }
    let denied = SeccompPolicy { deny: vec![word("@sync")], ..policy };
    assert_eq!(ask_of(&denied, "fsync", [3; 6]), Answer::Fail(EPERM));
}

#[test]
fn what_a_filter_cannot_see_into_is_allowed_by_its_own_name_only() {
    let word = |word| SyscallSelector::parse(word).unwrap();
    let with = |allow| SeccompPolicy { allow: vec![word(allow)], ..default_policy() };
    for group in ["@aio", "@network-io", "@system-service", "@known"] {
        assert_eq!(with(group).unseen_sockets(), None, "{group}");
    }
    assert_eq!(with("io_uring_setup").unseen_sockets(), Some("io_uring_setup"));
    assert_eq!(with("socketcall").unseen_sockets(), Some("socketcall"));
    let by_need = SeccompPolicy { socketcall: Socketcall::Allowed, ..default_policy() };
    assert_eq!(by_need.unseen_sockets(), Some("socketcall"));
}

#[test]
fn the_list_of_nspawn_has_nothing_more_unless_named() {
    let nspawn = SeccompPolicy { base: BaseList::Nspawn, ..default_policy() };
    let rows = |policy: &SeccompPolicy| policy.allowed();
    assert!(rows(&nspawn).iter().zip(rows(&default_policy())).all(|(&nspawn, redd)| redd || !nspawn));
    let pidfd_getfd = |policy: &SeccompPolicy| ask_of(policy, "pidfd_getfd", [0; 6]);
    assert_eq!(pidfd_getfd(&nspawn), Answer::Fail(EPERM));
    assert_eq!(pidfd_getfd(&default_policy()), Answer::Allow);
    let named = SeccompPolicy { allow: vec![SyscallSelector::parse("@debug").unwrap()], ..nspawn };
    assert_eq!(pidfd_getfd(&named), Answer::Allow);
}

#[test]
fn every_name_is_a_group_too() {
    let word = || vec![SyscallSelector::parse("@known").unwrap()];
    let refused = default_policy().allowed().iter().filter(|allowed| !**allowed).count();
    let all = SeccompPolicy { allow: word(), ..default_policy() };
    // io_uring's three and socketcall
    assert_eq!(all.allowed().iter().filter(|allowed| !**allowed).count(), 4);
    assert!(refused > 4);
    let none = SeccompPolicy { deny: word(), ..all };
    assert!(none.allowed().iter().all(|allowed| !allowed));
}

#[test]
fn names_of_other_architectures_name_nothing() {
    let policy = SeccompPolicy {
        allow: vec![SyscallSelector::parse("s390_pci_mmio_read").unwrap()],
        ..default_policy()
    };
    assert_eq!(policy.allowed(), default_policy().allowed());
}

#[test]
fn socketcall_is_for_32_bit_systems_only() {
    const SOCKETCALL: u32 = 102;
    let refused = default_policy();
    let allowed = SeccompPolicy { socketcall: Socketcall::Allowed, ..default_policy() };
    assert_eq!(interpret(&refused.compile(), ARCH_I386, SOCKETCALL, [0; 6]), Answer::Fail(EPERM));
    assert_eq!(interpret(&allowed.compile(), ARCH_I386, SOCKETCALL, [0; 6]), Answer::Allow);
}

#[test]
fn the_user_adds_and_takes_away_and_taking_wins() {
    let word = |word| SyscallSelector::parse(word).unwrap();
    let policy =
        SeccompPolicy { allow: vec![word("@keyring")], deny: vec![word("add_key")], ..default_policy() };
    let program = policy.compile();
    assert_eq!(interpret(&program, ARCH_X86_64, 250, [0; 6]), Answer::Allow, "keyctl");
    assert_eq!(interpret(&program, ARCH_X86_64, 248, [0; 6]), Answer::Fail(EPERM), "add_key");
}

#[test]
fn unknown_words_are_refused_with_a_suggestion() {
    let error = SyscallSelector::parse("@mont").unwrap_err().to_string();
    assert!(error.contains("\"@mont\"") && error.contains("\"@mount\""), "{error}");
    assert!(SyscallSelector::parse("").is_err());
}

/// A short program is loaded in a tenth of a millisecond.
#[test]
fn the_default_program_is_short() {
    let length = default_policy().compile().instructions().len();
    assert!(length < 420, "{length} instructions");
}
