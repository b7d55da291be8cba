//! The program against the list, by an interpreter for classic BPF.

use proptest::prelude::*;
use rstest::rstest;

use super::compiler::{
    AF_NETLINK, AF_VSOCK, ARCH_AARCH64, ARCH_I386, ARCH_X86_64, EAFNOSUPPORT, ENOSYS, EPERM, NETLINK_AUDIT,
    architectures,
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
        Some(row) if SYSTEM_CALLS[row].0 == "socket" => {
            let low = |index: usize| (arguments[index] & 0xffff_ffff) as u32;
            let audit = low(0) == AF_NETLINK && low(2) == NETLINK_AUDIT;
            if low(0) == AF_VSOCK || audit { Answer::Fail(EAFNOSUPPORT) } else { Answer::Allow }
        }
        Some(_) => Answer::Allow,
    }
}

const DEFAULT_CAPABILITIES: u64 = 0x9dec_bfff;

fn default_policy() -> SeccompPolicy {
    SeccompPolicy::new(Machine::X86_64, DEFAULT_CAPABILITIES)
}

fn ask(name: &str) -> Answer {
    let row =
        SYSTEM_CALLS.binary_search_by_key(&name, |(name, _)| *name).unwrap_or_else(|_| panic!("{name}"));
    let number = SYSTEM_CALLS[row].1[0].unwrap_or_else(|| panic!("{name} on x86-64"));
    interpret(&default_policy().compile(), ARCH_X86_64, number.into(), [0; 6])
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

proptest! {
    #[test]
    fn any_policy_is_compiled_to_what_it_says(
        allow in words(), deny in words(), capabilities: u64, numbers in prop::collection::vec(0_u32..480, 40),
        arguments: [u64; 6], family in prop_oneof![Just(AF_NETLINK), Just(AF_VSOCK), 0_u32..50], high: u32, protocol in 0_u64..12,
    ) {
        let policy = SeccompPolicy { machine: Machine::X86_64, capabilities, allow, deny, socketcall: Socketcall::Refused };
        let program = policy.compile();
        let mut arguments = arguments;
        (arguments[0], arguments[2]) = (u64::from(high) << 32 | u64::from(family), u64::from(high) << 32 | protocol);
        for architecture in [ARCH_X86_64, ARCH_I386] {
            for &number in numbers.iter().chain(&[41, 359]) {
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
