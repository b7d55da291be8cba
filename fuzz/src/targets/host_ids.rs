//! The host's passwd, subuid and nsswitch.conf, as far as ranges of ids go.

use redd_runtime::fuzzing::{has_remote_users, lends, names_id};

/// A range of containers, and the last one there is.
const STARTS: [u32; 2] = [0x8_0000, 0x6fff_0000];

pub(crate) fn run(input: &[u8]) {
    let [users, lent, nsswitch] = super::files(input).map(String::from_utf8_lossy);
    for start in STARTS {
        // One more line never frees a range.
        if names_id(&users, start) {
            assert!(names_id(&format!("root:x:0:0::/:\n{users}"), start));
        }
        if lends(&lent, start) {
            assert!(lends(&format!("root:0:1\n{lent}"), start));
        }
    }
    if has_remote_users(&nsswitch) {
        assert!(has_remote_users(&format!("passwd: files\n{nsswitch}")));
    }
}
