//! The undo list that a dead redd left.

use redd_runtime::fuzzing::journal;

pub(crate) fn run(input: &[u8]) {
    let undo = journal(input);
    let written = serde_json::to_vec(&undo).expect("an undo list serialises");
    assert_eq!(journal(&written), undo);
}
