//! Ranges of ids for user namespaces: multiples of 64 KiB, free in the host's user database, locked, never shared.
//!
//! A range stands as a file in a directory that systemd's own container manager uses for the same purpose, locked in
//! both ways that programs lock files, so that neither ever takes a range of the other.

mod pool;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redd_plan::facts::{HostFacts, TreeFacts};
use redd_spec::Spec;
use redd_spec::ids::{HostId, IdRange, RANGE_SIZE, UserNamespace};
use redd_sys::lock::{self, LockOutcome, Sharing};
use serde::{Deserialize, Serialize};

pub(crate) use pool::Pool;

use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal};
use crate::{Error, undo};

/// Where taken ranges stand, each as a file named after its first id.
pub(crate) const DIRECTORY: &str = "/run/systemd/nspawn-uid";
/// How long another program may hold the user database's lock.
const DATABASE_LOCK_TIMEOUT: Duration = Duration::from_secs(15);

/// A range is given back while it is still locked: nobody can have taken the files in between.
impl Drop for TakenIds {
    fn drop(&mut self) {
        for (path, _locked) in &self.locks {
            best_effort(std::fs::remove_file(path));
        }
    }
}

/// Gives back the range of a redd that is dead, unless somebody has taken it since.
pub(crate) fn release_abandoned(path: &Path) -> io::Result<()> {
    let start = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    if let (Some(directory), Some(start)) = (path.parent(), start)
        && path.exists()
        && let Some((path, _locked)) = lock_range(directory, start)?
    {
        return undo::or_gone(std::fs::remove_file(path));
    }
    Ok(())
}

/// Gives back every range that stands as taken, and that nobody has.
pub(crate) fn release_all_abandoned() {
    for entry in std::fs::read_dir(DIRECTORY).into_iter().flatten().flatten() {
        // Whatever cannot be given back now is met by the next start that wants it.
        best_effort(release_abandoned(&entry.path()));
    }
}

/// A range that is ours while this value lives.
#[derive(Debug)]
pub(crate) struct TakenIds {
    pub(crate) range: IdRange,
    /// The files that stand for it, one for every 65536 ids, where it was picked; a lock goes with its descriptor.
    pub(crate) locks: Vec<(PathBuf, File)>,
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TakenIdsState {
    range: IdRange,
    locks: Vec<(PathBuf, Number)>,
}

impl HandOver for TakenIds {
    type State = TakenIdsState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> TakenIdsState {
        let locks = self.locks.iter().map(|(path, lock)| (path.clone(), outgoing.add(lock)));
        TakenIdsState { range: self.range, locks: locks.collect() }
    }

    fn take_over(state: TakenIdsState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let locks = state.locks.into_iter().map(|(path, number)| Ok((path, incoming.take(number)?.into())));
        Ok(Self { range: state.range, locks: locks.collect::<Result<_, _>>()? })
    }
}

/// The range of a machine, as far as it is known without taking anything.
pub(crate) fn expected(spec: &Spec, host: &HostFacts, tree: &TreeFacts) -> Result<Option<IdRange>, Error> {
    Ok(match spec.users {
        UserNamespace::Host => None,
        UserNamespace::Pick => {
            let pool = Pool::of(&host.user_namespace);
            let count = pool.count(spec.nesting);
            let start = pool.candidate(&spec.name, 0, count).ok_or(Error::NoIdsInside)?;
            Some(IdRange { start: HostId(start), count })
        }
        UserNamespace::FromTreeOwner => Some(whole_range(tree.owner.0 & 0xffff_0000)),
        UserNamespace::Identity => Some(whole_range(0)),
        UserNamespace::Range(range) => Some(range),
    })
}

/// Takes the range of a machine. `announce` is told of files before they are made (R40).
pub(crate) fn take(
    spec: &Spec,
    host: &HostFacts,
    tree: &TreeFacts,
    announce: impl Fn(&[PathBuf]) -> Result<(), Error>,
) -> Result<Option<TakenIds>, Error> {
    match spec.users {
        UserNamespace::Pick => pick(spec, &Pool::of(&host.user_namespace), tree, announce).map(Some),
        // What the user named is not checked against others: it may be meant to be shared.
        UserNamespace::Host
        | UserNamespace::FromTreeOwner
        | UserNamespace::Identity
        | UserNamespace::Range(_) => {
            Ok(expected(spec, host, tree)?.map(|range| TakenIds { range, locks: Vec::new() }))
        }
    }
}

pub(crate) const fn whole_range(start: u32) -> IdRange {
    IdRange { start: HostId(start), count: RANGE_SIZE }
}

fn pick(
    spec: &Spec,
    pool: &Pool,
    tree: &TreeFacts,
    announce: impl Fn(&[PathBuf]) -> Result<(), Error>,
) -> Result<TakenIds, Error> {
    let failed = |error: io::Error| Error::Host {
        what: "taking a range of user ids".to_owned(),
        cause: redd_sys::Errno::from_io_error(&error).unwrap_or(redd_sys::Errno::IO),
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(DIRECTORY).map_err(failed)?;
    let _database = lock_user_database().map_err(failed)?;
    let users = UserDatabase::read();
    let count = pool.count(spec.nesting);
    let of_owner = Some(tree.owner.0 & 0xffff_0000).filter(|&start| pool.has(start, count));
    let by_name = (0..pool::ATTEMPTS).map_while(|attempt| pool.candidate(&spec.name, attempt, count));
    for start in of_owner.into_iter().chain(by_name) {
        let range = IdRange { start: HostId(start), count };
        if users.has_part_of(range) {
            continue;
        }
        let paths: Vec<PathBuf> =
            blocks(range).map(|block| Path::new(DIRECTORY).join(block.to_string())).collect();
        announce(&paths)?;
        if let Some(taken) = lock_all(range).map_err(failed)? {
            return Ok(taken);
        }
    }
    Err(Error::NoFreeIds)
}

/// The first ids of the blocks of 65536 that a range consists of.
fn blocks(range: IdRange) -> impl Iterator<Item = u32> {
    (0..range.count / RANGE_SIZE).map(move |block| range.start.0 + block * RANGE_SIZE)
}

/// Every block of a range, or none.
fn lock_all(range: IdRange) -> io::Result<Option<TakenIds>> {
    let directory = Path::new(DIRECTORY);
    let mut taken = TakenIds { range, locks: Vec::new() };
    for block in blocks(range) {
        let abandon = |_: &io::Error| best_effort(release_abandoned(&directory.join(block.to_string())));
        match lock_range(directory, block).inspect_err(abandon)? {
            Some(lock) => taken.locks.push(lock),
            None => return Ok(None),
        }
    }
    Ok(Some(taken))
}

/// The file of a range, locked; `None` where somebody else has it.
pub(crate) fn lock_range(directory: &Path, start: u32) -> io::Result<Option<(PathBuf, File)>> {
    let path = directory.join(start.to_string());
    loop {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        let both =
            [lock::lock_whole_file(&file, Sharing::Exclusive)?, lock::lock_open_file_description(&file)?];
        if both.contains(&LockOutcome::Busy) {
            return Ok(None);
        }
        // Whoever had the lock may have removed the file between our open and our lock.
        let same = std::fs::metadata(&path)
            .is_ok_and(|there| there.ino() == file.metadata().map_or(0, |ours| ours.ino()));
        if same {
            return Ok(Some((path, file)));
        }
    }
}

/// The lock that useradd(8) and its like take before they give out ids.
fn lock_user_database() -> io::Result<File> {
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open("/etc/.pwd.lock")?;
    let deadline = Instant::now() + DATABASE_LOCK_TIMEOUT;
    while lock::lock_for_process(&file)? == LockOutcome::Busy {
        if Instant::now() > deadline {
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(file)
}

/// The files that say which ids the host has given to somebody.
struct UserDatabase {
    users: [String; 2],
    lent: [String; 2],
    nsswitch: String,
}

impl UserDatabase {
    fn read() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        Self {
            users: ["/etc/passwd", "/etc/group"].map(read),
            lent: ["/etc/subuid", "/etc/subgid"].map(read),
            nsswitch: read("/etc/nsswitch.conf"),
        }
    }

    /// Whether the host knows a user or group at either end of a block, or has lent a part of the range.
    fn has_part_of(&self, range: IdRange) -> bool {
        let ends: Vec<u32> = blocks(range).flat_map(|start| [start, start + 65534]).collect();
        self.users.iter().any(|text| names_id(text, &ends))
            || self.lent.iter().any(|text| lends(text, range))
            || (has_remote_users(&self.nsswitch) && is_known_to_name_service(&ends))
    }
}

pub(crate) fn names_id(database: &str, ids: &[u32]) -> bool {
    let id = |line: &str| line.split(':').nth(2).and_then(|id| id.parse::<u32>().ok());
    database.lines().filter_map(id).any(|id| ids.contains(&id))
}

pub(crate) fn lends(database: &str, range: IdRange) -> bool {
    let lent = |line: &str| {
        let mut fields = line.split(':').skip(1).map(|field| field.trim().parse::<u64>());
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    let (start, end) = (u64::from(range.start.0), u64::from(range.start.0) + u64::from(range.count));
    database.lines().filter_map(lent).any(|(first, count)| first < end && start < first.saturating_add(count))
}

/// Whether users may come from elsewhere than the files that were read already.
pub(crate) fn has_remote_users(nsswitch: &str) -> bool {
    let databases = nsswitch.lines().filter(|line| line.starts_with("passwd:") || line.starts_with("group:"));
    databases
        .flat_map(|line| line.split_whitespace().skip(1))
        .any(|source| !matches!(source, "files" | "compat" | "systemd") && !source.starts_with('['))
}

/// A static program has no name service of its own: getent(1) has the host's.
fn is_known_to_name_service(ids: &[u32]) -> bool {
    let known = |database: &str| {
        let mut query = Command::new("getent");
        query
            .arg(database)
            .args(ids.iter().map(u32::to_string))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        query.output().is_ok_and(|output| !output.stdout.is_empty())
    };
    known("passwd") || known("group")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: u32 = 0x0008_0000;
    const LAST: u32 = 0x6fff_0000;

    #[test]
    fn a_range_is_taken_once() {
        let directory = tempfile::tempdir().unwrap();
        let first = lock_range(directory.path(), FIRST).unwrap();
        assert!(first.is_some());
        assert!(lock_range(directory.path(), FIRST).unwrap().is_none());
        drop(first);
        assert!(lock_range(directory.path(), FIRST).unwrap().is_some());
    }

    #[test]
    fn an_abandoned_range_is_given_back_unless_it_was_taken_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FIRST.to_string());
        std::fs::write(&path, "").unwrap();
        let taken = lock_range(directory.path(), FIRST).unwrap().unwrap();
        release_abandoned(&path).unwrap();
        assert!(path.exists(), "somebody has it");
        drop(taken);
        release_abandoned(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn ids_of_the_host_are_seen() {
        assert!(names_id("x:x:524288:1::/:\n", &[524_288, 589_822]));
        assert!(!names_id("x:x:5:1::/:\n", &[524_288, 589_822]));
        assert!(lends("alice:500000:65536\n", whole_range(524_288)));
        assert!(!lends("alice:100000:65536\n", whole_range(524_288)));
        assert!(lends("alice:1:18446744073709551615\n", whole_range(524_288)));
        assert!(has_remote_users("passwd: files sss\n"));
        assert!(!has_remote_users("passwd: files systemd [NOTFOUND=return]\ngroup: files\n"));
    }

    proptest! {
        #[test]
        fn any_user_database_is_taken(text in "[a:0-9\\n ]{0,60}") {
            let _answers = (names_id(&text, &[FIRST, LAST]), lends(&text, whole_range(LAST)), has_remote_users(&text));
        }

        #[test]
        fn what_is_lent_is_seen(first: u64, count: u64) {
            let range = whole_range(FIRST);
            let (start, end) = (u128::from(FIRST), u128::from(FIRST) + u128::from(range.count));
            let overlap = u128::from(first) < end && start < u128::from(first) + u128::from(count);
            prop_assert_eq!(lends(&format!("alice:{first}:{count}\n"), range), overlap);
        }
    }
}
