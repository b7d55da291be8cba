//! What is known of the tree. It may be hostile: everything is reached through [`RootDir`] (R1, R7).

use std::path::{Path, PathBuf};

use redd_plan::facts::{
    EtcFile, FileKind, HostFacts, HostTimezone, Presence, TreeAccounts, TreeFacts, TreeIdentity,
};
use redd_spec::Spec;
use redd_spec::ids::HostId;
use redd_spec::payload::Payload;
use redd_spec::root::{PivotRoot, Root, Volatile};
use redd_spec::uuid::Uuid;
use redd_sys::Errno;
use redd_sys::root_dir::{Links, ReadError, RootDir, SMALL_FILE_MAX, file_type};
use rustix::fs::{FileType, fstat};

use super::{init, os_release, users};
use crate::Error;
use crate::template::Template;

/// Directories that a merged-usr tree has as links.
const USR_LINKS: [&str; 5] = ["bin", "lib", "lib32", "lib64", "sbin"];
/// Mount points that have to be real directories (R2).
const API_DIRECTORIES: [&str; 5] = ["/dev", "/proc", "/sys", "/run", "/tmp"];

/// Directories that every system has, and that are made where a tree lacks them.
const BASE_DIRECTORIES: [&str; 2] = ["/root", "/var"];

/// The tree, opened once.
#[derive(Debug)]
pub struct Tree {
    /// What becomes the container's root: every later look goes through this handle.
    pub root: RootDir,
    /// The tree's own directory, where the root is a directory of it, or lies over a template.
    whole: Option<RootDir>,
    /// What it lies over, where it holds only what differs from that.
    pub(crate) template: Option<Template>,
    /// Its path, for messages.
    pub path: PathBuf,
}

impl Tree {
    /// Opens the tree, and what is to be the root of it.
    ///
    /// # Errors
    /// It is not there, or no directory.
    pub fn open(root: &Root) -> Result<Self, Error> {
        let directory = Self::open_directory(&root.path)?;
        let template = Template::of(&root.path, &directory)?;
        let merged = template.as_ref().map(|template| template.merged(&directory)).transpose()?;
        let pivoted = root
            .pivot
            .as_ref()
            .map(|pivot| open_pivot(merged.as_ref().unwrap_or(&directory), pivot, &root.path));
        let (opened, whole) = match pivoted.transpose()?.or(merged) {
            Some(other) => (other, Some(directory)),
            None => (directory, None),
        };
        Ok(Self { root: opened, whole, template, path: root.path.clone() })
    }

    /// The tree's own directory.
    #[must_use]
    pub fn whole(&self) -> &RootDir {
        self.whole.as_ref().unwrap_or(&self.root)
    }

    /// The handle on it.
    #[must_use]
    pub fn into_whole(self) -> RootDir {
        self.whole.unwrap_or(self.root)
    }

    /// Opens a tree's directory.
    ///
    /// # Errors
    /// It is not there, or no directory.
    pub fn open_directory(path: &Path) -> Result<RootDir, Error> {
        let refuse = |reason: String, hint| Error::Tree { path: path.to_owned(), reason, hint };
        match RootDir::open(path) {
            Ok(root) => Ok(root),
            Err(Errno::NOENT) => {
                Err(refuse("does not exist".to_owned(), "a word without '/' is a name in /var/lib/machines"))
            }
            Err(Errno::NOTDIR) => Err(refuse(
                "is no directory".to_owned(),
                "name the root directory of a system; images are not supported yet",
            )),
            Err(errno) => Err(refuse(format!("cannot be opened: {errno}"), "redd needs to read the tree")),
        }
    }

    fn refuse(&self, reason: impl Into<String>, hint: &'static str) -> Error {
        Error::Tree { path: self.path.clone(), reason: reason.into(), hint }
    }

    fn kind(&self, path: &str) -> Result<FileKind, Error> {
        let status = self
            .root
            .status(Path::new(path))
            .map_err(Error::host(format!("looking at {path} in the tree")))?;
        Ok(status.map_or(FileKind::Missing, |status| file_kind(&status)))
    }

    fn is_directory(&self, path: &str) -> Presence {
        let handle = self.root.resolve(Path::new(path), Links::Followed);
        let status = handle.and_then(fstat);
        status.is_ok_and(|status| file_type(&status) == FileType::Directory).into()
    }

    fn small_file(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let contents = self.root.read_small_file(Path::new(path), SMALL_FILE_MAX);
        contents.map_err(|error| self.unusable_file(path, &error))
    }

    fn unusable_file(&self, path: &str, error: &ReadError) -> Error {
        self.refuse(format!("has a {path} that cannot be used: {error}"), "repair or remove that file")
    }
}

/// The directory of a tree that is to be the root; no link leads out of the tree.
fn open_pivot(tree: &RootDir, pivot: &PivotRoot, path: &Path) -> Result<RootDir, Error> {
    let look = || {
        let opened = tree.resolve(pivot.new.as_path(), Links::Followed)?;
        let is_directory = file_type(&fstat(&opened)?) == FileType::Directory;
        if is_directory { Ok(RootDir::from_fd(opened)) } else { Err(Errno::NOTDIR) }
    };
    look().map_err(|errno| match errno {
        Errno::NOENT | Errno::NOTDIR => Error::Tree {
            path: path.to_owned(),
            reason: format!("has no directory {} that could be the root", pivot.new),
            hint: "--pivot-root takes a path as it is in the tree",
        },
        errno => Error::host(format!("opening {} in the tree", pivot.new))(errno),
    })
}

/// What a file is, as far as plans tell files apart.
pub(crate) fn file_kind(status: &rustix::fs::Stat) -> FileKind {
    match file_type(status) {
        FileType::Symlink => FileKind::Link,
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        _ => FileKind::Other,
    }
}

/// Gathers the facts.
///
/// # Errors
/// The tree is none, or has something in a place where only one thing may be.
pub fn tree_facts(tree: &Tree, spec: &Spec, host: &HostFacts) -> Result<TreeFacts, Error> {
    let status = fstat(tree.whole()).map_err(Error::host("looking at the tree"))?;
    let missing_mount_points = missing_mount_points(tree)?;
    let zone = match &host.timezone {
        HostTimezone::Zone(zone) => tree.kind(&format!("/usr/share/zoneinfo/{zone}"))? != FileKind::Missing,
        HostTimezone::File | HostTimezone::Unset => false,
    };
    let os_release = os_release(&tree.root).map_err(|(path, error)| tree.unusable_file(path, &error))?;
    Ok(TreeFacts {
        owner: HostId(status.st_uid),
        group: HostId(status.st_gid),
        mode: status.st_mode & 0o7777,
        init: init::find(tree, spec)?,
        os_release: os_release.map(|contents| os_release::pretty_name(&contents).unwrap_or_default()),
        machine_id: machine_id(tree)?,
        usr: tree.is_directory("/usr"),
        usr_links: usr_links(tree, spec)?,
        user: payload_user(tree, spec)?,
        localtime: etc_file(tree, spec, "/etc/localtime")?,
        zone: zone.into(),
        resolv_conf: etc_file(tree, spec, "/etc/resolv.conf")?,
        missing_mount_points,
        etc: tree.is_directory("/etc"),
        accounts: accounts(tree, spec)?,
        identity: TreeIdentity { device: status.st_dev, inode: status.st_ino },
        template: tree.template.as_ref().map(Template::facts).transpose()?,
    })
}

/// Links are followed only where the host's file may have to be bound over them.
fn etc_file(tree: &Tree, spec: &Spec, path: &str) -> Result<EtcFile, Error> {
    let kind = tree.kind(path)?;
    if kind != FileKind::Link || !may_bind(spec) {
        return Ok(EtcFile { kind, leads_to: kind, target: None });
    }
    let failed = || Error::host(format!("following {path} in the tree"));
    let target = tree.root.read_link(Path::new(path)).map_err(failed())?;
    let end = match tree.root.follow_own_links(Path::new(path)) {
        Err(Errno::LOOP) => return Ok(EtcFile { kind, leads_to: FileKind::Missing, target: None }),
        result => result.map_err(failed())?,
    };
    let is_covered = API_DIRECTORIES.iter().any(|directory| end.starts_with(directory));
    let status = tree.root.status(&end).map_err(failed())?.filter(|_| !is_covered);
    let leads_to = status.map_or(FileKind::Missing, |status| file_kind(&status));
    Ok(EtcFile { kind, leads_to, target: target.and_then(|target| target.to_str().map(str::to_owned)) })
}

fn may_bind(spec: &Spec) -> bool {
    use redd_spec::integration::{ResolvConfMethod, ResolvConfMode, TimezoneMode};
    spec.root.access == redd_spec::root::Access::ReadOnly
        || spec.root.volatile == Volatile::State
        || spec.integration.timezone == TimezoneMode::Bind
        || matches!(spec.integration.resolv_conf, ResolvConfMode::From(ResolvConfMethod::Bind, _))
}

/// A link where an API file system is to be mounted would send the mount elsewhere, and is refused.
fn missing_mount_points(tree: &Tree) -> Result<Vec<&'static str>, Error> {
    let mut missing = Vec::new();
    for directory in API_DIRECTORIES {
        match tree.root.resolve(Path::new(directory), Links::Refused).and_then(fstat) {
            Ok(status) if file_type(&status) == FileType::Directory => {}
            Err(Errno::NOENT) => missing.push(directory),
            Ok(_) | Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(tree.refuse(
                    format!("has a {directory} that is no directory"),
                    "replace it by an empty directory",
                ));
            }
            Err(errno) => {
                return Err(Error::Host {
                    what: format!("looking at {directory} in the tree"),
                    cause: errno,
                });
            }
        }
    }
    // Links are followed where nothing of the kernel's is mounted.
    for directory in BASE_DIRECTORIES {
        if let Err(Errno::NOENT) = tree.root.resolve(Path::new(directory), Links::FollowedButLast) {
            missing.push(directory);
        }
    }
    Ok(missing)
}

/// The contents of a tree's os-release(5).
///
/// # Errors
/// Which file cannot be used, and why.
pub fn os_release(root: &RootDir) -> Result<Option<Vec<u8>>, (&'static str, ReadError)> {
    for path in ["/etc/os-release", "/usr/lib/os-release"] {
        let contents = root.read_small_file(Path::new(path), SMALL_FILE_MAX);
        if let Some(contents) = contents.map_err(|error| (path, error))? {
            return Ok(Some(contents));
        }
    }
    Ok(None)
}

/// `uninitialized` and an empty file both mean that there is none yet, see machine-id(5).
fn machine_id(tree: &Tree) -> Result<Option<Uuid>, Error> {
    let contents = tree.small_file("/etc/machine-id")?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&contents).trim().parse().ok())
}

/// An empty root gets the same links; other roots have them.
fn usr_links(tree: &Tree, spec: &Spec) -> Result<Vec<(String, String)>, Error> {
    let mut links = Vec::new();
    if spec.root.volatile != Volatile::Yes {
        return Ok(links);
    }
    for name in USR_LINKS {
        let target = tree
            .root
            .read_link(&Path::new("/").join(name))
            .map_err(Error::host("reading a link of the tree"))?;
        let target = target.and_then(|target| target.to_str().map(str::to_owned));
        let expected = format!("usr/{name}");
        if target
            .is_some_and(|target| target.trim_start_matches('/') == expected || target.starts_with("usr/"))
        {
            links.push((name.to_owned(), expected));
        }
    }
    Ok(links)
}

/// Looked at only where somebody is to be added to them.
fn accounts(tree: &Tree, spec: &Spec) -> Result<TreeAccounts, Error> {
    if spec.bound_users.names.is_empty() {
        return Ok(TreeAccounts::default());
    }
    users::accounts(&tree.root, &spec.bound_users.groups).map_err(|error| unusable_users(tree, &error))
}

fn unusable_users(tree: &Tree, error: &ReadError) -> Error {
    tree.refuse(format!("has user files that cannot be used: {error}"), "repair /etc/passwd and /etc/group")
}

fn payload_user(tree: &Tree, spec: &Spec) -> Result<Option<redd_plan::facts::UserFacts>, Error> {
    let Payload::Command(command) = &spec.payload else { return Ok(None) };
    if let Some(ids) = &command.ids {
        return users::of_ids(&tree.root, ids).map(Some).map_err(|error| unusable_users(tree, &error));
    }
    let wanted = command.user.as_deref().unwrap_or("root");
    users::user_facts(&tree.root, wanted).map_err(|error| unusable_users(tree, &error))
}
