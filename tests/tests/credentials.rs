//! Credentials, from wherever they come.

#![expect(clippy::disallowed_methods, reason = "somebody has to be at the other end of a socket")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

use redd_tests::{
    CgroupView, Leftovers, Machine, Need, Run, covers, finish, in_view, needs, redd, unique_name,
};

const MEBIBYTE: usize = 1024 * 1024;

fn command(verb: &[&str], options: &[String]) -> Command {
    let mut command = redd();
    command.args(verb).args(["-x", "--as-pid1"]).args(options).arg(Need::Debian13.tree());
    command
}

/// What a command finds in its credentials' directory.
fn seen(options: &[String], text: &str) -> Run {
    let mut command = command(&["run"], options);
    command.args(["sh", "-c", &format!("cd $CREDENTIALS_DIRECTORY && {text}")]);
    finish(command)
}

/// A start that is refused, with what it says, and nothing left.
fn refused(options: &[String]) -> String {
    let name = unique_name();
    let leftovers = Leftovers::before(&name);
    let mut command = command(&["run", "-M", &name], options);
    let run = finish({
        command.arg("true");
        command
    });
    assert_eq!(run.status, 125, "{}", run.errors);
    leftovers.assert_none();
    run.errors
}

fn load(path: &Path) -> Vec<String> {
    vec![format!("--load-credential=id:{}", path.display())]
}

/// Somebody behind a socket, and where that is.
fn listen<Answer>(
    answer: impl FnOnce(UnixStream) -> Answer + Send + 'static,
) -> (tempfile::TempDir, PathBuf, JoinHandle<Answer>)
where
    Answer: Send + 'static,
{
    let directory = tempfile::tempdir().expect("a place for a socket");
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a place for a socket");
    let thread = thread::spawn(move || answer(listener.accept().expect("a place for a socket").0));
    (directory, path, thread)
}

#[test]
fn values_files_and_pipes_become_files_that_only_root_reads() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV5, RH7);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), b"of a file\0").unwrap();
    let mut options = load(file.path());
    options.push(r"--set-credential=other:a\x00\u00e4".to_owned());
    let run = seen(
        &options,
        "stat -c '%a %u %n' . *; od -An -c id other; touch x; findmnt -n -o FSTYPE,OPTIONS -T .",
    );
    let expected = "500 0 .\n400 0 id\n400 0 other\n   o   f       a       f   i   l   e  \\0   a  \\0 303 244\n\
                    ramfs ro,nosuid,nodev,noexec,relatime,nosymfollow,mode=500";
    assert_eq!(run.output, expected, "{}", run.errors);
    let mut piped = command(&["run"], &["--load-credential=id:/dev/stdin".to_owned()]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"of a pipe").unwrap();
    drop(writer);
    piped.args(["cat", "/run/host/credentials/id"]).stdin(reader);
    assert_eq!(finish(piped).output, "of a pipe");
}

#[test]
fn a_socket_is_read_to_its_end_and_told_for_whom() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV5);
    let (_directory, path, listening) = listen(|mut stream| {
        let name = stream.peer_addr().unwrap().as_abstract_name().unwrap().to_vec();
        stream.write_all(b"one").unwrap();
        stream.write_all(b" two").unwrap();
        String::from_utf8(name).unwrap()
    });
    let name = unique_name();
    let options = [load(&path), vec!["-M".to_owned(), name.clone()]].concat();
    let run = seen(&options, "cat id");
    assert_eq!(run.output, "one two", "{}", run.errors);
    let told = listening.join().unwrap();
    assert!(told.ends_with(&format!("/unit/redd@{name}.service/id")), "{told}");
}

#[test]
fn a_socket_that_hangs_floods_or_is_not_there_ends_the_start_by_name() {
    needs!(Need::Root, Need::Debian13);
    let hanging = thread::spawn(|| {
        let (_directory, path, listening) = listen(|mut stream| stream.read(&mut [0]).unwrap());
        let errors = refused(&load(&path));
        listening.join().unwrap();
        errors
    });
    let full = thread::spawn(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        // Nobody ever accepts, and the queue is full.
        let _listener = UnixListener::bind(&path).unwrap();
        let queue: Vec<UnixStream> = std::iter::from_fn(|| connect_now(&path)).take(10_000).collect();
        assert!(!queue.is_empty());
        refused(&load(&path))
    });
    let (_directory, path, listening) =
        listen(|mut stream| while stream.write_all(&[b'x'; 1 << 16]).is_ok() {});
    let errors = refused(&load(&path));
    assert!(errors.contains("--load-credential") && errors.contains("more than 1048576 bytes"), "{errors}");
    listening.join().unwrap();
    let errors = refused(&load(&path));
    assert!(errors.contains("socket: connecting: Connection refused"), "{errors}");
    let errors = refused(&load(Path::new("/nowhere/socket")));
    assert!(errors.contains("/nowhere/socket: No such file"), "{errors}");
    for errors in [hanging.join().unwrap(), full.join().unwrap()] {
        assert!(errors.contains("it did not end within 20 seconds"), "{errors}");
    }
}

/// A connection, unless one would have to wait for it.
fn connect_now(path: &Path) -> Option<UnixStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket =
        socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).expect("sockets are there");
    connect(&socket, &SocketAddrUnix::new(path).expect("the path is short")).ok()?;
    Some(socket.into())
}

#[test]
fn the_callers_own_credentials_come_before_those_of_the_host() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV5);
    let own = tempfile::tempdir().unwrap();
    let name = unique_name();
    let stored = PathBuf::from("/run/credstore").join(&name);
    fs::create_dir_all("/run/credstore").unwrap();
    fs::write(&stored, "of the host").unwrap();
    let options = [format!("--load-credential=id:{name}")];
    let told = || {
        let mut command = command(&["run"], &options);
        command.args(["cat", "/run/host/credentials/id"]).env("CREDENTIALS_DIRECTORY", own.path());
        finish(command)
    };
    let of_the_host = told().output;
    fs::write(own.path().join(&name), "its own").unwrap();
    let its_own = told().output;
    fs::remove_file(&stored).unwrap();
    assert_eq!((of_the_host.as_str(), its_own.as_str()), ("of the host", "its own"));
    fs::remove_file(own.path().join(&name)).unwrap();
    let none = told();
    assert_eq!(none.status, 125);
    assert!(none.errors.contains(&name) && none.errors.contains("/run/credstore"), "{}", none.errors);
}

#[test]
fn what_is_encrypted_is_refused_by_name() {
    needs!(Need::Root, Need::Debian13);
    let encrypted = tempfile::tempdir().unwrap();
    let name = unique_name();
    fs::write(encrypted.path().join(&name), "x").unwrap();
    let mut command = command(&["run"], &[format!("--load-credential=id:{name}")]);
    command.arg("true").env("ENCRYPTED_CREDENTIALS_DIRECTORY", encrypted.path());
    let run = finish(command);
    assert_eq!(run.status, 125);
    assert!(run.errors.contains("encrypted, which is not supported"), "{}", run.errors);
}

#[test]
fn limits_are_named() {
    needs!(Need::Root, Need::Debian13);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), vec![b'x'; MEBIBYTE]).unwrap();
    assert_eq!(seen(&load(file.path()), "stat -c %s id").output, "1048576");
    let with_one_more = [load(file.path()), vec!["--set-credential=more:x".to_owned()]].concat();
    assert!(
        refused(&with_one_more).contains("--set-credential: more: the credentials have more than 1048576")
    );
    fs::write(file.path(), vec![b'x'; MEBIBYTE + 1]).unwrap();
    assert!(refused(&load(file.path())).contains("it has more than 1048576 bytes"));
    let many: Vec<String> = (0..1025).map(|number| format!("--set-credential=c{number}:")).collect();
    assert!(refused(&many).contains("c1024: there are more than 1024 credentials"));
    assert_eq!(seen(&many[..1024], "ls | wc -l").output, "1024");
    assert!(refused(&load(Path::new("/etc"))).contains("it is no file, pipe or socket"));
    for option in ["--set-credential=id:a", "--load-credential=id:/etc/hostname"] {
        let twice = ["--set-credential=id:b".to_owned(), option.to_owned()];
        assert!(refused(&twice).contains("\"id\" is given twice"));
    }
}

#[test]
fn a_plan_asks_nobody_and_shows_no_value() {
    needs!(Need::Root, Need::Debian13);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let options = [load(&path), vec!["--set-credential=other:secretvalue".to_owned()]].concat();
    for format in [&["plan", "run"][..], &["plan", "--json", "run"]] {
        let mut command = command(format, &options);
        let run = finish({
            command.arg("true");
            command
        });
        assert_eq!(run.status, 0, "{}", run.errors);
        assert!(!run.output.contains("secretvalue") && run.output.contains("credentials"), "{}", run.output);
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
}

#[test]
fn a_command_of_another_user_reads_its_credentials() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV5);
    for users in ["--private-users=pick", "--private-users=no"] {
        let options = ["-u", "daemon", users, "--set-credential=id:told"].map(str::to_owned);
        let run = seen(&options, "cat id; stat -c '%a %U' . id; id -un");
        assert_eq!(run.output, "told500 daemon\n400 daemon\ndaemon", "{}", run.errors);
    }
}

/// A pipe says it once.
#[test]
fn a_reboot_keeps_what_was_read_from_a_pipe() {
    needs!(Need::Root, Need::Debian13);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = path.clone();
    let writing = thread::spawn(move || fs::write(writer, "told once").unwrap());
    let option = format!("--load-credential=id:{}", path.display());
    let machine = Machine::start_by(
        in_view(CgroupView::Native, redd()),
        &Need::Debian13.tree(),
        &["--ephemeral", &option],
    );
    machine.wait_for_message("READY=1");
    writing.join().unwrap();
    assert_eq!(machine.shell("cat /run/host/credentials/id"), "told once");
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert_eq!(machine.shell("cat /run/host/credentials/id"), "told once");
    assert_eq!(machine.stop(), 0);
}
