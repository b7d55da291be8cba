//! A life with a user of the host bound into the payload (RH10, RH11).

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::manager::{RunError, come_up};
use super::stage::{Running, Stage, StageError};
use crate::adapter::{AdapterError, Wish};
use crate::observation::Lives;
use crate::probe::read;
use crate::subject::Subject;

/// Ids of people, in systemd's plan of ids.
const PEOPLE: std::ops::RangeInclusive<u32> = 1000..=60_000;

/// One of the host's people who has a group and a home.
struct HostUser {
    name: String,
    home: PathBuf,
}

impl HostUser {
    fn find() -> Option<Self> {
        let (passwd, groups) = (read::text("/etc/passwd"), read::text("/etc/group"));
        passwd.lines().find_map(|line| Self::parse(line, &groups))
    }

    fn parse(line: &str, groups: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, _] = fields[..] else { return None };
        let uid: u32 = uid.parse().ok().filter(|uid| PEOPLE.contains(uid))?;
        let is_own = |line: &str| {
            let fields: Vec<&str> = line.split(':').collect();
            fields.first() == Some(&name) && fields.get(2) == Some(&gid)
        };
        let user = Self { name: name.to_owned(), home: PathBuf::from(home) };
        let owner = fs::metadata(&user.home).ok().filter(fs::Metadata::is_dir)?.uid();
        (owner == uid && groups.lines().any(is_own)).then_some(user)
    }
}

/// A manager without an option for it is judged by that; without somebody to be bound, nobody tries.
pub(super) fn live(stage: &mut Stage<'_>, lives: &mut Lives) {
    let user = HostUser::find();
    let name = user.as_ref().map_or_else(|| "root".to_owned(), |user| user.name.clone());
    let wish = Wish::BoundUser(name);
    let refused = stage.adapter.start(&stage.container, std::slice::from_ref(&wish)).err();
    let refused = refused.filter(|error| matches!(error, AdapterError::NoOption { .. }));
    let (record, home) = match (refused, user) {
        (Some(error), _) => (Err(error.to_string()), Err(error.to_string())),
        (None, None) => return,
        (None, Some(user)) => match come_up(stage, &[wish]) {
            Err(RunError::Stage(StageError::Adapter(AdapterError::Failed(_)))) => return,
            Err(error) => (Err(error.to_string()), Err(error.to_string())),
            Ok((mut running, subject)) => look(stage, &mut running, &subject, &user),
        },
    };
    (lives.bound_user, lives.bound_home) = (Some(record), Some(home));
}

type Seen = Result<String, String>;

fn look(stage: &Stage<'_>, running: &mut Running, subject: &Subject, user: &HostUser) -> (Seen, Seen) {
    let root = Path::new("/proc").join(subject.pid.to_string()).join("root");
    let record = record(&root, user);
    let known = record.as_ref().map_err(Clone::clone).and_then(|(line, _)| {
        let asks_systemd = |line: &str| line.starts_with("passwd:") && line.contains("systemd");
        if !read::text(root.join("etc/nsswitch.conf")).lines().any(asks_systemd) {
            return Ok(format!("{line}; the payload has no nss-systemd to ask"));
        }
        succeeds(stage, running, &["getent", "passwd", &user.name]).map(|()| format!("getent knows {line}"))
    });
    let home = record.and_then(|(_, id)| home(stage, running, &root, user, id));
    (known, home)
}

/// The record as nss-systemd reads it, and the id in it.
fn record(root: &Path, user: &HostUser) -> Result<(String, u64), String> {
    let path = format!("run/host/userdb/{}.user", user.name);
    let text = read::try_text(root.join(&path)).ok_or_else(|| format!("/{path} is not there"))?;
    let record: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("/{path}: {error}"))?;
    let id = record["uid"].as_u64().filter(|_| record["userName"] == user.name.as_str());
    id.map(|id| (text.trim().to_owned(), id)).ok_or_else(|| format!("/{path} has no name and id: {text}"))
}

/// The same directory as on the host, and the user's inside.
fn home(stage: &Stage<'_>, running: &mut Running, root: &Path, user: &HostUser, id: u64) -> Seen {
    let path = format!("/run/host/home/{}", user.name);
    let (inside, outside) = (fs::metadata(root.join(&path[1..])), fs::metadata(&user.home));
    let inside = inside.map_err(|error| format!("{path}: {error}"))?;
    let outside = outside.map_err(|error| format!("{}: {error}", user.home.display()))?;
    if (inside.dev(), inside.ino()) != (outside.dev(), outside.ino()) {
        return Err(format!("{path} is not {}", user.home.display()));
    }
    let owner = format!("test \"$(stat -c %u {path})\" = {id}");
    succeeds(stage, running, &["sh", "-c", &owner])?;
    Ok(format!("{path} is {}, owned by {id}", user.home.display()))
}

fn succeeds(stage: &Stage<'_>, running: &mut Running, words: &[&str]) -> Result<(), String> {
    let failed = |error: String| format!("{}: {error}", words.join(" "));
    let mut command =
        stage.adapter.exec(&stage.container, words).map_err(|error| failed(error.to_string()))?;
    running.listen();
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(output.status.to_string())) }
}
