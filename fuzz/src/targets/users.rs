//! The tree's passwd and group, and the user that is wanted.

use redd_plan::facts::TreeFacts;
use redd_plan::sample;
use redd_runtime::facts::users;

/// Stands for "no change" in setresuid(2): a process that asks for it stays root.
const NO_CHANGE: u32 = u32::MAX;

pub(crate) fn run(input: &[u8]) {
    let [passwd, groups, wanted] = super::files(input);
    let wanted = String::from_utf8_lossy(wanted);
    let Some(user) = users::parse(passwd, groups, &wanted) else { return };
    assert!(user.name == wanted || wanted.parse() == Ok(user.uid), "{user:?} is not {wanted:?}");
    assert!(![user.uid, user.gid].contains(&NO_CHANGE) && !user.groups.contains(&NO_CHANGE), "{user:?}");
    assert!(user.home.starts_with('/') && user.shell.starts_with('/'));
    let tree = TreeFacts { user: Some(user), ..sample::tree() };
    super::plan(&sample::command(), &sample::unified_host(), &tree, &sample::grants())
        .expect("nothing in a user's entry prevents a start");
}
