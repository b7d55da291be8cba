//! Users of the tree, from its own files: never by the host's name service.

use std::path::Path;

use redd_plan::facts::UserFacts;
use redd_sys::root_dir::{ReadError, RootDir};

/// The most that is read of the tree's passwd and group files, in bytes.
const USER_DATABASE_MAX: usize = 1024 * 1024;

/// The user of that name or number; root needs no entry.
///
/// # Errors
/// The tree's files cannot be read.
pub fn user_facts(root: &RootDir, wanted: &str) -> Result<Option<UserFacts>, ReadError> {
    let read = |path| {
        Ok::<_, ReadError>(root.read_small_file(Path::new(path), USER_DATABASE_MAX)?.unwrap_or_default())
    };
    let passwd = read("/etc/passwd")?;
    let groups = read("/etc/group")?;
    let user = find_user(&String::from_utf8_lossy(&passwd), wanted);
    Ok(user.map(|user| {
        let groups = supplementary_groups(&String::from_utf8_lossy(&groups), &user);
        UserFacts { groups, ..user }
    }))
}

fn find_user(passwd: &str, wanted: &str) -> Option<UserFacts> {
    let entries = || passwd.lines().filter_map(parse_user);
    // A name that consists of digits is a name first, as everywhere.
    let by_name = entries().find(|user| user.name == wanted);
    let number =
        wanted.bytes().all(|byte| byte.is_ascii_digit()).then(|| wanted.parse::<u32>().ok()).flatten();
    by_name.or_else(|| {
        let number = number.filter(|&number| number != u32::MAX)?;
        entries().find(|user| user.uid == number)
    })
}

fn parse_user(line: &str) -> Option<UserFacts> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _password, uid, gid, _comment, home, shell] = fields[..] else { return None };
    let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
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
    groups.lines().filter(is_member).filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/bash\nbroken\n1000:x:5:5::/h:\nalice:x:1000:1000::/home/alice:/bin/zsh\n";

    #[rstest]
    #[case("alice", Some(1000))]
    #[case("1000", Some(5))]
    #[case("0", Some(0))]
    #[case("+1", None)]
    #[case("4294967296", None)]
    #[case("4294967295", None)]
    #[case("nobody", None)]
    fn users_are_found_by_name_first(#[case] wanted: &str, #[case] uid: Option<u32>) {
        assert_eq!(find_user(PASSWD, wanted).map(|user| user.uid), uid);
    }

    #[test]
    fn supplementary_groups_are_those_that_name_the_user() {
        let alice = find_user(PASSWD, "alice").unwrap();
        assert_eq!(supplementary_groups("audio:x:29:bob,alice\nx:x:7:alicer\n", &alice), [29]);
    }
}
