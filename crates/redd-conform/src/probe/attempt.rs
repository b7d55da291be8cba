//! Trying things: what the kernel lets a process inside do. Whatever is made is removed again.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use redd_sys::clone::{CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, mknodat};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::read::{self, Links, error_name};
use crate::observation::Attempts;

/// The user whom nothing belongs to.
const NOBODY: u32 = 65534;
/// The longest result.
const RESULT_MAX: usize = 1024;

/// Tries each, in order.
pub fn all<'a>(actions: impl IntoIterator<Item = &'a str>) -> Attempts {
    actions.into_iter().map(|action| (action.to_owned(), attempt(action))).collect()
}

/// Tries one thing, `VERB:ARGUMENT`: `ok`, `ok` and what was found, or the name of the error.
#[must_use]
pub fn attempt(action: &str) -> String {
    let (verb, argument) = action.split_once(':').unwrap_or((action, ""));
    let result = perform(verb, argument).unwrap_or_else(|error| error_name(&error));
    result.chars().take(RESULT_MAX).collect()
}

fn perform(verb: &str, argument: &str) -> io::Result<String> {
    let path = Path::new(argument);
    match verb {
        "stat" => read::node(path, Links::Followed).map(|node| ok(&node.line())),
        "file-system" => file_system(argument),
        "read" => read_some(path),
        "open-write" => done(open_write(path)),
        "create" => create(path),
        "write-through" => write_through(path),
        "namespace" => Ok(ok(&fs::read_link(format!("/proc/self/ns/{argument}"))?.to_string_lossy())),
        "user" => Ok(ok(&rustix::process::geteuid().as_raw().to_string())),
        "device" => device(argument),
        "pty" => pty(),
        "console" => console(path),
        "socket" => socket(path),
        "connect" => done(std::os::unix::net::UnixStream::connect(path)),
        "mount-tmpfs" => mount_tmpfs(),
        "mount-overlay" => mount_overlay(),
        "user-namespace" => in_child(Namespaces::USER, || Ok(())).map(|()| ok("")),
        "nest" => {
            in_child(Namespaces::USER | Namespaces::PID | Namespaces::MOUNT, mount_proc).map(|()| ok(""))
        }
        "clock" => set_clock(),
        "as-nobody" => in_child(Namespaces::empty(), || as_nobody(argument)).map(|()| ok("")),
        "set-user-id" => set_user_id(),
        "credential" => credential(argument),
        "cgroup" => own_cgroup_file(argument),
        _ => Err(io::Error::other("no such attempt")),
    }
}

fn ok(found: &str) -> String {
    format!("ok {}", found.trim_end()).trim_end().to_owned()
}

fn done<T>(result: io::Result<T>) -> io::Result<String> {
    result.map(|_done| ok(""))
}

fn open_write(path: &Path) -> io::Result<fs::File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    fs::OpenOptions::new().write(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn read_some(path: &Path) -> io::Result<String> {
    let mut text = Vec::new();
    read::open(path)?.take(256).read_to_end(&mut text)?;
    Ok(ok(&String::from_utf8_lossy(&text)))
}

/// A name that is nobody's.
fn own_name(directory: &Path) -> PathBuf {
    directory.join(format!(".redd-check-{}", std::process::id()))
}

fn create(directory: &Path) -> io::Result<String> {
    let path = own_name(directory);
    fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    done(fs::remove_file(path))
}

/// For a device: writing to it and reading from it.
fn write_through(path: &Path) -> io::Result<String> {
    open_write(path)?.write_all(b"x")?;
    Ok(ok(""))
}

fn file_system(path: &str) -> io::Result<String> {
    let mounts = crate::observation::mounts_of(&read::text("/proc/self/mountinfo"));
    let seen = crate::observation::Surroundings { mounts, ..Default::default() };
    fs::metadata(path)?;
    Ok(seen.mount_of(path).map_or_else(|| "unknown".to_owned(), |mount| ok(&mount.line())))
}

/// A directory that nodes can be made and used in; /run and /tmp mostly forbid that.
fn directory_for_nodes() -> io::Result<PathBuf> {
    use rustix::fs::StatVfsMountFlags as Flags;
    let usable = |place: &&str| {
        let allows = rustix::fs::statvfs(*place)
            .is_ok_and(|status| !status.f_flag.intersects(Flags::NODEV | Flags::RDONLY | Flags::NOSUID));
        allows && create(Path::new(place)).is_ok()
    };
    let found = ["/", "/var/tmp", "/var", "/root", "/dev"].into_iter().find(usable);
    found.map(PathBuf::from).ok_or_else(|| io::Error::other("no place for a device node"))
}

/// `c:1:3:w`: makes a device and opens it; for `w` writes to it too.
fn device(argument: &str) -> io::Result<String> {
    let mut words = argument.split(':');
    let kind = if words.next() == Some("b") { FileType::BlockDevice } else { FileType::CharacterDevice };
    let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let numbers = makedev(number(), number());
    let path = own_name(&directory_for_nodes()?);
    if let Err(errno) = mknodat(CWD, &path, kind, Mode::from_raw_mode(0o600), numbers) {
        return Ok(format!("mknod {}", error_name(&errno.into())));
    }
    let opened = match words.next() {
        Some("w") => write_through(&path).map(|_done| ()),
        _ => read::open(&path).map(|_file| ()),
    };
    fs::remove_file(&path)?;
    Ok(match opened {
        Ok(()) => "mknod ok, open ok".to_owned(),
        Err(error) => format!("mknod ok, open {}", error_name(&error)),
    })
}

fn pty() -> io::Result<String> {
    use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?.to_string_lossy().into_owned();
    let slave = read::open(Path::new(&name))?;
    if rustix::termios::isatty(&slave) { Ok(ok(&name)) } else { Ok(format!("{name} is no terminal")) }
}

fn console(path: &Path) -> io::Result<String> {
    let console = open_write(path)?;
    if rustix::termios::isatty(&console) { Ok(ok("a terminal")) } else { Ok("no terminal".to_owned()) }
}

fn socket(directory: &Path) -> io::Result<String> {
    let path = own_name(directory);
    let bound = std::os::unix::net::UnixListener::bind(&path)?;
    drop(bound);
    done(fs::remove_file(path))
}

/// Makes a directory of our own for a moment.
fn with_directory<T>(work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let places = ["/run", "/tmp", "/var/tmp", "/dev/shm"];
    let usable =
        places.iter().map(|place| own_name(Path::new(place))).find(|path| fs::create_dir(path).is_ok());
    let path = usable.ok_or_else(|| io::Error::other("no place for a directory"))?;
    let result = work(&path);
    fs::remove_dir(&path)?;
    result
}

fn mount_tmpfs() -> io::Result<String> {
    with_directory(|path| {
        mount("redd-check", path, "tmpfs", MountFlags::empty(), None)?;
        done(unmount(path, UnmountFlags::DETACH).map_err(io::Error::from))
    })
}

/// Layers and work directory are on a tmpfs of its own, so that nothing has to be removed.
fn mount_overlay() -> io::Result<String> {
    with_directory(|path| {
        mount("redd-check", path, "tmpfs", MountFlags::empty(), None)?;
        let result = overlay_on(path);
        unmount(path, UnmountFlags::DETACH)?;
        result
    })
}

fn overlay_on(path: &Path) -> io::Result<String> {
    for name in ["lower", "upper", "work", "merged"] {
        fs::create_dir(path.join(name))?;
    }
    let layer = |name: &str| path.join(name).display().to_string();
    let options =
        format!("lowerdir={},upperdir={},workdir={}", layer("lower"), layer("upper"), layer("work"));
    let options = std::ffi::CString::new(options).map_err(io::Error::other)?;
    mount("redd-check", path.join("merged"), "overlay", MountFlags::empty(), Some(options.as_c_str()))?;
    done(unmount(path.join("merged"), UnmountFlags::DETACH).map_err(io::Error::from))
}

/// Does something in a copy of this process, in new namespaces.
fn in_child(namespaces: Namespaces, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let proof = SingleThreaded::check()?;
    match clone_process(&proof, &CloneRequest { namespaces, into_cgroup: None })? {
        Cloned::Child => {
            let status = work().err().map_or(0, |error| error.raw_os_error().unwrap_or(254));
            redd_sys::process::exit_now(u8::try_from(status).unwrap_or(254))
        }
        Cloned::Parent(child) => {
            let ended = waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED)?;
            match ended.and_then(|status| status.exit_status()) {
                Some(0) => Ok(()),
                Some(254) | None => Err(io::Error::other("failed in the child")),
                Some(number) => Err(io::Error::from_raw_os_error(number)),
            }
        }
    }
}

/// As in `unshare --user --map-root-user --pid --fork --mount-proc`.
fn mount_proc() -> io::Result<()> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    Ok(mount("proc", "/proc", "proc", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None)?)
}

fn become_nobody() -> io::Result<()> {
    set_thread_groups(&[])?;
    let (group, user) = (Gid::from_raw(NOBODY), Uid::from_raw(NOBODY));
    set_thread_res_gid(group, group, group)?;
    Ok(set_thread_res_uid(user, user, user)?)
}

fn as_nobody(action: &str) -> io::Result<()> {
    become_nobody()?;
    let (verb, argument) = action.split_once(':').unwrap_or((action, ""));
    let result = perform(verb, argument)?;
    if result.starts_with("ok") { Ok(()) } else { Err(io::Error::other(result)) }
}

/// Whether a set-user-ID program of root's makes nobody root.
fn set_user_id() -> io::Result<String> {
    let path = own_name(&directory_for_nodes()?);
    fs::copy("/proc/self/exe", &path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4755))?;
    let command = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).map_err(io::Error::other)?;
    let result = in_child(Namespaces::empty(), || {
        become_nobody()?;
        let words = [super::PROBE_NAME_C, c"is-root"];
        let vectors = redd_sys::process::ExecVectors::new(words, []);
        Err(redd_sys::process::execute(&command, &vectors).into())
    });
    fs::remove_file(&path)?;
    result.map(|()| ok(""))
}

/// Sets the clock to what it says: to nothing, where that is allowed.
fn set_clock() -> io::Result<String> {
    use rustix::time::{ClockId, clock_gettime, clock_settime};
    done(clock_settime(ClockId::Realtime, clock_gettime(ClockId::Realtime)).map_err(io::Error::from))
}

fn credential(name: &str) -> io::Result<String> {
    let directory =
        std::env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| io::Error::other("no credentials"))?;
    let path = Path::new(&directory).join(name);
    let value = read_some(&path)?;
    Ok(format!("{value} on {}", file_system(&path.to_string_lossy())?))
}

fn own_cgroup_file(name: &str) -> io::Result<String> {
    let text = read::text("/proc/self/cgroup");
    let path = text.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    read_some(&Path::new("/sys/fs/cgroup").join(path.trim_start_matches('/')).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_ok_or_the_errors_name() {
        assert_eq!(attempt("read:/no-such-file"), "ENOENT");
        assert!(attempt("stat:/dev/null").starts_with("ok /dev/null: character 1:3"));
        assert_eq!(attempt("open-write:/"), "EISDIR");
        assert!(attempt("pty").starts_with("ok /dev/pts/"));
        assert_eq!(attempt("nonsense"), "no such attempt");
        assert!(attempt("namespace:mnt").starts_with("ok mnt:["));
    }

    #[test]
    fn nothing_is_left_of_an_attempt() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display();
        assert_eq!(attempt(&format!("create:{path}")), "ok");
        assert_eq!(attempt(&format!("socket:{path}")), "ok");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
