//! Where input comes from and output goes.

use crate::case::Case;

const TALK: &[&str] = &[
    "/bin/sh",
    "-c",
    "echo one; echo two >&2; cat; echo @@ input = ended; tty 2>&1 | sed 's/^/@@ /'; exit 6",
];

pub(crate) const CASES: &[Case] = &[
    Case::sight("console: --console=pipe", &["--console=pipe"]),
    Case::sight("console: --pipe", &["--pipe"]),
    Case::sight("console: -P", &["-P"]),
    Case::sight("console: -P -a", &["-P", "-a"]),
    Case::sight("console: -P -b", &["-P", "-b"]).command(&[]),
    Case::sight("console: --console=autopipe", &["--console=autopipe"]),
    Case::sight("console: --console=read-only", &["--console=read-only"]),
    Case::sight("console: --console=passive", &["--console=passive"]),
    Case::sight("console: --console=interactive", &["--console=interactive"]),
    Case::sight("console: $TERM of the caller", &["-P"]).environment(&[
        ("TERM", "screen"),
        ("COLORTERM", "truecolor"),
        ("NO_COLOR", "1"),
    ]),
    Case::sight("console: no $TERM", &[]).environment(&[("TERM", "")]),
    Case::sight("console: $TERM=dumb", &[]).environment(&[("TERM", "dumb")]),
    Case::sight("console: --background", &["--background=44"]),
    Case::shell("console: a pipe ends", &["-P"], TALK),
];
