//! Users of the tree, from its own files: never by the host's name service.

use std::path::Path;

use redd_plan::facts::{TreeAccounts, UserFacts};
use redd_spec::bound_user::{AccountName, BOUND_ID_FIRST, BOUND_ID_LAST};
use redd_spec::payload::UserIds;
use redd_sys::root_dir::{ReadError, RootDir};

/// The most that is read of the tree's passwd and group files, in bytes.
const USER_DATABASE_MAX: usize = 1024 * 1024;

/// The user of that name or number; root needs no entry.
///
/// # Errors
/// The tree's files cannot be read.
pub fn user_facts(root: &RootDir, wanted: &str) -> Result<Option<UserFacts>, ReadError> {
    Ok(parse(&read(root, "/etc/passwd")?, &read(root, "/etc/group")?, wanted))
}

/// The user with these ids, under the name and with the home that the tree knows, if it knows any.
///
/// # Errors
/// The tree's files cannot be read.
pub(super) fn of_ids(root: &RootDir, ids: &UserIds) -> Result<UserFacts, ReadError> {
    let passwd = String::from_utf8_lossy(&read(root, "/etc/passwd")?).into_owned();
    let known = find_user(&passwd, &ids.uid.to_string());
    let stranger = || UserFacts {
        name: ids.uid.to_string(),
        uid: ids.uid,
        gid: ids.gid,
        groups: Vec::new(),
        home: "/".to_owned(),
        shell: "/bin/sh".to_owned(),
    };
    Ok(UserFacts { gid: ids.gid, groups: ids.groups.clone(), ..known.unwrap_or_else(stranger) })
}

/// Who is in the tree's files already, as far as users of the host could clash with them.
pub(super) fn accounts(root: &RootDir, groups: &[AccountName]) -> Result<TreeAccounts, ReadError> {
    Ok(parse_accounts(&read(root, "/etc/passwd")?, &read(root, "/etc/group")?, groups))
}

pub(crate) fn read(root: &RootDir, path: &str) -> Result<Vec<u8>, ReadError> {
    Ok(root.read_small_file(Path::new(path), USER_DATABASE_MAX)?.unwrap_or_default())
}

/// A line that is no account for its other fields still takes its name: somebody's program may read it as one.
fn parse_accounts(passwd: &[u8], group: &[u8], wanted: &[AccountName]) -> TreeAccounts {
    let mut accounts = TreeAccounts::default();
    for (file, names) in [(passwd, &mut accounts.users), (group, &mut accounts.groups)] {
        for line in String::from_utf8_lossy(file).lines() {
            names.extend(line.split(':').next().map(str::to_owned));
            let id = line.split(':').nth(2).and_then(parse_id);
            accounts.bound_ids.extend(id.filter(|id| (BOUND_ID_FIRST..=BOUND_ID_LAST).contains(id)));
        }
    }
    let group = String::from_utf8_lossy(group);
    let of_name = |name: &AccountName| Some((name.to_string(), group_id(&group, name.as_str())?));
    accounts.group_ids = wanted.iter().filter_map(of_name).collect();
    accounts
}

pub(crate) fn group_id(groups: &str, name: &str) -> Option<u32> {
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2).and_then(parse_id)
}

/// The name of the group with that id.
pub(super) fn group_name(groups: &str, id: u32) -> Option<String> {
    let has_id = |line: &&str| line.split(':').nth(2).and_then(parse_id) == Some(id);
    groups.lines().find(has_id)?.split(':').next().map(str::to_owned)
}

/// The user of that name or number in the contents of a passwd and a group file.
#[must_use]
pub fn parse(passwd: &[u8], groups: &[u8], wanted: &str) -> Option<UserFacts> {
    let user = find_user(&String::from_utf8_lossy(passwd), wanted)?;
    let groups = supplementary_groups(&String::from_utf8_lossy(groups), &user);
    Some(UserFacts { groups, ..user })
}

/// A number is never a name: the author of a tree could call a user with another one's number.
pub(crate) fn find_user(passwd: &str, wanted: &str) -> Option<UserFacts> {
    let mut entries = passwd.lines().filter_map(parse_user);
    if wanted.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = parse_id(wanted)?;
        return entries.find(|user| user.uid == number);
    }
    entries.find(|user| user.name == wanted)
}

/// Digits alone, and not the number that means "leave it as it is" to the kernel.
pub(crate) fn parse_id(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&id| is_number && id != u32::MAX)
}

fn parse_user(line: &str) -> Option<UserFacts> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _password, uid, gid, _comment, home, shell] = fields[..] else { return None };
    let (uid, gid) = (parse_id(uid)?, parse_id(gid)?);
    let or =
        |text: &str, default: &str| if text.starts_with('/') { text.to_owned() } else { default.to_owned() };
    Some(UserFacts {
        name: name.to_owned(),
        uid,
        gid,
        groups: Vec::new(),
        home: or(home, "/"),
        shell: or(shell, "/bin/sh"),
    })
}

fn supplementary_groups(groups: &str, user: &UserFacts) -> Vec<u32> {
    let is_member = |line: &&str| {
        line.rsplit(':').next().is_some_and(|members| members.split(',').any(|member| member == user.name))
    };
    groups.lines().filter(is_member).filter_map(|line| parse_id(line.split(':').nth(2)?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nbroken\n1000:x:0:0::/h:\n\
                          alice:x:1000:1000::/home/alice:/bin/zsh\nunchanged:x:4294967295:0::/:\n\
                          plus:x:+0:0::/:\n:x:0:0::/:\n";

    #[rstest]
    #[case("alice", Some(1000))]
    #[case("1000", Some(1000))]
    #[case("0", Some(0))]
    #[case("+1", None)]
    #[case("4294967296", None)]
    #[case("4294967295", None)]
    #[case("nobody", None)]
    #[case("unchanged", None)]
    #[case("plus", None)]
    #[case("", None)]
    fn a_number_is_no_name_and_strange_ids_are_none(#[case] wanted: &str, #[case] uid: Option<u32>) {
        assert_eq!(find_user(PASSWD, wanted).map(|user| user.uid), uid);
    }

    #[test]
    fn supplementary_groups_are_those_that_name_the_user() {
        let alice = find_user(PASSWD, "alice").unwrap();
        assert_eq!(supplementary_groups("audio:x:29:bob,alice\nx:x:7:alicer\n", &alice), [29]);
    }

    #[test]
    fn names_and_ids_are_taken_by_lines_that_are_no_accounts_too() {
        let wanted = [AccountName::new("audio").unwrap(), AccountName::new("wheel").unwrap()];
        let accounts =
            parse_accounts(b"a:x:60514:0::/:\nb:x\n", b"audio:x:29:\nc:x:60577:\nd:x:60578:\n", &wanted);
        assert_eq!(accounts.users, ["a", "b"]);
        assert_eq!(accounts.groups, ["audio", "c", "d"]);
        assert_eq!(accounts.group_ids, [("audio".to_owned(), 29)]);
        assert_eq!(accounts.bound_ids.into_iter().collect::<Vec<_>>(), [60514, 60577]);
    }

    proptest! {
        #[test]
        fn any_files_are_taken(
            passwd in prop::collection::vec(any::<u8>(), 0..200),
            groups in prop::collection::vec(any::<u8>(), 0..200),
            wanted in ".{0,10}",
        ) {
            drop(parse(&passwd, &groups, &wanted));
            drop(parse_accounts(&passwd, &groups, &[]));
        }

        #[test]
        fn a_user_is_found_under_its_name_and_number(uid in 0..u32::MAX, gid in 0..u32::MAX, group in 0..u32::MAX) {
            let passwd = format!("alice:x:{uid}:{gid}:Alice:/home/alice:/bin/sh\n");
            let groups = format!("audio:x:{group}:bob,alice\n");
            let found = |wanted: &str| parse(passwd.as_bytes(), groups.as_bytes(), wanted).unwrap();
            prop_assert_eq!((found("alice").uid, found("alice").gid), (uid, gid));
            prop_assert_eq!(found("alice").groups.clone(), vec![group]);
            prop_assert_eq!(found(&uid.to_string()), found("alice"));
        }
    }
}
