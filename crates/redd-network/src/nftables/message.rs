//! Messages of nf_tables: heads, attributes, batches (`linux/netfilter/nf_tables.h`).

use super::Family;

pub(super) const NEW_TABLE: u16 = 0;
pub(super) const DELETE_TABLE: u16 = 2;
pub(super) const NEW_CHAIN: u16 = 3;
pub(super) const GET_CHAIN: u16 = 4;
pub(super) const DELETE_CHAIN: u16 = 5;
pub(super) const NEW_RULE: u16 = 6;
pub(super) const DELETE_RULE: u16 = 8;

/// `NFNL_SUBSYS_NFTABLES`
const SUBSYSTEM: u16 = 10;
/// `NFNL_MSG_BATCH_BEGIN`, `NFNL_MSG_BATCH_END`
const BEGIN: u16 = 16;
const END: u16 = 17;
/// `NLM_F_*`
const REQUEST: u16 = 1;
const ACKNOWLEDGE: u16 = 4;
const DUMP: u16 = 0x300;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;
/// Attributes that hold attributes.
const NESTED: u16 = 0x8000;

/// Attributes, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributes(Vec<u8>);

impl Attributes {
    pub(super) fn bytes(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub(super) fn text(&mut self, kind: u16, value: &str) -> &mut Self {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    pub(super) fn number(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub(super) fn nested(&mut self, kind: u16, value: Self) -> &mut Self {
        self.bytes(kind | NESTED, &value.0)
    }
}

/// One change.
#[derive(Debug, Clone)]
pub(super) struct Message {
    kind: u16,
    flags: u16,
    family: u8,
    attributes: Attributes,
}

impl Message {
    pub(super) const fn create(kind: u16, family: Family, attributes: Attributes) -> Self {
        Self { kind, flags: CREATE, family: family.number(), attributes }
    }

    pub(super) const fn append(kind: u16, family: Family, attributes: Attributes) -> Self {
        Self { kind, flags: CREATE | APPEND, family: family.number(), attributes }
    }

    pub(super) const fn change(kind: u16, family: Family, attributes: Attributes) -> Self {
        Self { kind, flags: 0, family: family.number(), attributes }
    }
}

pub(super) fn batch(messages: &[Message]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let subsystem = SUBSYSTEM.to_be_bytes();
    write(&mut bytes, BEGIN, REQUEST, 0, (0, subsystem), &[]);
    for (number, message) in (1..).zip(messages) {
        let Message { kind, flags, family, attributes } = message;
        let kind = SUBSYSTEM << 8 | kind;
        let flags = REQUEST | ACKNOWLEDGE | flags;
        write(&mut bytes, kind, flags, number, (*family, [0, 0]), &attributes.0);
    }
    write(&mut bytes, END, REQUEST, 0, (0, subsystem), &[]);
    bytes
}

pub(super) fn dump(kind: u16, family: Family) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, SUBSYSTEM << 8 | kind, REQUEST | DUMP, 1, (family.number(), [0, 0]), &[]);
    bytes
}

/// The two heads and what follows them; attributes are a multiple of 4 bytes long already.
fn write(
    bytes: &mut Vec<u8>,
    kind: u16,
    flags: u16,
    number: u32,
    (family, resource): (u8, [u8; 2]),
    attributes: &[u8],
) {
    let length = u32::try_from(20 + attributes.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(number.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend([family, 0]);
    bytes.extend(resource);
    bytes.extend_from_slice(attributes);
}
