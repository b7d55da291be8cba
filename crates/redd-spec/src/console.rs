//! How the payload's console is connected to the caller, and which terminals it has beside it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `--console=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleMode {
    /// A pty, both ways. The default for `boot` on a terminal.
    Interactive,
    /// A pty; the caller reads only. The default for `boot` elsewhere.
    ReadOnly,
    /// A pty that nobody is connected to.
    Passive,
    /// A pty that nobody sits at: what is written there is kept and logged. The default in the background.
    Kept,
    /// The caller's own stdin, stdout and stderr; there is no `/dev/console`.
    Pipe,
}

/// How many ptys the payload has beside the console (`--ttys=`, EV3); a login prompt appears on each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExtraTerminals(u8);

impl ExtraTerminals {
    /// They are handed over in one message, and named in one variable.
    pub const MAX: u8 = 32;

    /// Checks the number.
    #[must_use]
    pub const fn new(count: u8) -> Option<Self> {
        if count <= Self::MAX { Some(Self(count)) } else { None }
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A background colour, as the parameters of ECMA-48's *select graphic rendition*: `44`, `48;5;17`, `48;2;0;0;64`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Background(String);

impl Background {
    /// Parameters that select a background and nothing else.
    #[must_use]
    pub fn new(parameters: &str) -> Option<Self> {
        let numbers: Option<Vec<u8>> = parameters.split(';').map(number).collect();
        match numbers?.as_slice() {
            [40..=47 | 100..=107] | [48, 5, _] | [48, 2, _, _, _] => Some(Self(parameters.to_owned())),
            _ => None,
        }
    }

    /// The parameters, without what introduces and ends them.
    #[must_use]
    pub fn parameters(&self) -> &str {
        &self.0
    }
}

/// One to three digits, and no sign.
fn number(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Background {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
