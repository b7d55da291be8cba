//! The device filter (EE3): an eBPF program for `BPF_PROG_TYPE_CGROUP_DEVICE`, or lines for version 1.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    /// A block device.
    Block,
    /// A character device.
    Character,
}

/// What may be done with a device, as the kernel counts: 1 to make a node, 2 to read, 4 to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8")]
pub struct DeviceAccess(u8);

impl DeviceAccess {
    /// Reading.
    pub const READ: Self = Self(2);
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

/// There is nothing else that could be done with a device.
impl TryFrom<u8> for DeviceAccess {
    type Error = &'static str;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        if bits & !Self::ALL.0 == 0 { Ok(Self(bits)) } else { Err("no such access to a device") }
    }
}

/// One device, or all of a major number, that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    ///
    /// It has no branches: the kernel's verifier follows each one at every start, and that is most of what a filter
    /// costs.
    #[must_use]
    pub fn compile(&self) -> DeviceProgram {
        // The fields of struct bpf_cgroup_dev_ctx, to which R1 points.
        let mut program = vec![
            load_word(KIND, 0),
            move_register(ACCESS, KIND),
            and_immediate(KIND, 0xffff),
            shift_right(ACCESS, 16),
            load_word(MAJOR, 4),
            load_word(MINOR, 8),
            move_immediate(ANSWER, 0),
        ];
        for group in groups(&self.rules) {
            program.extend(group.instructions());
        }
        program.push(exit());
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

/// What is answered, and what is asked: the registers of the program.
const ANSWER: u8 = 0;
const KIND: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;
/// Not zero where something does not fit; then 1 where everything fits.
const MISFIT: u8 = 6;
const SCRATCH: u8 = 7;

const fn load_word(destination: u8, offset: i16) -> Instruction {
    Instruction { code: 0x61, destination, source: 1, offset, immediate: 0 }
}

const fn between(code: u8, destination: u8, source: u8) -> Instruction {
    Instruction { code, destination, source, offset: 0, immediate: 0 }
}

/// On 32 bits, like every instruction that is not called wide: the upper half becomes zero.
const fn move_register(destination: u8, source: u8) -> Instruction {
    between(0xbc, destination, source)
}

const fn move_immediate(destination: u8, value: u32) -> Instruction {
    immediate(0xb4, destination, value.cast_signed())
}

const fn and_immediate(destination: u8, value: i32) -> Instruction {
    immediate(0x54, destination, value)
}

const fn xor_immediate(destination: u8, value: u32) -> Instruction {
    immediate(0xa4, destination, value.cast_signed())
}

const fn shift_right(destination: u8, bits: i32) -> Instruction {
    immediate(0x74, destination, bits)
}

/// What is below zero wraps to the largest numbers.
const fn subtract_immediate(destination: u8, value: u32) -> Instruction {
    immediate(0x14, destination, value.cast_signed())
}

const fn subtract_wide(destination: u8, source: u8) -> Instruction {
    between(0x1f, destination, source)
}

const fn or_wide(destination: u8, source: u8) -> Instruction {
    between(0x4f, destination, source)
}

const fn and_wide(destination: u8, source: u8) -> Instruction {
    between(0x5f, destination, source)
}

const fn shift_right_wide(destination: u8, bits: i32) -> Instruction {
    immediate(0x77, destination, bits)
}

/// By the lower six bits of the source.
const fn shift_right_by(destination: u8, source: u8) -> Instruction {
    between(0x7f, destination, source)
}

const fn exit() -> Instruction {
    immediate(0x95, 0, 0)
}

/// Makes a register that holds at most 32 bits 1 where it was 0, and 0 elsewhere.
const fn is_zero(register: u8) -> [Instruction; 2] {
    [immediate(0x17, register, 1), shift_right_wide(register, 63)]
}

/// One instruction in the place of two.
fn load_wide(destination: u8, value: u64) -> [Instruction; 2] {
    let [a, b, c, d, e, f, g, h] = value.to_ne_bytes();
    let (low, high) = (i32::from_ne_bytes([a, b, c, d]), i32::from_ne_bytes([e, f, g, h]));
    [immediate(0x18, destination, low), immediate(0, 0, high)]
}

/// Rules that are looked at together.
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

    /// Sets the lowest bit of the answer where everything fits.
    fn instructions(self) -> Vec<Instruction> {
        let kind = match self.kind {
            DeviceKind::Block => 1,
            DeviceKind::Character => 2,
        };
        let mut all = self.major_misfits();
        all.extend([move_register(SCRATCH, KIND), xor_immediate(SCRATCH, kind), or_wide(MISFIT, SCRATCH)]);
        if self.access != DeviceAccess::ALL {
            // Nothing may be asked for beyond what is granted.
            let beyond = i32::from(!self.access.0 & 7);
            let asked = [move_register(SCRATCH, ACCESS), and_immediate(SCRATCH, beyond)];
            all.extend(asked.into_iter().chain([or_wide(MISFIT, SCRATCH)]));
        }
        all.extend(self.minor_answers());
        all.push(or_wide(ANSWER, MISFIT));
        all
    }

    fn major_misfits(self) -> Vec<Instruction> {
        if self.first_major == self.last_major {
            return vec![move_register(MISFIT, MAJOR), xor_immediate(MISFIT, self.first_major)];
        }
        // The sign of the span less the distance from the first; the distance wraps where it is below.
        let span = self.last_major - self.first_major;
        vec![
            move_register(SCRATCH, MAJOR),
            subtract_immediate(SCRATCH, self.first_major),
            move_immediate(MISFIT, span),
            subtract_wide(MISFIT, SCRATCH),
            shift_right_wide(MISFIT, 63),
        ]
    }

    /// Turns the misfit into the answer, with what is left to look at: the minor number.
    fn minor_answers(self) -> Vec<Instruction> {
        match self.minors {
            Minors::Any => is_zero(MISFIT).into(),
            Minors::One(minor) => {
                let look =
                    [move_register(SCRATCH, MINOR), xor_immediate(SCRATCH, minor), or_wide(MISFIT, SCRATCH)];
                [&look[..], &is_zero(MISFIT)].concat()
            }
            Minors::Set(set) => {
                let beyond =
                    [move_register(SCRATCH, MINOR), shift_right(SCRATCH, 6), or_wide(MISFIT, SCRATCH)];
                let look = [shift_right_by(SCRATCH, MINOR), and_wide(MISFIT, SCRATCH)];
                [&beyond[..], &is_zero(MISFIT), &load_wide(SCRATCH, set), &look].concat()
            }
        }
    }
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
