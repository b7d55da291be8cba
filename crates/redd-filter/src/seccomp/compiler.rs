//! From a list to a program: a decision tree over ranges of numbers, so that it is short and shallow.

use super::policy::{Families, Machine, SeccompPolicy, SyncCalls, row_of};
use super::table::SYSTEM_CALLS;

/// A program for the kernel, 8 bytes each instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeccompProgram(Vec<u64>);

impl SeccompProgram {
    /// The instructions in the layout of `struct sock_filter`.
    #[must_use]
    pub fn instructions(&self) -> &[u64] {
        &self.0
    }
}

/// What is answered to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It reaches the kernel.
    Allow,
    /// It fails with this number.
    Fail(u16),
    /// It depends on the address family.
    CheckFamily(Families),
    /// It depends on the protocol of AF_NETLINK.
    CheckProtocol,
    /// It does nothing and succeeds.
    Pretend,
    /// The same, but the kernel says what it thinks of a descriptor below zero.
    PretendUnlessNegative,
    /// It fails where this argument asks for synchronous writing.
    RefuseSynchronous(u32),
}

pub(super) const EPERM: u16 = 1;
pub(super) const EINVAL: u16 = 22;
pub(super) const ENOSYS: u16 = 38;
pub(super) const EAFNOSUPPORT: u16 = 97;
/// Address families and a protocol that no namespace confines (A32).
pub(super) const AF_NETLINK: u32 = 16;
pub(super) const AF_VSOCK: u32 = 40;
pub(super) const NETLINK_AUDIT: u32 = 9;
/// Part of `O_SYNC` too. The same number on every machine here.
pub(super) const O_DSYNC: u32 = 0o10_000;

/// Offsets into `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
/// The low half of an argument: the kernel looks at no more of an `int`, whatever the high half holds.
const fn argument(index: u32) -> u32 {
    16 + 8 * index + if cfg!(target_endian = "big") { 4 } else { 0 }
}

/// `AUDIT_ARCH_*`
pub(super) const ARCH_X86_64: u32 = 0xc000_003e;
pub(super) const ARCH_I386: u32 = 0x4000_0003;
pub(super) const ARCH_AARCH64: u32 = 0xc000_00b7;

/// One instruction of classic BPF.
#[derive(Debug, Clone, Copy)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

impl Instruction {
    fn encode(self) -> u64 {
        let [code_low, code_high] = self.code.to_ne_bytes();
        let [a, b, c, d] = self.value.to_ne_bytes();
        u64::from_ne_bytes([code_low, code_high, self.if_true, self.if_false, a, b, c, d])
    }
}

const fn load(offset: u32) -> Instruction {
    Instruction { code: 0x20, if_true: 0, if_false: 0, value: offset }
}

const fn jump(count: u32) -> Instruction {
    Instruction { code: 0x05, if_true: 0, if_false: 0, value: count }
}

const fn if_equal(value: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction { code: 0x15, if_true, if_false, value }
}

const fn if_at_least(value: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction { code: 0x35, if_true, if_false, value }
}

/// Whether any of these bits is set.
const fn if_any(bits: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction { code: 0x45, if_true, if_false, value: bits }
}

const fn answer(verdict: u32) -> Instruction {
    Instruction { code: 0x06, if_true: 0, if_false: 0, value: verdict }
}

const ALLOW: Instruction = answer(0x7fff_0000);

const fn fail(errno: u16) -> Instruction {
    answer(0x0005_0000 | errno as u32)
}

/// Numbers from `start` to the next range's are answered alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u32,
    verdict: Verdict,
}

/// The architectures of a machine, and the table's column for each.
pub(super) const fn architectures(machine: Machine) -> &'static [(u32, usize)] {
    match machine {
        Machine::X86_64 => &[(ARCH_X86_64, 0), (ARCH_I386, 1)],
        Machine::Aarch64 => &[(ARCH_AARCH64, 2)],
    }
}

pub(super) fn compile(policy: &SeccompPolicy, allowed: &[bool]) -> SeccompProgram {
    let mut program = vec![load(ARCHITECTURE)];
    for &(architecture, column) in architectures(policy.machine) {
        let mut body = vec![load(NUMBER)];
        body.extend(tree(&ranges(policy, allowed, column)));
        program.push(if_equal(architecture, 1, 0));
        program.push(jump(length(&body)));
        program.extend(body);
    }
    program.push(fail(ENOSYS));
    SeccompProgram(program.into_iter().map(Instruction::encode).collect())
}

fn length(instructions: &[Instruction]) -> u32 {
    u32::try_from(instructions.len()).unwrap_or(u32::MAX)
}

/// The whole space of numbers in ranges of equal verdicts. x32's numbers, from 2³⁰ on, are among the unknown.
fn ranges(policy: &SeccompPolicy, allowed: &[bool], column: usize) -> Vec<Range> {
    let mut verdicts = [Verdict::Fail(ENOSYS); NUMBERS];
    for ((_, numbers), &allowed) in SYSTEM_CALLS.iter().zip(allowed) {
        if let Some(number) = numbers[column] {
            verdicts[usize::from(number)] = if allowed { Verdict::Allow } else { Verdict::Fail(EPERM) };
        }
    }
    let suppressed: &[(Option<usize>, Verdict)] = match policy.sync {
        SyncCalls::Kept => &[],
        SyncCalls::Suppressed => &SUPPRESSED,
    };
    for &(row, verdict) in [(SOCKET, Verdict::CheckFamily(policy.families))].iter().chain(suppressed) {
        if let Some(row) = row.filter(|&row| allowed[row])
            && let Some(number) = SYSTEM_CALLS[row].1[column]
        {
            verdicts[usize::from(number)] = verdict;
        }
    }
    joined((0..).zip(verdicts).chain([(LAST_NUMBER + 1, Verdict::Fail(ENOSYS))]))
}

const SOCKET: Option<usize> = row_of("socket");

/// `@sync`, and what opens files. A filter cannot look into the structure that openat2(2) takes.
const SUPPRESSED: [(Option<usize>, Verdict); 8] = [
    (row_of("sync"), Verdict::Pretend),
    (row_of("msync"), Verdict::Pretend),
    (row_of("fsync"), Verdict::PretendUnlessNegative),
    (row_of("fdatasync"), Verdict::PretendUnlessNegative),
    (row_of("syncfs"), Verdict::PretendUnlessNegative),
    (row_of("sync_file_range"), Verdict::PretendUnlessNegative),
    (row_of("open"), Verdict::RefuseSynchronous(1)),
    (row_of("openat"), Verdict::RefuseSynchronous(2)),
];

/// Neighbours with the same verdict make one range.
fn joined(verdicts: impl Iterator<Item = (u32, Verdict)>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for (start, verdict) in verdicts {
        if ranges.last().is_none_or(|last| last.verdict != verdict) {
            ranges.push(Range { start, verdict });
        }
    }
    ranges
}

/// Families that have no bit are answered like the first of them.
fn family_ranges(families: Families) -> Vec<Range> {
    let verdict = |family| match (families.allow(family), family) {
        (false, _) => Verdict::Fail(EAFNOSUPPORT),
        (true, AF_NETLINK) => Verdict::CheckProtocol,
        (true, _) => Verdict::Allow,
    };
    joined((0..=u64::BITS).map(|family| (family, verdict(family))))
}

/// The highest number of any system call in the table.
const LAST_NUMBER: u32 = {
    let (mut last, mut row) = (0, 0);
    while row < SYSTEM_CALLS.len() {
        let mut column = 0;
        while column < 3 {
            if let Some(number) = SYSTEM_CALLS[row].1[column]
                && number as u32 > last
            {
                last = number as u32;
            }
            column += 1;
        }
        row += 1;
    }
    last
};
const NUMBERS: usize = LAST_NUMBER as usize + 1;

/// Bisects the ranges; the lower half follows its question, the upper half the lower.
fn tree(ranges: &[Range]) -> Vec<Instruction> {
    match ranges {
        [] => vec![fail(ENOSYS)],
        [range] => leaf(range.verdict),
        _ => {
            let (lower, upper) = ranges.split_at(ranges.len() / 2);
            let (low, high) = (tree(lower), tree(upper));
            let question = upper[0].start;
            let mut instructions = match u8::try_from(low.len()) {
                Ok(distance) => vec![if_at_least(question, distance, 0)],
                // Conditional jumps reach 255 instructions, others any distance.
                Err(_too_far) => vec![if_at_least(question, 0, 1), jump(length(&low))],
            };
            instructions.extend(low);
            instructions.extend(high);
            instructions
        }
    }
}

fn leaf(verdict: Verdict) -> Vec<Instruction> {
    match verdict {
        Verdict::Allow => vec![ALLOW],
        Verdict::Fail(errno) => vec![fail(errno)],
        Verdict::Pretend => vec![fail(0)],
        Verdict::CheckFamily(families) => {
            let mut instructions = vec![load(argument(0))];
            instructions.extend(tree(&family_ranges(families)));
            instructions
        }
        Verdict::CheckProtocol => {
            vec![load(argument(2)), if_equal(NETLINK_AUDIT, 0, 1), fail(EAFNOSUPPORT), ALLOW]
        }
        Verdict::PretendUnlessNegative => {
            vec![load(argument(0)), if_at_least(1 << 31, 1, 0), fail(0), ALLOW]
        }
        Verdict::RefuseSynchronous(flags) => {
            vec![load(argument(flags)), if_any(O_DSYNC, 0, 1), fail(EINVAL), ALLOW]
        }
    }
}
