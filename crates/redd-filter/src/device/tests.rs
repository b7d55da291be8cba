//! The program against the rules it was made of, by an interpreter for the instructions it uses.

use proptest::prelude::*;

use super::*;

fn interpret(program: &DeviceProgram, kind: u32, access: u32, major: u32, minor: u32) -> u64 {
    let context = [access << 16 | kind, major, minor];
    let wide = |immediate: i32| i64::from(immediate).cast_unsigned();
    let mut registers = [0_u64; 8];
    let mut at = 0;
    loop {
        let [code, both, low, high, a, b, c, d] = program.0[at].to_ne_bytes();
        let (destination, source) = (usize::from(both & 15), usize::from(both >> 4));
        let offset = i16::from_ne_bytes([low, high]);
        let immediate = i32::from_ne_bytes([a, b, c, d]);
        at += 1;
        match code {
            0x61 => registers[destination] = u64::from(context[usize::try_from(offset).unwrap() / 4]),
            0xbc => registers[destination] = registers[source] & 0xffff_ffff,
            0xb4 => registers[destination] = u64::from(immediate.cast_unsigned()),
            0x54 => registers[destination] &= u64::from(immediate.cast_unsigned()),
            0xa4 => registers[destination] = (registers[destination] ^ wide(immediate)) & 0xffff_ffff,
            0x74 => registers[destination] = (registers[destination] & 0xffff_ffff) >> immediate,
            0x14 => {
                let difference = registers[destination].wrapping_sub(wide(immediate));
                registers[destination] = difference & 0xffff_ffff;
            }
            0x17 => registers[destination] = registers[destination].wrapping_sub(wide(immediate)),
            0x1f => registers[destination] = registers[destination].wrapping_sub(registers[source]),
            0x4f => registers[destination] |= registers[source],
            0x5f => registers[destination] &= registers[source],
            0x77 => registers[destination] >>= immediate,
            0x7f => registers[destination] >>= registers[source] & 63,
            0x18 => {
                let high = program.0[at] >> 32;
                registers[destination] = u64::from(immediate.cast_unsigned()) | high << 32;
                at += 1;
            }
            0x95 => return registers[0],
            other => panic!("instruction {other:#x}"),
        }
    }
}

fn is_allowed(policy: &DevicePolicy, kind: DeviceKind, access: u32, major: u32, minor: u32) -> bool {
    policy.rules.iter().any(|rule| {
        rule.kind == kind
            && rule.major == major
            && rule.minor.is_none_or(|wanted| wanted == minor)
            && rule.access.grants(access)
    })
}

fn number(kind: DeviceKind) -> u32 {
    match kind {
        DeviceKind::Block => 1,
        DeviceKind::Character => 2,
    }
}

fn kinds() -> impl Strategy<Value = DeviceKind> {
    prop_oneof![Just(DeviceKind::Block), Just(DeviceKind::Character)]
}

fn rules() -> impl Strategy<Value = DeviceRule> {
    (kinds(), 0_u32..4, prop::option::of(prop_oneof![0_u32..4, 62_u32..66]), 0_u8..8).prop_map(
        |(kind, major, minor, access)| DeviceRule { kind, major, minor, access: DeviceAccess(access) },
    )
}

proptest! {
    #[test]
    fn the_program_answers_as_the_rules_do(
        rules in prop::collection::vec(rules(), 0..8), kind in kinds(), access in 0_u32..8, major in 0_u32..5, minor in prop_oneof![0_u32..5, 61_u32..67],
    ) {
        let policy = DevicePolicy { rules };
        let answer = interpret(&policy.compile(), number(kind), access, major, minor);
        prop_assert_eq!(answer == 1, is_allowed(&policy, kind, access, major, minor));
    }
}

#[test]
fn a_container_has_the_standard_nodes_and_no_others() {
    let program = DevicePolicy::container_default().compile();
    let answer = |kind, access, major, minor| interpret(&program, number(kind), access, major, minor);
    let character = DeviceKind::Character;
    for (major, minor) in [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (0, 0)] {
        assert_eq!(answer(character, 7, major, minor), 1, "{major}:{minor}");
    }
    assert_eq!(answer(character, 6, 136, 4711), 1, "pseudo terminals are used");
    assert_eq!(answer(character, 1, 136, 0), 0, "and not made by hand");
    for (major, minor) in [(1, 1), (1, 2), (1, 11), (10, 229), (10, 200), (4, 1), (5, 1)] {
        assert_eq!(answer(character, 1, major, minor), 0, "{major}:{minor}");
        assert_eq!(answer(character, 2, major, minor), 0, "{major}:{minor}");
    }
    assert_eq!(answer(DeviceKind::Block, 1, 8, 0), 0, "a disk");
    assert_eq!(answer(DeviceKind::Block, 1, 1, 3), 0, "the kind counts");
}

#[test]
fn lines_of_version_1_say_the_same() {
    let lines = DevicePolicy::container_default().v1_lines();
    assert!(lines.contains(&"c 1:3 rwm".to_owned()));
    assert!(lines.contains(&"c 136:* rw".to_owned()));
    assert!(lines.contains(&"b 0:0 rwm".to_owned()));
}
