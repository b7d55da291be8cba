//! What was written to the console last.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::handover::Bytes;

/// So much is kept: some screens.
const KEPT_MAX: usize = 64 * 1024;

/// The newest bytes.
#[derive(Debug, Default)]
pub(super) struct Recent {
    bytes: VecDeque<u8>,
    cut: Cut,
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RecentState {
    bytes: Bytes,
    cut: Cut,
}

impl From<RecentState> for Recent {
    fn from(RecentState { bytes, cut }: RecentState) -> Self {
        let mut recent = Self { cut, ..Self::default() };
        recent.add(&bytes.0);
        recent
    }
}

/// Whether there was more.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Cut {
    #[default]
    Nowhere,
    /// It begins somewhere in a line, a character, or an escape sequence.
    InFront,
}

impl Recent {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let newest = &bytes[bytes.len().saturating_sub(KEPT_MAX)..];
        let surplus = (self.bytes.len() + newest.len()).saturating_sub(KEPT_MAX);
        if surplus > 0 || newest.len() < bytes.len() {
            self.cut = Cut::InFront;
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve_exact(KEPT_MAX);
        }
        self.bytes.drain(..surplus);
        self.bytes.extend(newest);
    }

    /// What goes over to another program.
    pub(super) fn state(&self) -> RecentState {
        RecentState { bytes: Bytes(self.bytes.iter().copied().collect()), cut: self.cut }
    }

    /// All of it, from the first whole line on.
    pub(super) fn whole_lines(&mut self) -> &[u8] {
        let bytes = &*self.bytes.make_contiguous();
        match self.cut {
            Cut::Nowhere => bytes,
            Cut::InFront => {
                let start = bytes.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
                &bytes[start..]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_lines_are_kept() {
        let mut recent = Recent::default();
        recent.add(b"one\r\ntwo");
        assert_eq!(recent.whole_lines(), b"one\r\ntwo");
        for number in 0..20_000 {
            recent.add(format!("line {number}\r\n").as_bytes());
        }
        let kept = String::from_utf8(recent.whole_lines().to_vec()).unwrap();
        assert!(kept.starts_with("line ") && kept.ends_with("line 19999\r\n"));
        assert!(kept.len() <= KEPT_MAX && kept.len() > KEPT_MAX - 20);
    }

    #[test]
    fn more_at_once_than_is_kept_leaves_its_end() {
        let mut recent = Recent::default();
        let text: Vec<u8> = [vec![b'x'; KEPT_MAX], b"\nlast".to_vec()].concat();
        recent.add(&text);
        assert_eq!(recent.whole_lines(), b"last");
    }
}
