//! Ranges of ids for user namespaces: multiples of 64 KiB, free in the host's user database, locked, never shared.
//!
//! A range stands as a file in a directory that systemd's own container manager uses for the same purpose, locked in
//! both ways that programs lock files, so that neither ever takes a range of the other.

use std::fs::{File, OpenOptions};
use std::hash::Hasher as _;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redd_plan::facts::TreeFacts;
use redd_spec::ids::{HostId, IdRange, RANGE_SIZE, UserNamespace};
use redd_spec::name::MachineName;
use redd_sys::lock::{self, LockOutcome, Sharing};
use siphasher::sip::SipHasher24;

use crate::error::best_effort;
use crate::{Error, undo};

/// Where taken ranges stand, each as a file named after its first id.
pub(crate) const DIRECTORY: &str = "/run/systemd/nspawn-uid";
/// The first and last range of containers in systemd's plan of ids.
const FIRST: u32 = 0x0008_0000;
const LAST: u32 = 0x6fff_0000;
/// How many ranges are tried.
const ATTEMPTS: u32 = 100;
/// Key of the hash that a name's first candidate is made of.
const CANDIDATE_KEY: u128 = 0xe156_e0f0_4af0_41af_9641_cf41_3394_ff72;
/// How long another program may hold the user database's lock.
const DATABASE_LOCK_TIMEOUT: Duration = Duration::from_secs(15);

/// A range is given back while it is still locked: nobody can have taken the file in between.
impl Drop for TakenIds {
    fn drop(&mut self) {
        if let Some((path, _locked)) = &self.lock {
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

/// How many ranges there are in all.
pub(crate) const fn ranges() -> u32 {
    (LAST - FIRST) / RANGE_SIZE + 1
}

/// A range that is ours while this value lives.
#[derive(Debug)]
pub(crate) struct TakenIds {
    pub(crate) range: IdRange,
    /// The file that stands for the range, where it was picked; its lock goes with the descriptor.
    pub(crate) lock: Option<(PathBuf, File)>,
}

/// The range of a machine, as far as it is known without taking anything.
pub(crate) fn expected(users: UserNamespace, name: &MachineName, tree: &TreeFacts) -> Option<IdRange> {
    match users {
        UserNamespace::Host => None,
        UserNamespace::Pick => Some(whole_range(candidate(name, 0))),
        UserNamespace::FromTreeOwner => Some(whole_range(tree.owner.0 & 0xffff_0000)),
        UserNamespace::Identity => Some(whole_range(0)),
        UserNamespace::Range(range) => Some(range),
    }
}

/// Takes the range of a machine. `announce` is told of each file before it is made (R40).
pub(crate) fn take(
    users: UserNamespace,
    name: &MachineName,
    tree: &TreeFacts,
    announce: impl Fn(&Path) -> Result<(), Error>,
) -> Result<Option<TakenIds>, Error> {
    match users {
        UserNamespace::Pick => pick(name, tree, announce).map(Some),
        // What the user named is not checked against others: it may be meant to be shared.
        UserNamespace::Host
        | UserNamespace::FromTreeOwner
        | UserNamespace::Identity
        | UserNamespace::Range(_) => {
            Ok(expected(users, name, tree).map(|range| TakenIds { range, lock: None }))
        }
    }
}

pub(crate) const fn whole_range(start: u32) -> IdRange {
    IdRange { start: HostId(start), count: RANGE_SIZE }
}

/// The n-th candidate of a name: always the same ones, so that a machine usually gets the range it had.
fn candidate(name: &MachineName, attempt: u32) -> u32 {
    let mut hasher = SipHasher24::new_with_key(&CANDIDATE_KEY.to_be_bytes());
    hasher.write(name.as_str().as_bytes());
    if attempt > 0 {
        hasher.write_u32(attempt);
    }
    let index = u32::try_from(hasher.finish() % u64::from(ranges())).unwrap_or_default();
    FIRST + index * RANGE_SIZE
}

fn pick(
    name: &MachineName,
    tree: &TreeFacts,
    announce: impl Fn(&Path) -> Result<(), Error>,
) -> Result<TakenIds, Error> {
    let failed = |error: io::Error| Error::Host {
        what: "taking a range of user ids".to_owned(),
        cause: redd_sys::Errno::from_io_error(&error).unwrap_or(redd_sys::Errno::IO),
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(DIRECTORY).map_err(failed)?;
    let _database = lock_user_database().map_err(failed)?;
    let of_owner = Some(tree.owner.0 & 0xffff_0000).filter(|start| (FIRST..=LAST).contains(start));
    let candidates = of_owner.into_iter().chain((0..ATTEMPTS).map(|attempt| candidate(name, attempt)));
    for start in candidates {
        if is_used_by_host(start) {
            continue;
        }
        let path = Path::new(DIRECTORY).join(start.to_string());
        announce(&path)?;
        let taken =
            lock_range(Path::new(DIRECTORY), start).inspect_err(|_| best_effort(release_abandoned(&path)));
        if let Some(lock) = taken.map_err(failed)? {
            return Ok(TakenIds { range: whole_range(start), lock: Some(lock) });
        }
    }
    Err(Error::NoFreeIds)
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

/// Whether the host knows a user or group at either end of the range, or has lent it out already.
fn is_used_by_host(start: u32) -> bool {
    let ends = [start, start + 65534];
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let in_files = ["/etc/passwd", "/etc/group"].into_iter().any(|path| names_id(&read(path), ends));
    let lent = ["/etc/subuid", "/etc/subgid"].into_iter().any(|path| lends(&read(path), whole_range(start)));
    in_files || lent || (has_remote_users(&read("/etc/nsswitch.conf")) && is_known_to_name_service(ends))
}

pub(crate) fn names_id(database: &str, ids: [u32; 2]) -> bool {
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
fn is_known_to_name_service(ids: [u32; 2]) -> bool {
    let known = |database: &str| {
        let mut query = Command::new("getent");
        query
            .arg(database)
            .args(ids.map(|id| id.to_string()))
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

    #[test]
    fn candidates_are_whole_ranges_of_containers() {
        let name = "debian".parse().unwrap();
        for attempt in 0..ATTEMPTS {
            let start = candidate(&name, attempt);
            assert!(start.is_multiple_of(RANGE_SIZE) && (FIRST..=LAST).contains(&start));
        }
        assert_ne!(candidate(&name, 0), candidate(&name, 1));
    }

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
        assert!(names_id("x:x:524288:1::/:\n", [524_288, 589_822]));
        assert!(!names_id("x:x:5:1::/:\n", [524_288, 589_822]));
        assert!(lends("alice:500000:65536\n", whole_range(524_288)));
        assert!(!lends("alice:100000:65536\n", whole_range(524_288)));
        assert!(lends("alice:1:18446744073709551615\n", whole_range(524_288)));
        assert!(has_remote_users("passwd: files sss\n"));
        assert!(!has_remote_users("passwd: files systemd [NOTFOUND=return]\ngroup: files\n"));
    }

    proptest! {
        #[test]
        fn any_user_database_is_taken(text in "[a:0-9\\n ]{0,60}") {
            let _answers = (names_id(&text, [FIRST, LAST]), lends(&text, whole_range(LAST)), has_remote_users(&text));
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
