//! Users of the host, from its own files: no name service is asked, as redd is a static program. What only a name service knows
//! (systemd-homed, userdb, LDAP) is no user here.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use redd_plan::facts::{BoundUserFacts, HostAccount, SshKeys, UserFacts};
use redd_spec::bound_user::AccountName;
use redd_spec::ids::HostId;
use redd_sys::Errno;
use redd_sys::root_dir::{ReadError, SMALL_FILE_MAX, file_type, read_bounded};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};

use super::{read_text, users};
use crate::Error;

/// Keys are below the home, and read by its owner's leave only.
const AUTHORIZED_KEYS: &str = ".ssh/authorized_keys";

type BoundUsers = (Vec<BoundUserFacts>, BTreeMap<usize, OwnedFd>);

/// What the host knows of the users, and their homes, opened.
///
/// # Errors
/// One of the host's files cannot be read.
pub(crate) fn bound_users(names: &[AccountName]) -> Result<BoundUsers, Error> {
    let (mut all, mut homes) = (Vec::new(), BTreeMap::new());
    if names.is_empty() {
        return Ok((all, homes));
    }
    let read = |path| Ok::<_, Error>(read_text(path)?.unwrap_or_default());
    let files =
        Files { passwd: read("/etc/passwd")?, group: read("/etc/group")?, shadow: read("/etc/shadow")? };
    for (index, name) in names.iter().enumerate() {
        let user = users::find_user(&files.passwd, name.as_str());
        let account = match user {
            None => None,
            Some(user) => {
                let home = open_home(Path::new(&user.home))?;
                let account = files.account(user, home.as_ref())?;
                homes.extend(home.map(|home| (index, home)));
                Some(account)
            }
        };
        all.push(BoundUserFacts { name: name.clone(), account });
    }
    Ok((all, homes))
}

/// The host's user database, as far as it stands in files.
struct Files {
    passwd: String,
    group: String,
    shadow: String,
}

impl Files {
    fn account(&self, user: UserFacts, home: Option<&OwnedFd>) -> Result<HostAccount, Error> {
        let status = home.map(fstat).transpose().map_err(Error::host(format!("looking at {}", user.home)))?;
        let keys = home.map(|home| ssh_keys(home.as_fd(), user.uid));
        Ok(HostAccount {
            uid: HostId(user.uid),
            gid: HostId(user.gid),
            group: users::group_name(&self.group, user.gid),
            home: PathBuf::from(user.home),
            home_owner: status.map(|status| HostId(status.st_uid)),
            shell: user.shell,
            hashed_password: hashed_password(&self.shadow, &user.name),
            ssh_keys: keys.unwrap_or_default(),
        })
    }
}

/// A locked password is none, and neither is an empty one: it would open the account to everybody.
fn hashed_password(shadow: &str, name: &str) -> Option<String> {
    let line = shadow.lines().find(|line| line.split(':').next() == Some(name))?;
    let hash = line.split(':').nth(1)?;
    let is_hash = hash.starts_with('$') && hash.bytes().all(|byte| byte.is_ascii_graphic());
    is_hash.then(|| hash.to_owned())
}

fn open_home(path: &Path) -> Result<Option<OwnedFd>, Error> {
    match openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(home) => Ok(Some(home)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(Error::host(format!("opening the home directory {}", path.display()))(errno)),
    }
}

/// The home is its owner's, who could put there a link to what only root reads, something that never ends, or a file that was
/// shared: what is taken is a file of the user's own.
fn ssh_keys(home: BorrowedFd<'_>, owner: u32) -> SshKeys {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let unusable = |reason: &str| SshKeys::Unusable(reason.to_owned());
    let file = match openat2(home, AUTHORIZED_KEYS, flags, Mode::empty(), resolve) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return SshKeys::Missing,
        Err(Errno::LOOP) => return unusable("a symbolic link leads there"),
        Err(errno) => return unusable(&errno.to_string()),
    };
    match fstat(&file) {
        Ok(status) if file_type(&status) != FileType::RegularFile => unusable("they are no regular file"),
        Ok(status) if status.st_uid != owner => unusable("they are not the user's own file"),
        Ok(status) if status.st_mode & 0o022 != 0 => unusable("others can write them"),
        Ok(_) => match read_bounded(&file, SMALL_FILE_MAX) {
            Ok(contents) => parse_keys(&contents),
            Err(ReadError::TooLong { .. }) => unusable("they are longer than 64 KiB"),
            Err(error) => unusable(&error.to_string()),
        },
        Err(errno) => unusable(&errno.to_string()),
    }
}

fn parse_keys(contents: &[u8]) -> SshKeys {
    let Ok(text) = std::str::from_utf8(contents) else {
        return SshKeys::Unusable("they are no text".to_owned());
    };
    let is_key = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let keys: Vec<String> = text.lines().map(str::trim).filter(is_key).map(str::to_owned).collect();
    if keys.is_empty() { SshKeys::Missing } else { SshKeys::Keys(keys) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("alice", Some("$y$j9T$x"))]
    #[case("bob", None)]
    #[case("carol", None)]
    #[case("dave", None)]
    #[case("eve", None)]
    fn only_a_password_that_opens_is_handed_on(#[case] name: &str, #[case] expected: Option<&str>) {
        let shadow = "alice:$y$j9T$x:1::::::\nbob:!$y$j9T$x:1\ncarol:*:1\ndave::1\n";
        assert_eq!(hashed_password(shadow, name).as_deref(), expected);
    }

    fn home_with(make: impl FnOnce(&Path)) -> SshKeys {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".ssh")).unwrap();
        make(&home.path().join(AUTHORIZED_KEYS));
        let owner = fs::metadata(home.path()).unwrap().uid();
        ssh_keys(open_home(home.path()).unwrap().unwrap().as_fd(), owner)
    }

    #[test]
    fn keys_are_read_from_a_plain_file() {
        let keys = home_with(|path| fs::write(path, "# mine\n\nssh-ed25519 AAAA me\n").unwrap());
        assert_eq!(keys, SshKeys::Keys(vec!["ssh-ed25519 AAAA me".to_owned()]));
        assert_eq!(home_with(|_path| {}), SshKeys::Missing);
    }

    #[test]
    fn keys_that_a_user_could_lend_are_not_read() {
        let link = |path: &Path| symlink("/etc/passwd", path).unwrap();
        let fifo = |path: &Path| rustix::fs::mkfifoat(CWD, path, Mode::from_raw_mode(0o600)).unwrap();
        let huge = |path: &Path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
        let shared = |path: &Path| {
            fs::write(path, "key").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
        };
        let makers: [&dyn Fn(&Path); 4] = [&link, &fifo, &huge, &shared];
        for make in makers {
            assert!(matches!(home_with(|path| make(path)), SshKeys::Unusable(_)));
        }
    }

    #[test]
    fn keys_of_somebody_else_are_not_read() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".ssh")).unwrap();
        fs::write(home.path().join(AUTHORIZED_KEYS), "key").unwrap();
        let other = fs::metadata(home.path()).unwrap().uid() + 1;
        let keys = ssh_keys(open_home(home.path()).unwrap().unwrap().as_fd(), other);
        assert!(matches!(keys, SshKeys::Unusable(_)), "{keys:?}");
    }

    proptest! {
        #[test]
        fn any_contents_are_taken(contents in prop::collection::vec(any::<u8>(), 0..200), shadow in ".{0,80}") {
            drop((parse_keys(&contents), hashed_password(&shadow, "alice")));
        }
    }
}
