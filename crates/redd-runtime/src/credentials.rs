//! The values of credentials, read once in a machine's life: a pipe or a socket gives its value to one reader.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redd_spec::Spec;
use redd_spec::credential::{
    CREDENTIALS_MAX, CREDENTIALS_SIZE_MAX, Credential, CredentialName, CredentialSource,
};
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::root_dir::file_type;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::io::retry_on_intr;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, socket_with};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::{Error, facts};

/// How long somebody at the other end of a socket or pipe may take for everything.
const PEER_TIMEOUT: Duration = Duration::from_secs(20);
/// Where a host keeps credentials for services, see systemd.exec(5).
const STORES: [&str; 4] =
    ["/etc/credstore", "/run/credstore", "/usr/local/lib/credstore", "/usr/lib/credstore"];

/// Whether values are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of them.
    Everything,
    /// Not what somebody else would notice: sockets are not connected to, pipes not emptied.
    WithoutPeers,
}

/// The credentials with their values.
///
/// # Errors
/// One cannot be read in full and in time, or is too long, or they are too many.
pub(crate) fn read(spec: &Spec, reading: Reading) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut total = 0;
    for credential in &wanted(spec)? {
        let refuse = |reason: String| refusal(credential, Path::new(credential.name.as_str()), reason);
        if all.len() == CREDENTIALS_MAX {
            return Err(refuse(format!("there are more than {CREDENTIALS_MAX} credentials")));
        }
        let value = value(credential, &spec.name, reading)?;
        total += value.len();
        if total > CREDENTIALS_SIZE_MAX {
            let reason = format!("the credentials have more than {CREDENTIALS_SIZE_MAX} bytes together");
            return Err(refuse(reason));
        }
        all.push((credential.name.as_str().to_owned(), value));
    }
    Ok(all)
}

/// What is named by itself, and what patterns choose of redd's own, in the order of their names; whoever names one has his.
fn wanted(spec: &Spec) -> Result<Vec<Credential>, Error> {
    let mut wanted = spec.credentials.clone();
    let own = facts::credentials_directory().filter(|_| !spec.imported_credentials.is_empty());
    let Some(directory) = own else { return Ok(wanted) };
    let unreadable = |error: std::io::Error| Error::Input {
        option: "--import-credential",
        path: directory.clone(),
        reason: error.to_string(),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        names.extend(name.to_str().and_then(|name| CredentialName::new(name).ok()));
    }
    names.sort();
    names.retain(|name| spec.imported_credentials.iter().any(|pattern| pattern.matches(name)));
    names.retain(|name| !spec.credentials.iter().any(|credential| credential.name == *name));
    wanted.extend(names.into_iter().map(|name| {
        let source = CredentialSource::Inherited(name.clone());
        Credential { name, source }
    }));
    Ok(wanted)
}

fn refusal(credential: &Credential, path: &Path, reason: String) -> Error {
    let option = match credential.source {
        CredentialSource::Value(_) => "--set-credential",
        CredentialSource::Path(_) | CredentialSource::Inherited(_) => "--load-credential",
    };
    Error::Input { option, path: path.to_owned(), reason }
}

fn value(credential: &Credential, machine: &MachineName, reading: Reading) -> Result<Vec<u8>, Error> {
    let path = match &credential.source {
        CredentialSource::Value(value) => return Ok(value.clone()),
        CredentialSource::Path(path) => path.clone(),
        CredentialSource::Inherited(name) => {
            find(name).map_err(|reason| refusal(credential, Path::new(name.as_str()), reason))?
        }
    };
    let refuse = |reason: String| refusal(credential, &path, reason);
    let handle = openat(CWD, &path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| refuse(errno.to_string()))?;
    let source = Source { handle, machine, name: &credential.name };
    let value = source.read(reading).map_err(|failure| refuse(failure.to_string()))?;
    if value.len() > CREDENTIALS_SIZE_MAX {
        return Err(refuse(format!("it has more than {CREDENTIALS_SIZE_MAX} bytes")));
    }
    Ok(value)
}

/// What redd was given comes before what the host keeps.
fn find(name: &CredentialName) -> Result<PathBuf, String> {
    let own = facts::credentials_directory();
    let stores = STORES.iter().map(PathBuf::from);
    let plain = own.into_iter().chain(stores.clone()).map(|directory| directory.join(name.as_str()));
    if let Some(path) = plain.into_iter().find(|path| path.exists()) {
        return Ok(path);
    }
    let encrypted = stores.map(|store| store.with_extension("encrypted"));
    let mut encrypted = facts::encrypted_credentials_directory().into_iter().chain(encrypted);
    if encrypted.any(|directory| directory.join(name.as_str()).exists()) {
        return Err("it is there encrypted, which is not supported: have it decrypted for redd's own unit, \
                    with LoadCredentialEncrypted="
            .to_owned());
    }
    Err(format!("no such credential in $CREDENTIALS_DIRECTORY, {}", STORES.join(", ")))
}

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("it is no file, pipe or socket")]
    NoSource,
    #[error("it did not end within {} seconds", PEER_TIMEOUT.as_secs())]
    Slow,
    #[error("the names of the machine and the credential are too long together to be told to a socket")]
    LongName,
    #[error("connecting: {0}")]
    Connect(Errno),
    #[error(transparent)]
    Read(#[from] Errno),
}

/// Something that a credential is read from, looked at and read through one handle.
struct Source<'a> {
    handle: OwnedFd,
    machine: &'a MachineName,
    name: &'a CredentialName,
}

impl Source<'_> {
    fn read(&self, reading: Reading) -> Result<Vec<u8>, Failure> {
        match file_type(&fstat(&self.handle)?) {
            FileType::RegularFile => self.read_file(),
            FileType::Fifo | FileType::Socket if reading == Reading::WithoutPeers => Ok(Vec::new()),
            FileType::Fifo => read_peer(self.open()?.as_fd(), Instant::now() + PEER_TIMEOUT),
            FileType::Socket => self.read_socket(),
            _ => Err(Failure::NoSource),
        }
    }

    fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.handle.as_raw_fd())
    }

    fn open(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        openat(CWD, self.path(), flags, Mode::empty())
    }

    fn read_file(&self) -> Result<Vec<u8>, Failure> {
        let mut value = Vec::new();
        let limit = CREDENTIALS_SIZE_MAX as u64 + 1;
        let result = File::from(self.open()?).take(limit).read_to_end(&mut value);
        result.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(value)
    }

    /// Whoever listens is told for whom and which credential it is by the address that is connected from, as systemd does it
    /// for LoadCredential=.
    fn read_socket(&self) -> Result<Vec<u8>, Failure> {
        let deadline = Instant::now() + PEER_TIMEOUT;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let mut random = [0; 8];
        getrandom(&mut random, GetRandomFlags::empty())?;
        let random = u64::from_ne_bytes(random);
        let name = format!("{random:x}/unit/redd@{}.service/{}", self.machine, self.name);
        let address =
            SocketAddrUnix::new_abstract_name(name.as_bytes()).map_err(|_too_long| Failure::LongName)?;
        bind(&socket, &address).map_err(Failure::Connect)?;
        // Somebody who does not accept lets connecting wait.
        set_socket_timeout(&socket, Timeout::Send, Some(PEER_TIMEOUT))?;
        match connect(&socket, &SocketAddrUnix::new(self.path())?) {
            Ok(()) => read_peer(socket.as_fd(), deadline),
            Err(Errno::AGAIN) => Err(Failure::Slow),
            Err(errno) => Err(Failure::Connect(errno)),
        }
    }
}

/// Until the other end is done, or has said more than a credential has.
fn read_peer(peer: BorrowedFd<'_>, deadline: Instant) -> Result<Vec<u8>, Failure> {
    let mut value = Vec::new();
    let mut buffer = [0; 4096];
    while value.len() <= CREDENTIALS_SIZE_MAX {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(|_error| Failure::Slow)?;
        let mut polled = [PollFd::from_borrowed_fd(peer, PollFlags::IN)];
        if left.is_zero() || retry_on_intr(|| poll(&mut polled, Some(&timeout)))? == 0 {
            return Err(Failure::Slow);
        }
        match retry_on_intr(|| rustix::io::read(peer, &mut buffer)) {
            Ok(0) => break,
            Ok(length) => value.extend_from_slice(&buffer[..length]),
            Err(Errno::AGAIN) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    fn source(path: &Path) -> OwnedFd {
        openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap()
    }

    fn read_from(path: &Path) -> Result<Vec<u8>, Failure> {
        let (machine, name) = ("m".parse().unwrap(), CredentialName::new("id").unwrap());
        Source { handle: source(path), machine: &machine, name: &name }.read(Reading::Everything)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "somebody has to be at the other end; nothing here makes processes"
    )]
    /// What somebody behind a socket with a path longer than an address makes of a connection.
    fn answered(
        answer: impl FnOnce(std::os::unix::net::UnixStream) + Send + 'static,
    ) -> Result<Vec<u8>, Failure> {
        let directory = tempfile::tempdir().unwrap();
        let long = directory.path().join("x".repeat(120));
        std::fs::create_dir(&long).unwrap();
        let handle = source(&long);
        let listener = UnixListener::bind(format!("/proc/self/fd/{}/s", handle.as_raw_fd())).unwrap();
        let listening = thread::spawn(move || answer(listener.accept().unwrap().0));
        let result = read_from(&long.join("s"));
        listening.join().unwrap();
        result
    }

    #[test]
    fn a_socket_is_told_what_it_is_asked_for() {
        let value = answered(|mut stream| {
            let peer = stream.peer_addr().unwrap();
            let name = String::from_utf8(peer.as_abstract_name().unwrap().to_vec()).unwrap();
            let (random, rest) = name.split_once('/').unwrap();
            assert!(u64::from_str_radix(random, 16).is_ok(), "{name}");
            stream.write_all(rest.as_bytes()).unwrap();
        });
        assert_eq!(value.unwrap(), b"unit/redd@m.service/id");
    }

    #[test]
    fn a_socket_that_floods_is_left() {
        let value = answered(|mut stream| while stream.write_all(&[b'x'; 1 << 16]).is_ok() {});
        assert!(value.unwrap().len() > CREDENTIALS_SIZE_MAX);
    }

    #[test]
    fn a_peer_that_says_nothing_is_left_at_the_deadline() {
        let (reader, _writer) = rustix::pipe::pipe().unwrap();
        let result = read_peer(reader.as_fd(), Instant::now());
        assert!(matches!(result, Err(Failure::Slow)), "{result:?}");
    }

    #[test]
    fn a_pipe_is_read_to_its_end() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        File::from(writer).write_all(b"told").unwrap();
        let path = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
        assert_eq!(read_from(&path).unwrap(), b"told");
    }

    #[test]
    fn directories_and_devices_are_no_sources() {
        for path in ["/", "/dev/zero"] {
            assert!(matches!(read_from(Path::new(path)), Err(Failure::NoSource)), "{path}");
        }
    }
}
