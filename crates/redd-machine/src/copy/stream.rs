//! What goes from the process that reads to the one that writes: frames, one after the other.
//!
//! Both ends are redd, but one of them is among a payload's files: whoever reads takes every byte as if the payload had
//! written it. A name is one name, and nothing is longer than it may be.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixStream;

/// How much of a file's contents a frame has at most.
pub(super) const DATA_MAX: usize = 256 * 1024;
/// How long a frame is at most: the attributes of a file have no limit of their own.
const FRAME_MAX: usize = 2 * 1024 * 1024;
/// The longest name that a file system takes.
const NAME_MAX: usize = 255;
/// The longest target of a link.
const TARGET_MAX: usize = 4096;

/// What a file is beside its contents. Owners are those that are seen where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Attributes {
    pub(super) mode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    /// Seconds and nanoseconds.
    pub(super) accessed: (i64, u32),
    pub(super) modified: (i64, u32),
    pub(super) extended: Vec<(OsString, Vec<u8>)>,
}

/// What is copied as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A directory, under its own name where the destination is one.
    Directory,
    /// What is in a directory.
    Contents,
    /// A regular file.
    File,
    /// What comes from a pipe, and has no name.
    Stream,
}

/// Whether a file may come again under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// This is the only one.
    One,
    /// A [`Frame::HardLink`] may follow.
    Several,
}

/// One piece of what is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// Comes first, and is answered.
    Start { kind: Kind, name: OsString },
    /// A directory begins; the first one is the whole.
    Directory { name: OsString, attributes: Attributes },
    /// The directory that began last ends.
    DirectoryEnd,
    /// A file begins. Files with several names are counted from 0.
    File { name: OsString, names: Names, attributes: Attributes },
    /// A part of it; what no part has is a hole.
    Data { offset: u64, bytes: Vec<u8> },
    /// It is so long.
    FileEnd { size: u64 },
    /// A symbolic link.
    Link { name: OsString, target: OsString, attributes: Attributes },
    /// The same file as an earlier one.
    HardLink { name: OsString, number: u64 },
    /// Everything was sent.
    End,
}

/// The end that sends.
#[derive(Debug)]
pub(super) struct Sender {
    stream: UnixStream,
    waiting: Vec<u8>,
}

impl Sender {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self { stream, waiting: Vec::new() }
    }

    /// Sends a frame some time.
    pub(super) fn send(&mut self, frame: &Frame) -> io::Result<()> {
        if let Frame::Data { offset, bytes } = frame {
            return self.send_data(*offset, bytes);
        }
        let start = self.waiting.len();
        self.waiting.extend([0; 4]);
        frame.encode(&mut self.waiting);
        let length = self.waiting.len() - start - 4;
        let length = u32::try_from(length).ok().filter(|&length| length as usize <= FRAME_MAX);
        let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.waiting[start..start + 4].copy_from_slice(&length.to_le_bytes());
        if self.waiting.len() >= DATA_MAX { self.flush() } else { Ok(()) }
    }

    /// Sends a part of a file without copying it.
    pub(super) fn send_data(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len() + 9).map_err(io::Error::other)?;
        self.waiting.extend(length.to_le_bytes());
        self.waiting.push(Tag::Data as u8);
        self.waiting.extend(offset.to_le_bytes());
        self.flush()?;
        self.stream.write_all(bytes)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Waits for the answer to [`Frame::Start`]: device and inode of the directory that is written to.
    pub(super) fn answer(&mut self) -> io::Result<(u64, u64)> {
        let mut answer = [0; 16];
        self.flush()?;
        self.stream.read_exact(&mut answer)?;
        let (device, inode) = answer.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).map_err(io::Error::other);
        Ok((number(device)?, number(inode)?))
    }
}

/// The end that receives.
#[derive(Debug)]
pub(super) struct Receiver {
    stream: BufReader<UnixStream>,
}

impl Receiver {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream: BufReader::with_capacity(DATA_MAX, stream) }
    }

    /// Waits for the next frame; `None` where the other end is gone.
    pub(super) fn receive(&mut self) -> io::Result<Option<Frame>> {
        if self.stream.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
        if length > FRAME_MAX {
            return Err(malformed());
        }
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame)?;
        Frame::decode(&frame).map(Some).ok_or_else(malformed)
    }

    /// Answers [`Frame::Start`].
    pub(super) fn answer(&mut self, device: u64, inode: u64) -> io::Result<()> {
        self.stream.get_mut().write_all(&[device.to_le_bytes(), inode.to_le_bytes()].concat())
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what was sent cannot be understood")
}

#[derive(Clone, Copy)]
#[repr(u8)]
enum Tag {
    Start,
    Directory,
    DirectoryEnd,
    File,
    Data,
    FileEnd,
    Link,
    HardLink,
    End,
}

impl Tag {
    const ALL: [Self; 9] = [
        Self::Start,
        Self::Directory,
        Self::DirectoryEnd,
        Self::File,
        Self::Data,
        Self::FileEnd,
        Self::Link,
        Self::HardLink,
        Self::End,
    ];
}

impl Frame {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Start { kind, name } => {
                out.extend([Tag::Start as u8, *kind as u8]);
                put_bytes(out, name.as_bytes());
            }
            Self::Directory { name, attributes } => {
                out.push(Tag::Directory as u8);
                put_bytes(out, name.as_bytes());
                attributes.encode(out);
            }
            Self::DirectoryEnd => out.push(Tag::DirectoryEnd as u8),
            Self::File { name, names, attributes } => {
                out.extend([Tag::File as u8, *names as u8]);
                put_bytes(out, name.as_bytes());
                attributes.encode(out);
            }
            Self::Data { offset, bytes } => {
                out.push(Tag::Data as u8);
                out.extend(offset.to_le_bytes());
                out.extend(bytes);
            }
            Self::FileEnd { size } => {
                out.push(Tag::FileEnd as u8);
                out.extend(size.to_le_bytes());
            }
            Self::Link { name, target, attributes } => {
                out.push(Tag::Link as u8);
                put_bytes(out, name.as_bytes());
                put_bytes(out, target.as_bytes());
                attributes.encode(out);
            }
            Self::HardLink { name, number } => {
                out.push(Tag::HardLink as u8);
                put_bytes(out, name.as_bytes());
                out.extend(number.to_le_bytes());
            }
            Self::End => out.push(Tag::End as u8),
        }
    }

    /// The frame in these bytes, and nothing behind it.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        let tag = usize::from(rest.byte()?);
        let frame = match Tag::ALL.get(tag)? {
            Tag::Start => Self::Start { kind: rest.kind()?, name: rest.name()? },
            Tag::Directory => Self::Directory { name: rest.name()?, attributes: rest.attributes()? },
            Tag::DirectoryEnd => Self::DirectoryEnd,
            Tag::File => {
                Self::File { names: rest.names()?, name: rest.name()?, attributes: rest.attributes()? }
            }
            Tag::Data => Self::Data { offset: rest.number()?, bytes: rest.all().to_vec() },
            Tag::FileEnd => Self::FileEnd { size: rest.number()? },
            Tag::Link => {
                Self::Link { name: rest.name()?, target: rest.target()?, attributes: rest.attributes()? }
            }
            Tag::HardLink => Self::HardLink { name: rest.name()?, number: rest.number()? },
            Tag::End => Self::End,
        };
        rest.0.is_empty().then_some(frame)
    }
}

impl Attributes {
    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.mode, self.user, self.group, self.accessed.1, self.modified.1] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.accessed.0.to_le_bytes());
        out.extend(self.modified.0.to_le_bytes());
        for (name, value) in &self.extended {
            put_bytes(out, name.as_bytes());
            put_bytes(out, value);
        }
    }
}

/// A length that does not fit makes a frame that is too long anyway.
fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(bytes);
}

/// What is left of a frame.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn small_number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.small_number()?).ok()?;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    const fn all(&mut self) -> &'a [u8] {
        let all = self.0;
        self.0 = &[];
        all
    }

    fn kind(&mut self) -> Option<Kind> {
        [Kind::Directory, Kind::Contents, Kind::File, Kind::Stream].get(usize::from(self.byte()?)).copied()
    }

    fn names(&mut self) -> Option<Names> {
        [Names::One, Names::Several].get(usize::from(self.byte()?)).copied()
    }

    /// One name, or none for the whole.
    fn name(&mut self) -> Option<OsString> {
        let name = self.bytes()?;
        let is_name = !matches!(name, b"." | b"..") && !name.iter().any(|byte| matches!(byte, 0 | b'/'));
        (is_name && name.len() <= NAME_MAX).then(|| OsString::from_vec(name.to_vec()))
    }

    fn target(&mut self) -> Option<OsString> {
        let target = self.bytes()?;
        let fits = !target.is_empty() && !target.contains(&0) && target.len() <= TARGET_MAX;
        fits.then(|| OsString::from_vec(target.to_vec()))
    }

    fn attributes(&mut self) -> Option<Attributes> {
        let mut attributes = Attributes {
            mode: self.small_number()?,
            user: self.small_number()?,
            group: self.small_number()?,
            accessed: (0, self.small_number()?),
            modified: (0, self.small_number()?),
            extended: Vec::new(),
        };
        attributes.accessed.0 = self.array().map(i64::from_le_bytes)?;
        attributes.modified.0 = self.array().map(i64::from_le_bytes)?;
        while !self.0.is_empty() {
            let name = OsString::from_vec(self.bytes()?.to_vec());
            attributes.extended.push((name, self.bytes()?.to_vec()));
        }
        Some(attributes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name() -> impl Strategy<Value = OsString> {
        prop::collection::vec(any::<u8>().prop_filter("no name", |byte| !matches!(byte, 0 | b'/')), 1..20)
            .prop_map(OsString::from_vec)
            .prop_filter("no name", |name| name != "." && name != "..")
    }

    prop_compose! {
        fn attributes()(
            numbers: [u32; 5],
            times: [i64; 2],
            extended in prop::collection::vec((name(), prop::collection::vec(any::<u8>(), 0..9)), 0..3),
        ) -> Attributes {
            let [mode, user, group, accessed, modified] = numbers;
            let (accessed, modified) = ((times[0], accessed), (times[1], modified));
            Attributes { mode, user, group, accessed, modified, extended }
        }
    }

    fn frame() -> impl Strategy<Value = Frame> {
        let kind = prop::sample::select(vec![Kind::Directory, Kind::Contents, Kind::File, Kind::Stream]);
        let names = prop::sample::select(vec![Names::One, Names::Several]);
        prop_oneof![
            (kind, name()).prop_map(|(kind, name)| Frame::Start { kind, name }),
            (name(), attributes()).prop_map(|(name, attributes)| Frame::Directory { name, attributes }),
            Just(Frame::DirectoryEnd),
            (name(), names, attributes()).prop_map(|(name, names, attributes)| Frame::File {
                name,
                names,
                attributes
            }),
            (any::<u64>(), prop::collection::vec(any::<u8>(), 0..50))
                .prop_map(|(offset, bytes)| Frame::Data { offset, bytes }),
            any::<u64>().prop_map(|size| Frame::FileEnd { size }),
            (name(), name(), attributes()).prop_map(|(name, target, attributes)| Frame::Link {
                name,
                target,
                attributes
            }),
            (name(), any::<u64>()).prop_map(|(name, number)| Frame::HardLink { name, number }),
            Just(Frame::End),
        ]
    }

    proptest! {
        #[test]
        fn frames_arrive_as_they_were_sent(frames in prop::collection::vec(frame(), 0..8)) {
            let (one, other) = UnixStream::pair().unwrap();
            let mut sender = Sender::new(one);
            frames.iter().try_for_each(|frame| sender.send(frame)).unwrap();
            sender.flush().unwrap();
            drop(sender);
            let mut receiver = Receiver::new(other);
            let received: Vec<_> = std::iter::from_fn(|| receiver.receive().unwrap()).collect();
            prop_assert_eq!(received, frames);
        }

        #[test]
        fn any_bytes_are_taken(tag in 0_u8..12, bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let bytes = [&[tag][..], &bytes].concat();
            if let Some(frame) = Frame::decode(&bytes) {
                let mut again = Vec::new();
                frame.encode(&mut again);
                prop_assert_eq!(again, bytes);
            }
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["..", ".", "a/b", "/", "a\0"] {
            let mut bytes = Vec::new();
            Frame::HardLink { name: name.into(), number: 0 }.encode(&mut bytes);
            assert_eq!(Frame::decode(&bytes), None, "{name:?}");
        }
    }
}
