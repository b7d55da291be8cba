//! What goes over the connection to a console: packets, each with its kind in the first byte.
//!
//! The connection keeps packets apart (`SOCK_SEQPACKET`). What was written last comes first. Its end is the machine's
//! end, or that of the one who was attached: both just close it.

/// The longest packet, in bytes.
pub const PACKET_MAX: usize = 16 * 1024;
/// The most that is in a packet besides its kind.
pub const TEXT_MAX: usize = PACKET_MAX - 1;

const OUTPUT: u8 = b'o';
const LOST: u8 = b'l';
const DEMOTED: u8 = b't';
const INPUT: u8 = b'i';
const WINDOW: u8 = b'w';

/// What a supervisor sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromConsole<'a> {
    /// The payload wrote this.
    Output(&'a [u8]),
    /// It wrote more before what comes next, and that was not read in time.
    Lost,
    /// Somebody else drives from now on.
    Demoted,
}

/// What somebody who is attached sends. From one who only watches it has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToConsole<'a> {
    /// This was typed.
    Input(&'a [u8]),
    /// The window has this size.
    Window {
        /// Lines.
        rows: u16,
        /// Characters in each.
        columns: u16,
    },
}

impl<'a> FromConsole<'a> {
    /// In the form that goes through the socket. Longer texts than [`TEXT_MAX`] are cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Output(text) => with_kind(OUTPUT, text),
            Self::Lost => vec![LOST],
            Self::Demoted => vec![DEMOTED],
        }
    }

    /// What a packet says; `None` where it is of no kind that is known here.
    #[must_use]
    pub const fn decode(packet: &'a [u8]) -> Option<Self> {
        match packet {
            [OUTPUT, text @ ..] => Some(Self::Output(text)),
            [LOST, ..] => Some(Self::Lost),
            [DEMOTED, ..] => Some(Self::Demoted),
            _ => None,
        }
    }
}

impl<'a> ToConsole<'a> {
    /// In the form that goes through the socket. Longer texts than [`TEXT_MAX`] are cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Input(text) => with_kind(INPUT, text),
            Self::Window { rows, columns } => {
                with_kind(WINDOW, &[rows.to_le_bytes(), columns.to_le_bytes()].concat())
            }
        }
    }

    /// What a packet says; `None` where it is of no kind that is known here.
    #[must_use]
    pub const fn decode(packet: &'a [u8]) -> Option<Self> {
        match *packet {
            [INPUT, ref text @ ..] => Some(Self::Input(text)),
            [WINDOW, r0, r1, c0, c1] => Some(Self::Window {
                rows: u16::from_le_bytes([r0, r1]),
                columns: u16::from_le_bytes([c0, c1]),
            }),
            _ => None,
        }
    }
}

fn with_kind(kind: u8, text: &[u8]) -> Vec<u8> {
    let text = &text[..text.len().min(TEXT_MAX)];
    [&[kind], text].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packets_come_out_as_they_went_in(text in prop::collection::vec(any::<u8>(), 0..50), rows: u16, columns: u16) {
            for packet in [ToConsole::Input(&text), ToConsole::Window { rows, columns }] {
                let encoded = packet.encode();
                prop_assert_eq!(ToConsole::decode(&encoded), Some(packet));
            }
            for packet in [FromConsole::Output(&text), FromConsole::Lost, FromConsole::Demoted] {
                let encoded = packet.encode();
                prop_assert_eq!(FromConsole::decode(&encoded), Some(packet));
            }
        }

        #[test]
        fn what_is_understood_is_all_of_the_packet(packet in prop::collection::vec(any::<u8>(), 0..20)) {
            if let Some(understood) = ToConsole::decode(&packet) {
                prop_assert_eq!(understood.encode(), packet);
            }
        }
    }
}
