//! The words of a start, kept so that it can be repeated later and from anywhere.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use redd_spec::name::MachineName;

use crate::assignment::Assignment;
use crate::caller::Caller;
use crate::option::Argument;
use crate::persona::Persona;

/// Words as `boot` takes them, and where they were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWords {
    /// What relative paths in them are relative to.
    pub directory: PathBuf,
    /// Options, and the tree.
    pub words: Vec<OsString>,
}

impl KeptWords {
    /// Of a command line of `start`, for one of its trees, with arguments for the init.
    #[must_use]
    pub fn of(
        assignments: &[Assignment],
        tree: Option<&OsStr>,
        arguments: &[OsString],
        caller: &Caller,
    ) -> Self {
        let kept = assignments.iter().filter(|assignment| assignment.definition.is_offered(Persona::Boot));
        let mut words: Vec<OsString> = kept.map(|assignment| word(assignment, caller)).collect();
        if let Some(tree) = tree {
            words.extend(["--".into(), tree.to_owned()]);
        }
        if !arguments.is_empty() {
            words.push("--".into());
            words.extend_from_slice(arguments);
        }
        Self { directory: caller.current_directory.clone(), words }
    }

    /// Whether they are a machine's name, and nothing else.
    #[must_use]
    pub fn is_name_of(&self, name: &MachineName) -> bool {
        matches!(self.words.as_slice(), [dashes, word] if dashes == "--" && word == name.as_str())
    }

    /// Those of a machine that was only named.
    #[must_use]
    pub fn of_name(name: &MachineName) -> Self {
        Self { directory: "/".into(), words: vec!["--".into(), name.as_str().into()] }
    }

    /// As a service manager's unit runs them: there a reboot ends redd, and its unit is started again.
    #[must_use]
    pub fn in_unit(mut self) -> Self {
        self.words.insert(0, "--keep-unit".into());
        self
    }

    /// As it is kept: the directory and each word, a NUL byte behind each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let all = [self.directory.as_os_str()].into_iter().chain(self.words.iter().map(OsString::as_os_str));
        all.flat_map(|word| word.as_bytes().iter().copied().chain([0])).collect()
    }

    /// As it was kept; `None` where it was not.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.strip_suffix(&[0])?.split(|&byte| byte == 0);
        let word = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let directory = PathBuf::from(word(words.next()?));
        directory.is_absolute().then(|| Self { directory, words: words.map(word).collect() })
    }
}

/// A variable without a value has the caller's, who is gone when it is read again.
fn word(assignment: &Assignment, caller: &Caller) -> OsString {
    let definition = assignment.definition;
    let mut value = assignment.value.clone().unwrap_or_default();
    if definition.name == "setenv"
        && !value.as_bytes().contains(&b'=')
        && let Some((name, of_caller)) = caller.environment.iter().find(|(name, _)| *name == value)
    {
        value = [name.as_os_str(), OsStr::new("="), of_caller].into_iter().collect();
    }
    let name = definition.shown();
    if definition.argument(Persona::Boot) == Argument::None {
        return name.into();
    }
    let between = if definition.has_long_name() { "=" } else { "" };
    [OsStr::new(&name), OsStr::new(between), &value].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Terminal;
    use crate::words;

    #[test]
    fn what_is_kept_says_the_same_again() {
        let caller = Caller {
            current_directory: "/srv".into(),
            environment: vec![("LANG".into(), "C".into())],
            input: Terminal::No,
            output: Terminal::No,
            random: [0; 8],
            process: 1,
        };
        let line = "--no-wait -x -M web --memory 1G -E LANG -E A=b -U --restart=always --bind=./a:/b";
        let read = |words: Vec<OsString>| words::read(Persona::Start, words).unwrap().assignments;
        let assignments = read(line.split(' ').map(Into::into).collect());
        let kept = KeptWords::of(&assignments, Some(OsStr::new("-tree")), &["3".into()], &caller);
        assert_eq!(KeptWords::from_bytes(&kept.to_bytes()), Some(kept.clone()));
        let again = words::read(Persona::Boot, kept.words.clone()).unwrap();
        assert_eq!(again.words, ["-tree", "--", "3"].map(OsString::from));
        let again = KeptWords::of(&again.assignments, Some(OsStr::new("-tree")), &["3".into()], &caller);
        assert_eq!(again, kept);
        assert!(kept.words.contains(&"--setenv=LANG=C".into()), "{:?}", kept.words);
        assert!(!kept.words.contains(&"--no-wait".into()));
    }

    #[test]
    fn what_was_not_kept_is_none() {
        for bytes in [&b""[..], b"\0", b"/srv", b"relative\0word\0"] {
            assert_eq!(KeptWords::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
