//! What a case is.

use rustix::process::Signal;

/// One start with some options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// `GROUP: WHAT`, no two the same.
    pub(crate) name: &'static str,
    /// Before the command.
    pub(crate) options: &'static [&'static str],
    /// What runs inside; nothing stands for a bare command line.
    pub(crate) command: &'static [&'static str],
    /// Where the tree is named, and that nothing is registered.
    pub(crate) tree: Tree,
    /// Makes the host, in a shell whose directory is /run/outside.
    pub(crate) prepare: &'static str,
    /// Looks at the host afterwards.
    pub(crate) after: &'static str,
    /// Variables of the caller.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    pub(crate) signal: Option<Signal>,
    /// The first version of systemd-nspawn that knows the options.
    pub(crate) since: u32,
}

/// How a command line names its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tree {
    /// With `--register=no --keep-unit -D`.
    Directory,
    /// With `--register=no --keep-unit` alone.
    Unnamed,
    /// With nothing.
    Bare,
}

impl Case {
    /// The script that looks at everything, with options.
    pub(crate) const fn sight(name: &'static str, options: &'static [&'static str]) -> Self {
        Self {
            name,
            options,
            command: &["/sight"],
            tree: Tree::Directory,
            prepare: "",
            after: "",
            environment: &[],
            signal: None,
            since: 0,
        }
    }

    /// Options, and a shell script.
    pub(crate) const fn shell(
        name: &'static str,
        options: &'static [&'static str],
        command: &'static [&'static str],
    ) -> Self {
        Self { command, ..Self::sight(name, options) }
    }

    /// A command line as it is.
    pub(crate) const fn bare(name: &'static str, words: &'static [&'static str]) -> Self {
        Self { tree: Tree::Bare, command: &[], ..Self::sight(name, words) }
    }

    pub(crate) const fn unnamed(self) -> Self {
        Self { tree: Tree::Unnamed, ..self }
    }

    pub(crate) const fn command(self, command: &'static [&'static str]) -> Self {
        Self { command, ..self }
    }

    pub(crate) const fn prepare(self, prepare: &'static str) -> Self {
        Self { prepare, ..self }
    }

    pub(crate) const fn after(self, after: &'static str) -> Self {
        Self { after, ..self }
    }

    pub(crate) const fn environment(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self { environment, ..self }
    }

    pub(crate) const fn signal(self, signal: Signal) -> Self {
        Self { signal: Some(signal), ..self }
    }

    pub(crate) const fn since(self, since: u32) -> Self {
        Self { since, ..self }
    }

    /// All words after the program's name.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        let start: &[&str] = match self.tree {
            Tree::Directory => &["--register=no", "--keep-unit", "-D", "/mnt/tree"],
            Tree::Unnamed => &["--register=no", "--keep-unit"],
            Tree::Bare => &[],
        };
        [start, self.options, self.command].concat()
    }
}
