//! What was written to a machine's console, as it is kept, boot by boot. It is the payload's text: what a terminal would
//! obey is left out, or shown (R27).

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use redd_control::place;
use redd_spec::name::MachineName;
use redd_spec::text::escape;

/// The most that is read of one file, in bytes: the end of it.
const FILE_MAX: u64 = 8 * 1024 * 1024;
/// The longest line that is shown, in bytes.
const LINE_MAX: usize = 4000;
/// How often it is looked whether there is more.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// How the line begins that the supervisor writes before each boot.
const BOOT: &[u8] = b"-- redd: boot ";

/// The boots that are kept, each with its lines; the last one is the last.
///
/// # Errors
/// There is something that cannot be read.
pub fn boots(name: &MachineName) -> io::Result<Vec<Vec<String>>> {
    let mut bytes = Vec::new();
    for file in [place::CONSOLE_LOG_OLD, place::CONSOLE_LOG] {
        if let Some((file, _)) = open(&place::logs(name).join(file))? {
            file.take(FILE_MAX).read_to_end(&mut bytes)?;
        }
    }
    Ok(by_boots(&bytes))
}

/// The last lines of all of them.
///
/// # Errors
/// There is something that cannot be read.
pub fn last_lines(name: &MachineName, count: usize) -> io::Result<Vec<String>> {
    let mut lines: Vec<String> = boots(name)?.into_iter().flatten().collect();
    Ok(lines.split_off(lines.len().saturating_sub(count)))
}

fn open(path: &PathBuf) -> io::Result<Option<(File, u64)>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(FILE_MAX)))?;
    Ok(Some((file, length)))
}

fn by_boots(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut boots: Vec<Vec<String>> = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let is_boot = line.starts_with(BOOT);
        let line = plain(line);
        if is_boot || boots.is_empty() {
            boots.push(Vec::new());
        }
        if let (false, Some(boot)) = (line.is_empty(), boots.last_mut()) {
            boot.push(line);
        }
    }
    boots.retain(|boot| !boot.is_empty());
    boots
}

/// A line without colours and the like, everything else that is no text shown as what it is.
#[must_use]
pub fn plain(line: &[u8]) -> String {
    let mut text = Vec::new();
    let mut rest = line;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind.first()) {
            (0x1b, Some(b'[')) => rest = behind_control_sequence(&behind[1..]),
            (0x1b, Some(b']' | b'P' | b'X' | b'^' | b'_')) => rest = behind_string(&behind[1..]),
            (0x1b, Some(0x20..=0x7e)) => rest = &behind[1..],
            (b'\r', _) => {}
            (b'\t', _) => text.push(b' '),
            _ => text.push(byte),
        }
    }
    escape(text.trim_ascii_end(), LINE_MAX)
}

/// Parameters, and one letter.
fn behind_control_sequence(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| !(0x20..=0x3f).contains(byte));
    bytes.get(end.unwrap_or(bytes.len()) + 1..).unwrap_or_default()
}

/// Anything up to BEL or ESC \.
fn behind_string(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| matches!(byte, 0x07 | 0x1b)).unwrap_or(bytes.len());
    let terminator = if bytes.get(end) == Some(&0x1b) { 2 } else { 1 };
    bytes.get(end + terminator..).unwrap_or_default()
}

/// A reader of what is added.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
    partial: Vec<u8>,
}

impl Follower {
    /// Reads from the end on.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn begin(name: &MachineName) -> io::Result<Self> {
        let path = place::logs(name).join(place::CONSOLE_LOG);
        let mut file = open(&path)?.map(|(file, _)| file);
        if let Some(file) = &mut file {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self { path, file, partial: Vec::new() })
    }

    /// What was added since the last time.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn new_lines(&mut self) -> io::Result<Vec<String>> {
        let mut added = std::mem::take(&mut self.partial);
        if let Some(file) = &mut self.file {
            file.take(FILE_MAX).read_to_end(&mut added)?;
        }
        // The file that has the name now may be another one, which begins where this one ended.
        if let Some(next) = self.successor()? {
            (&next).take(FILE_MAX).read_to_end(&mut added)?;
            self.file = Some(next);
        }
        let end = added.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        self.partial = added.split_off(end);
        if self.partial.len() > LINE_MAX {
            self.partial.clear();
        }
        Ok(by_boots(&added).into_iter().flatten().collect())
    }

    fn successor(&self) -> io::Result<Option<File>> {
        let there = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            result => result?,
        };
        let identity = |file: &File| file.metadata().map(|status| (status.dev(), status.ino()));
        let own = self.file.as_ref().map(identity).transpose()?;
        Ok((own != Some(identity(&there)?)).then_some(there))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn boots_are_told_apart_and_colours_left_out() {
        let log = b"-- redd: boot 1 at x --\r\n[  \x1b[0;32mOK\x1b[0m  ] one\r\n\r\n-- redd: boot 2 at y --\r\n\x1b]0;t\x07two\x00";
        assert_eq!(
            by_boots(log),
            [vec!["-- redd: boot 1 at x --", "[  OK  ] one"], vec!["-- redd: boot 2 at y --", "two\\x00"]]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_left_that_a_terminal_would_obey(line in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!plain(&line).chars().any(char::is_control));
        }
    }
}
