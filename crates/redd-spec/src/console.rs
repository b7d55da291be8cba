//! How the payload's console is connected to the caller.

use serde::Serialize;

/// `--console=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleMode {
    /// A pty, both ways. The default for `boot` on a terminal.
    Interactive,
    /// A pty; the caller reads only. The default for `boot` elsewhere.
    ReadOnly,
    /// A pty that nobody is connected to.
    Passive,
    /// The caller's own stdin, stdout and stderr; there is no `/dev/console`.
    Pipe,
}
