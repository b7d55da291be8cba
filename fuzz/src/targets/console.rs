//! What a payload writes to a console that is tinted.

use redd_runtime::fuzzing::tinted;

pub(crate) fn run(input: &[u8]) {
    let whole = tinted([input]);
    let mut rest = whole.iter();
    assert!(input.iter().all(|byte| rest.any(|kept| kept == byte)), "nothing of the payload's is lost");
    // However it arrives, it looks the same.
    let (one, other) = input.split_at(input.len() / 2);
    assert_eq!(tinted([one, other]), whole);
    assert!(whole.len() <= 16 * input.len(), "an insertion has an end");
}
