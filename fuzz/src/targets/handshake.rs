//! Messages between redd and the child.

use redd_runtime::fuzzing::handshake_message;

pub(crate) fn run(input: &[u8]) {
    if let Some(written) = handshake_message(input) {
        assert!(written.len() <= 1024, "a message fits into the buffer of its reader");
        assert_eq!(handshake_message(&written), Some(written));
    }
}
