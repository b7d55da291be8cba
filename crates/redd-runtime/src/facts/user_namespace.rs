//! The user namespace redd itself is in.

use redd_plan::facts::OwnUserNamespace;
use redd_spec::ids::{HostId, IdRange};
use rustix::fs::{AtFlags, CWD, statat};

use super::read_text;
use crate::Error;

/// The number of the first user namespace, on every kernel (`PROC_USER_INIT_INO`).
const FIRST: u64 = 0xEFFF_FFFD;

/// Looks at this process's own.
///
/// # Errors
/// It cannot be looked at.
pub fn own() -> Result<OwnUserNamespace, Error> {
    let path = "/proc/self/ns/user";
    let status = statat(CWD, path, AtFlags::empty()).map_err(Error::host(format!("looking at {path}")))?;
    if status.st_ino == FIRST {
        return Ok(OwnUserNamespace::First);
    }
    let read = |path: &str| read_text(path).map(|text| mapped(&text.unwrap_or_default()));
    Ok(OwnUserNamespace::Inner { ids: in_both(&read("/proc/self/uid_map")?, &read("/proc/self/gid_map")?) })
}

/// The ids that are mapped, in the text of `/proc/self/uid_map` or `gid_map`.
#[must_use]
pub fn mapped(map: &str) -> Vec<IdRange> {
    let range = |line: &str| {
        let mut fields = line.split_whitespace().map(|field| field.parse::<u32>().ok());
        let (start, _outside, count) = (fields.next()??, fields.next()??, fields.next()??);
        IdRange::new(HostId(start), count).ok()
    };
    map.lines().filter_map(range).collect()
}

/// The ids that are in both lists.
#[must_use]
pub fn in_both(users: &[IdRange], groups: &[IdRange]) -> Vec<IdRange> {
    let end = |range: &IdRange| range.start.0 + range.count;
    let mut both = Vec::new();
    for user in users {
        for group in groups {
            let start = user.start.0.max(group.start.0);
            let end = end(user).min(end(group));
            both.extend((start < end).then(|| IdRange { start: HostId(start), count: end - start }));
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(start: u32, count: u32) -> IdRange {
        IdRange { start: HostId(start), count }
    }

    #[test]
    fn the_ids_of_a_map_are_those_inside() {
        let map = "         0     524288      65536\n    100000    1100000       1000\n";
        assert_eq!(mapped(map), [range(0, 65536), range(100_000, 1000)]);
        assert_eq!(mapped("0 0 4294967295\n"), [range(0, u32::MAX)]);
        assert_eq!(mapped("0 1\nx y z\n-1 0 5\n5 0 0\n"), []);
    }

    #[test]
    fn an_id_has_to_be_a_user_and_a_group() {
        assert_eq!(in_both(&[range(0, 100)], &[range(50, 100)]), [range(50, 50)]);
        assert_eq!(in_both(&[range(0, 10), range(20, 10)], &[range(5, 20)]), [range(5, 5), range(20, 5)]);
        assert_eq!(in_both(&[range(0, 10)], &[range(10, 10)]), []);
    }

    proptest! {
        #[test]
        fn any_map_is_taken(users in "[0-9 \\n]{0,60}", groups in any::<String>()) {
            let (users, groups) = (mapped(&users), mapped(&groups));
            for range in in_both(&users, &groups) {
                prop_assert!(range.count > 0 && range.start.0.checked_add(range.count).is_some());
            }
        }
    }
}
