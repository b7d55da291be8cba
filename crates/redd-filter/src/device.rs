//! The device filter (EE3): an eBPF program for `BPF_PROG_TYPE_CGROUP_DEVICE`, or lines for version 1.

use std::fmt::{self, Write as _};

#[cfg(test)]
mod tests;

/// The kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// A block device.
    Block,
    /// A character device.
    Character,
}

/// What may be done with a device, as the kernel counts: 1 to make a node, 2 to read, 4 to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceAccess(u8);

impl DeviceAccess {
    /// Reading and writing.
    pub const READ_WRITE: Self = Self(2 | 4);
    /// Making nodes, reading and writing.
    pub const ALL: Self = Self(1 | 2 | 4);

    /// Whether everything asked for is in this.
    #[must_use]
    pub const fn grants(self, asked: u32) -> bool {
        asked & !(self.0 as u32) == 0
    }
}

/// One device, or all of a major number, that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceRule {
    /// Its kind.
    pub kind: DeviceKind,
    /// Its major number.
    pub major: u32,
    /// Its minor number; every one where there is none.
    pub minor: Option<u32>,
    /// What may be done.
    pub access: DeviceAccess,
}

/// Which devices may be used; all others may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePolicy {
    /// The exceptions.
    pub rules: Vec<DeviceRule>,
}

/// A program for the kernel, 8 bytes each instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceProgram(Vec<u64>);

impl DeviceProgram {
    /// The instructions in the layout of `struct bpf_insn`.
    #[must_use]
    pub fn instructions(&self) -> &[u64] {
        &self.0
    }
}

impl DevicePolicy {
    /// The nodes of EE3, pseudo terminals, and the two nodes 0:0 that stand for inaccessible ones (RH2).
    #[must_use]
    pub fn container_default() -> Self {
        // null, zero, full, random, urandom; tty and ptmx
        let nodes = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)];
        let mut rules: Vec<DeviceRule> = nodes.map(|(major, minor)| character(major, Some(minor))).into();
        // Unix98 pseudo terminals: every minor of majors 136 to 143.
        rules.extend(
            (136..=143)
                .map(|major| DeviceRule { access: DeviceAccess::READ_WRITE, ..character(major, None) }),
        );
        rules.push(character(0, Some(0)));
        rules.push(DeviceRule { kind: DeviceKind::Block, ..character(0, Some(0)) });
        Self { rules }
    }

    /// The program that answers 1 where a rule allows what is asked, and 0 elsewhere.
    #[must_use]
    pub fn compile(&self) -> DeviceProgram {
        let mut program = vec![
            // r2 = kind, r3 = access, r4 = major, r5 = minor, of struct bpf_cgroup_dev_ctx in r1
            load_word(2, 0),
            move_register(3, 2),
            and_immediate(2, 0xffff),
            shift_right(3, 16),
            load_word(4, 4),
            load_word(5, 8),
        ];
        for group in groups(&self.rules) {
            program.extend(group.instructions());
        }
        program.extend([move_immediate(0, 0), exit()]);
        DeviceProgram(program.iter().map(|instruction| instruction.encode()).collect())
    }

    /// The same for `devices.allow` of version 1, after everything was denied.
    #[must_use]
    pub fn v1_lines(&self) -> Vec<String> {
        self.rules.iter().map(ToString::to_string).collect()
    }
}

const fn character(major: u32, minor: Option<u32>) -> DeviceRule {
    DeviceRule { kind: DeviceKind::Character, major, minor, access: DeviceAccess::ALL }
}

impl fmt::Display for DeviceRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DeviceKind::Block => 'b',
            DeviceKind::Character => 'c',
        };
        write!(formatter, "{kind} {}:", self.major)?;
        match self.minor {
            Some(minor) => write!(formatter, "{minor} ")?,
            None => formatter.write_str("* ")?,
        }
        for (bit, letter) in [(2, 'r'), (4, 'w'), (1, 'm')] {
            if self.access.grants(bit) {
                formatter.write_char(letter)?;
            }
        }
        Ok(())
    }
}

/// One instruction of eBPF.
#[derive(Debug, Clone, Copy)]
struct Instruction {
    code: u8,
    destination: u8,
    source: u8,
    offset: i16,
    immediate: i32,
}

impl Instruction {
    fn encode(self) -> u64 {
        let [offset_low, offset_high] = self.offset.to_ne_bytes();
        let [a, b, c, d] = self.immediate.to_ne_bytes();
        u64::from_ne_bytes([
            self.code,
            self.destination | self.source << 4,
            offset_low,
            offset_high,
            a,
            b,
            c,
            d,
        ])
    }
}

const fn immediate(code: u8, destination: u8, immediate: i32) -> Instruction {
    Instruction { code, destination, source: 0, offset: 0, immediate }
}

const fn load_word(destination: u8, offset: i16) -> Instruction {
    Instruction { code: 0x61, destination, source: 1, offset, immediate: 0 }
}

const fn move_register(destination: u8, source: u8) -> Instruction {
    Instruction { code: 0xbc, destination, source, offset: 0, immediate: 0 }
}

const fn move_immediate(destination: u8, value: i32) -> Instruction {
    immediate(0xb7, destination, value)
}

const fn and_immediate(destination: u8, value: i32) -> Instruction {
    immediate(0x54, destination, value)
}

const fn shift_right(destination: u8, bits: i32) -> Instruction {
    immediate(0x74, destination, bits)
}

/// On 32 bits: what is below zero wraps to the largest numbers.
const fn subtract_immediate(destination: u8, value: u32) -> Instruction {
    immediate(0x14, destination, value.cast_signed())
}

const fn and_wide(destination: u8, value: i32) -> Instruction {
    immediate(0x57, destination, value)
}

const fn shift_right_by(destination: u8, source: u8) -> Instruction {
    Instruction { code: 0x7f, destination, source, offset: 0, immediate: 0 }
}

/// One instruction in the place of two.
fn load_wide(destination: u8, value: u64) -> [Instruction; 2] {
    let [a, b, c, d, e, f, g, h] = value.to_ne_bytes();
    let (low, high) = (i32::from_ne_bytes([a, b, c, d]), i32::from_ne_bytes([e, f, g, h]));
    [immediate(0x18, destination, low), immediate(0, 0, high)]
}

const fn skip_if_greater(register: u8, value: u32, count: i16) -> Instruction {
    Instruction {
        code: 0x25,
        destination: register,
        source: 0,
        offset: count,
        immediate: value.cast_signed(),
    }
}

const fn skip_unless_equal(register: u8, value: u32, count: i16) -> Instruction {
    Instruction {
        code: 0x55,
        destination: register,
        source: 0,
        offset: count,
        immediate: value.cast_signed(),
    }
}

const fn exit() -> Instruction {
    immediate(0x95, 0, 0)
}

/// Rules that one test can answer: the kernel's verifier walks every branch at every start.
#[derive(Debug, Clone, Copy)]
struct RuleGroup {
    kind: DeviceKind,
    access: DeviceAccess,
    first_major: u32,
    last_major: u32,
    minors: Minors,
}

/// The minor numbers of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Minors {
    Any,
    /// Bit N for number N.
    Set(u64),
    /// One that is too large for a set.
    One(u32),
}

impl RuleGroup {
    fn of(rule: &DeviceRule) -> Self {
        let minors = rule.minor.map_or(Minors::Any, |minor| match 1_u64.checked_shl(minor) {
            Some(bit) => Minors::Set(bit),
            None => Minors::One(minor),
        });
        let DeviceRule { kind, access, major, .. } = *rule;
        Self { kind, access, first_major: major, last_major: major, minors }
    }

    /// Whether the rule could be taken in.
    fn absorb(&mut self, rule: &DeviceRule) -> bool {
        let other = Self::of(rule);
        if (self.kind, self.access) != (other.kind, other.access) {
            return false;
        }
        match (self.minors, other.minors) {
            (Minors::Any, Minors::Any) if self.last_major.checked_add(1) == Some(other.first_major) => {
                self.last_major = other.last_major;
                true
            }
            (Minors::Set(one), Minors::Set(other_set)) if self.first_major == other.first_major => {
                self.minors = Minors::Set(one | other_set);
                true
            }
            _ => false,
        }
    }

    /// Answers 1 where everything fits; each condition that fails skips the rest.
    fn instructions(self) -> Vec<Instruction> {
        let mut rest = vec![move_immediate(0, 1), exit()];
        if self.access != DeviceAccess::ALL {
            // Nothing may be asked for beyond what is granted: r0 = asked without granted.
            let beyond = i32::from(!self.access.0 & 7);
            let skip = skip_unless_equal(0, 0, length(&rest));
            rest.splice(0..0, [move_register(0, 3), and_immediate(0, beyond), skip]);
        }
        let minors = self.minor_instructions(&rest);
        rest.splice(0..0, minors);
        if self.first_major == self.last_major {
            rest.insert(0, skip_unless_equal(4, self.first_major, length(&rest)));
        } else {
            let span = self.last_major - self.first_major;
            let skip = skip_if_greater(0, span, length(&rest));
            rest.splice(0..0, [move_register(0, 4), subtract_immediate(0, self.first_major), skip]);
        }
        let kind = match self.kind {
            DeviceKind::Block => 1,
            DeviceKind::Character => 2,
        };
        rest.insert(0, skip_unless_equal(2, kind, length(&rest)));
        rest
    }

    fn minor_instructions(self, rest: &[Instruction]) -> Vec<Instruction> {
        match self.minors {
            Minors::Any => Vec::new(),
            Minors::One(minor) => vec![skip_unless_equal(5, minor, length(rest))],
            Minors::Set(set) => {
                let test = [shift_right_by(0, 5), and_wide(0, 1), skip_unless_equal(0, 1, length(rest))];
                let load = load_wide(0, set);
                let skip = skip_if_greater(5, u64::BITS - 1, length(rest) + length(&test) + length(&load));
                [&[skip][..], &load, &test].concat()
            }
        }
    }
}

fn length(instructions: &[Instruction]) -> i16 {
    i16::try_from(instructions.len()).unwrap_or(i16::MAX)
}

fn groups(rules: &[DeviceRule]) -> Vec<RuleGroup> {
    let mut groups: Vec<RuleGroup> = Vec::new();
    for rule in rules {
        if !groups.iter_mut().any(|group| group.absorb(rule)) {
            groups.push(RuleGroup::of(rule));
        }
    }
    groups
}
