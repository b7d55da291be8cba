//! The process that a host lives and dies with, and the directory that its state is in.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::options::{Access, Manager, Options};

/// What makes a bare host.
const SCRIPT: &str = include_str!("bare.sh");
/// On a file system that overlays can be made of; not on one in memory, which trees of machines would fill.
const DIRECTORY: &str = "/var/tmp";
const DIRECTORIES: [&str; 8] = ["root", "upper", "work", "machines", "vartmp", "reddlib", "cgroup", "notify"];

/// A host's process and state.
#[derive(Debug)]
pub(crate) struct World {
    /// What is around the host; its end is the host's, its standard input's end is its.
    pub(crate) process: Child,
    pub(crate) state: PathBuf,
    pub(crate) name: String,
    /// Taken when the host is ready: it would block for ever once a socket is full that nobody reads.
    pub(crate) listener: Option<UnixDatagram>,
    /// Held open: it is needed most when the directory has gone.
    log: File,
}

impl World {
    pub(crate) fn make(options: &Options) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("redd-lab-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let state = Path::new(DIRECTORY).join(&name);
        for directory in DIRECTORIES {
            fs::create_dir_all(state.join(directory))?;
        }
        // It is the host's root directory, too.
        for directory in [&state, &state.join("upper")] {
            fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
        }
        fs::set_permissions(state.join("vartmp"), fs::Permissions::from_mode(0o1777))?;
        let listener = UnixDatagram::bind(state.join("notify/notify"))?;
        let log = File::options().read(true).append(true).create(true).open(state.join("log"))?;
        let mut command = match options.manager {
            Manager::Bare => bare(options, &state, &name)?,
            Manager::Redd => contained(options, &state, &name)?,
        };
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        Ok(Self { process: command.spawn()?, state, name, listener: Some(listener), log })
    }

    /// What was printed while it was made.
    pub(crate) fn log(&self) -> String {
        let (mut log, mut bytes) = (&self.log, Vec::new());
        match log.rewind().and_then(|()| log.read_to_end(&mut bytes)) {
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => error.to_string(),
        }
    }
}

fn bare(options: &Options, state: &Path, name: &str) -> io::Result<Command> {
    write_upper(options, &state.join("upper"))?;
    symlink(&options.tree, state.join("tree"))?;
    let removed = options.removed.iter().flat_map(|part| part.files());
    fs::write(state.join("removed"), removed.map(|file| format!("{file}\n")).collect::<String>())?;
    let binds = options.binds.iter().map(|bind| {
        let access = match bind.access {
            Access::ReadOnly => "ro",
            Access::ReadWrite => "rw",
        };
        format!("{access}\t{}\t{}\n", bind.source.display(), bind.destination.display())
    });
    fs::write(state.join("binds"), binds.collect::<String>())?;
    let mut environment = File::create(state.join("environment"))?;
    for (name, value) in &options.environment {
        write!(environment, "{name}={value}\0")?;
    }
    fs::write(state.join("bare.sh"), SCRIPT)?;
    let mut command = Command::new("setsid");
    command.args(["--wait", "unshare", "--mount", "bash"]).arg(state.join("bare.sh"));
    command.args(["around".as_ref(), state.as_os_str(), name.as_ref()]);
    Ok(command)
}

/// What is in the tree beside what the tree has.
fn write_upper(options: &Options, upper: &Path) -> io::Result<()> {
    let place = |path: &Path| -> io::Result<PathBuf> {
        let path = upper.join(path.strip_prefix("/").unwrap_or(path));
        fs::create_dir_all(path.parent().unwrap_or(upper))?;
        Ok(path)
    };
    if let Some(redd) = &options.redd {
        fs::copy(redd, place(Path::new("/usr/local/bin/redd"))?)?;
    }
    for (path, contents) in &options.files {
        fs::write(place(path)?, contents)?;
    }
    for unit in &options.masked {
        symlink("/dev/null", place(&Path::new("/etc/systemd/system").join(unit))?)?;
    }
    Ok(())
}

/// A container of redd's, which takes the tree as it is.
fn contained(options: &Options, state: &Path, name: &str) -> io::Result<Command> {
    let unsupported = !(options.removed.is_empty() && options.masked.is_empty() && options.files.is_empty());
    let Some(redd) = options.redd.as_ref().filter(|_| !unsupported) else {
        let why = "a host made by redd needs a redd, and takes the tree as it is";
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    };
    let mut command = Command::new(redd);
    command.args(["boot", "--machine", name, "--ephemeral", "--nesting", "--console=read-only"]);
    command.arg(format!("--bind-ro={}:/usr/local/bin/redd", redd.display()));
    for bind in &options.binds {
        let option = match bind.access {
            Access::ReadOnly => "--bind-ro",
            Access::ReadWrite => "--bind",
        };
        // The ids of the container are others, and files are theirs in it all the same.
        command.arg(format!("{option}={}:{}:idmap", bind.source.display(), bind.destination.display()));
    }
    for (name, value) in &options.environment {
        command.arg(format!("--setenv={name}={value}"));
    }
    command.arg(&options.tree).env("NOTIFY_SOCKET", state.join("notify/notify"));
    Ok(command)
}
