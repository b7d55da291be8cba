//! What a supervisor hands over to another redd.

use redd_runtime::fuzzing::handed_over;

pub(crate) fn run(input: &[u8]) {
    let Ok(written) = handed_over(input) else { return };
    // What is understood is all of it: moments alone move, by what the clock of the machine has moved.
    let again = handed_over(&written).expect("what was understood is written so that it is understood");
    assert!(written.len().abs_diff(again.len()) < 64, "something was lost");
}
