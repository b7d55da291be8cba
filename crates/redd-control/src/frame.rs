//! Messages in a stream: each ends with a NUL byte, and none is longer than a limit (R30).

/// The longest message that a supervisor takes, in bytes.
pub const CALL_MAX: usize = 64 * 1024;
/// The longest message that a client takes, in bytes.
pub const REPLY_MAX: usize = 4 * 1024 * 1024;

/// What has come and not been taken yet.
#[derive(Debug)]
pub struct Frames {
    buffer: Vec<u8>,
    /// How much of it has no end in it.
    searched: usize,
    max: usize,
}

/// A message is longer than the limit: what comes behind it cannot be found any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message is longer than {max} bytes")]
pub struct TooLong {
    /// The limit.
    pub max: usize,
}

impl Frames {
    /// None yet.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { buffer: Vec::new(), searched: 0, max }
    }

    /// Adds what came.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What has come, and was not taken yet.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.buffer
    }

    /// The next whole message, without its end.
    ///
    /// # Errors
    /// It is longer than the limit.
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let end = self.buffer[self.searched..].iter().position(|&byte| byte == 0);
        let Some(end) = end.map(|end| end + self.searched) else {
            self.searched = self.buffer.len();
            return if self.buffer.len() > self.max { Err(TooLong { max: self.max }) } else { Ok(None) };
        };
        if end > self.max {
            return Err(TooLong { max: self.max });
        }
        let rest = self.buffer.split_off(end + 1);
        let mut message = std::mem::replace(&mut self.buffer, rest);
        message.pop();
        self.searched = 0;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_that_does_not_end_is_refused_at_the_limit() {
        let mut frames = Frames::new(4);
        frames.extend(b"1234");
        assert_eq!(frames.next_message(), Ok(None));
        frames.extend(b"5");
        assert_eq!(frames.next_message(), Err(TooLong { max: 4 }));
    }

    proptest! {
        #[test]
        fn messages_come_out_as_they_went_in_however_they_are_cut(
            messages in prop::collection::vec(prop::collection::vec(1_u8.., 0..20), 0..8),
            pieces in 1_usize..7,
        ) {
            let stream: Vec<u8> = messages.iter().flat_map(|message| message.iter().copied().chain([0])).collect();
            let (mut frames, mut found) = (Frames::new(20), Vec::new());
            for piece in stream.chunks(pieces) {
                frames.extend(piece);
                while let Some(message) = frames.next_message().unwrap() {
                    found.push(message);
                }
            }
            prop_assert_eq!(found, messages);
        }
    }
}
