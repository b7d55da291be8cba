//! Who somebody is inside, from the payload's own files.

use redd_plan::facts::UserFacts;
use redd_sys::Errno;
use redd_sys::root_dir::{ReadError, RootDir};

use crate::StepError;
use crate::facts::users;

/// A user and a group, by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWords {
    /// The user.
    pub user: String,
    /// The group, where it is not the user's own.
    pub group: Option<String>,
}

impl UserWords {
    /// `USER[:GROUP]`
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        let fits = |word: &str| !word.is_empty() && !word.contains([':', '/', '\0', '\n']);
        (fits(user) && group.is_none_or(fits))
            .then(|| Self { user: user.to_owned(), group: group.map(str::to_owned) })
    }
}

/// The user whom the words mean; root where nobody is named.
pub(super) fn find(root: &RootDir, words: Option<&UserWords>) -> Result<UserFacts, StepError> {
    let unusable = |error: ReadError| {
        let errno = if let ReadError::Errno(errno) = error { errno } else { Errno::INVAL };
        StepError::about("reading its /etc/passwd and /etc/group")(errno)
    };
    let passwd = users::read(root, "/etc/passwd").map_err(unusable)?;
    let groups = users::read(root, "/etc/group").map_err(unusable)?;
    choose(&passwd, &groups, words)
}

fn choose(passwd: &[u8], groups: &[u8], words: Option<&UserWords>) -> Result<UserFacts, StepError> {
    let Some(words) = words else {
        return Ok(users::parse(passwd, groups, "root").unwrap_or_else(|| stranger("root", 0)));
    };
    let group = match &words.group {
        Some(word) => Some(group(groups, word)?),
        None => None,
    };
    let number = users::parse_id(&words.user);
    let known = users::parse(passwd, groups, &words.user);
    match (known, number, group) {
        (Some(user), _, None) => Ok(user),
        // Who names a group wants that one alone.
        (Some(user), _, Some(gid)) => Ok(UserFacts { gid, groups: Vec::new(), ..user }),
        (None, _, None) if matches!(words.user.as_str(), "root" | "0") => Ok(stranger("root", 0)),
        (None, Some(uid), Some(gid)) => Ok(UserFacts { gid, ..stranger(&words.user, uid) }),
        (None, _, _) => {
            let hint = "a user that its /etc/passwd does not know is named as UID:GID";
            Err(StepError::about(format!("no user {} inside", words.user))(Errno::NOENT).with_hint(hint))
        }
    }
}

fn group(groups: &[u8], word: &str) -> Result<u32, StepError> {
    let by_name = || users::group_id(&String::from_utf8_lossy(groups), word);
    let found = users::parse_id(word).or_else(by_name);
    found.ok_or_else(|| StepError::about(format!("no group {word} inside"))(Errno::NOENT))
}

fn stranger(name: &str, uid: u32) -> UserFacts {
    let home = if uid == 0 { "/root" } else { "/" };
    UserFacts {
        name: name.to_owned(),
        uid,
        gid: 0,
        groups: Vec::new(),
        home: home.to_owned(),
        shell: "/bin/sh".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\n";
    const GROUPS: &[u8] = b"audio:x:29:alice\n";

    #[rstest]
    #[case(None, Some((0, 0, &[][..])))]
    #[case(Some("alice"), Some((1000, 1000, &[29][..])))]
    #[case(Some("1000"), Some((1000, 1000, &[29][..])))]
    #[case(Some("alice:audio"), Some((1000, 29, &[][..])))]
    #[case(Some("alice:7"), Some((1000, 7, &[][..])))]
    #[case(Some("5:7"), Some((5, 7, &[][..])))]
    #[case(Some("5"), None)]
    #[case(Some("bob"), None)]
    #[case(Some("bob:audio"), None)]
    #[case(Some("alice:nogroup"), None)]
    fn a_user_is_one_of_the_trees_or_ids(
        #[case] words: Option<&str>,
        #[case] expected: Option<(u32, u32, &[u32])>,
    ) {
        let words = words.map(|words| UserWords::parse(words).unwrap());
        let user = choose(PASSWD, GROUPS, words.as_ref()).ok();
        let user = user.as_ref().map(|user| (user.uid, user.gid, &user.groups[..]));
        assert_eq!(user, expected);
    }

    #[test]
    fn root_needs_no_entry() {
        for words in [None, UserWords::parse("root"), UserWords::parse("0")] {
            assert_eq!(choose(b"", b"", words.as_ref()).unwrap().uid, 0);
        }
    }

    #[rstest]
    #[case("")]
    #[case(":audio")]
    #[case("alice:")]
    #[case("a:b:c")]
    fn words_that_name_nobody_are_refused(#[case] text: &str) {
        assert_eq!(UserWords::parse(text), None);
    }
}
