//! What redd tells people, on standard error: once, with its causes, and with what they can do.

use std::error::Error;
use std::io::{self, Write as _};

use redd_spec::text::escape;

use crate::command_line::Answer;
use crate::exit_status::{self, ExitStatus};

/// The longest line that is printed.
const LINE_MAX: usize = 2000;

/// Prints a failure: what was wanted, what failed, why, and a hint.
pub fn failure(wanted: &str, error: &dyn Error, hint: Option<&str>) {
    let mut line = format!("{wanted}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors repeat their cause.
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    print(&format!("redd: {}", escape(line.as_bytes(), LINE_MAX)));
    if let Some(hint) = hint {
        print(&format!("hint: {}", escape(hint.as_bytes(), LINE_MAX)));
    }
}

/// Prints something the user should know.
pub fn warning(text: &str) {
    print(&format!("redd: warning: {}", escape(text.as_bytes(), LINE_MAX)));
}

/// Prints what happened.
pub fn notice(text: &str) {
    print(&format!("redd: {}", escape(text.as_bytes(), LINE_MAX)));
}

/// Begins a line without colours or modes, where a terminal was somebody else's.
pub fn reset_terminal() {
    print("\x1b[0m");
}

/// Prints a line that the next one replaces; an empty one goes away.
pub fn progress(line: &str) {
    drop(io::stderr().lock().write_all(format!("\r\x1b[K{}", escape(line.as_bytes(), LINE_MAX)).as_bytes()));
}

/// Prints what is said instead of a request: help, a version, or why the words cannot be used.
#[must_use]
pub fn usage(answer: &Answer) -> ExitStatus {
    match answer {
        Answer::Text(text) => {
            print_result(text);
            exit_status::SUCCESS
        }
        Answer::Refused { text, status } => {
            // It quotes words of the caller's.
            text.trim_end().lines().for_each(|line| print(&escape(line.as_bytes(), LINE_MAX)));
            *status
        }
    }
}

/// Prints what was asked for, on standard output. A reader that went away is no failure.
pub fn print_result(text: &str) {
    let mut output = io::stdout().lock();
    drop(output.write_all(text.as_bytes()));
    drop(output.flush());
}

/// Standard error may be closed; then there is nobody to tell.
fn print(line: &str) {
    drop(io::stderr().lock().write_all(format!("{line}\n").as_bytes()));
}
