//! Records of a bound user, as files for nss-systemd.

use redd_spec::bound_user::{BoundShell, BoundUsers};
use serde::Serialize;

use super::{BoundUser, SYSTEM_ID_MAX};
use crate::action::{Entry, EntryKind};
use crate::facts::SshKeys;

/// Whether a user is one of the host's people or of its services; login managers show the former.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Disposition {
    Regular,
    System,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRecord<'a> {
    user_name: &'a str,
    uid: u32,
    gid: u32,
    disposition: Disposition,
    home_directory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shell: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    member_of: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupRecord<'a> {
    group_name: &'a str,
    gid: u32,
    disposition: Disposition,
}

/// What only root reads.
#[derive(Serialize)]
struct PrivilegedRecord<'a> {
    privileged: Privileged<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Privileged<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hashed_password: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    ssh_authorized_keys: &'a [String],
}

/// The shell in the user's record; without one it is the payload's default.
pub(super) fn shell<'a>(user: &BoundUser<'a>, choice: &'a BoundShell) -> Option<&'a str> {
    match choice {
        BoundShell::Payload => None,
        BoundShell::Host => Some(user.account.shell.as_str()),
        BoundShell::Path(path) => Some(path),
    }
}

/// Each record under the user's name, and a link to it under the id.
pub(super) fn entries(user: &BoundUser<'_>, asked: &BoundUsers) -> Vec<Entry> {
    let name = user.name;
    let mut entries = Vec::new();
    let mut record = |kind: &str, mode, contents: Vec<u8>| {
        let file = format!("{name}.{kind}");
        let link = format!("userdb/{}.{kind}", user.id.0);
        entries.push(Entry { path: format!("userdb/{file}"), mode, kind: EntryKind::File(contents) });
        entries.push(Entry { path: link, mode: 0o777, kind: EntryKind::Link(file) });
    };
    record("user", 0o644, json(&user_record(user, asked)));
    record("group", 0o644, json(&group_record(user)));
    if let Some(privileged) = privileged(user) {
        record("user-privileged", 0o600, json(&PrivilegedRecord { privileged }));
    }
    let memberships = asked.groups.iter().map(|group| Entry {
        path: format!("userdb/{name}:{group}.membership"),
        mode: 0o644,
        kind: EntryKind::File(b"{}\n".to_vec()),
    });
    entries.extend(memberships);
    entries
}

fn user_record<'a>(user: &'a BoundUser<'a>, asked: &'a BoundUsers) -> UserRecord<'a> {
    UserRecord {
        user_name: user.name.as_str(),
        uid: user.id.0,
        gid: user.id.0,
        disposition: disposition(user.account.uid.0),
        home_directory: user.home(),
        shell: shell(user, &asked.shell),
        member_of: asked.groups.iter().map(|group| group.as_str()).collect(),
    }
}

fn group_record<'a>(user: &'a BoundUser<'a>) -> GroupRecord<'a> {
    GroupRecord {
        group_name: user.name.as_str(),
        gid: user.id.0,
        disposition: disposition(user.account.gid.0),
    }
}

const fn disposition(id: u32) -> Disposition {
    if id <= SYSTEM_ID_MAX { Disposition::System } else { Disposition::Regular }
}

fn privileged<'a>(user: &BoundUser<'a>) -> Option<Privileged<'a>> {
    let ssh_authorized_keys = match &user.account.ssh_keys {
        SshKeys::Keys(keys) => keys.as_slice(),
        SshKeys::Missing | SshKeys::Unusable(_) => &[],
    };
    let hashed_password = user.account.hashed_password.as_deref().map(|hash| [hash]);
    let is_empty = hashed_password.is_none() && ssh_authorized_keys.is_empty();
    (!is_empty).then_some(Privileged { hashed_password, ssh_authorized_keys })
}

fn json(record: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(record).expect("records have string keys alone");
    text.push(b'\n');
    text
}
