//! A command inside: as its PID 1 is confined, and as a child of this process.
//!
//! Two processes come one after the other. The first one is a copy of redd, born in the cgroup of PID 1, that joins
//! everything and gives up everything, but stays in the host's pid namespace, out of sight. It becomes the stub, and
//! only what the stub starts is seen inside: the payload's own user, confined as the payload is, with the caller's
//! streams and nothing else of the host's (R12, R13).

use std::convert::Infallible;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use redd_control::entry::Entry;
use redd_plan::action::{Missing, PrivilegeCheck};
use redd_plan::facts::UserFacts;
use redd_spec::capability::CapabilitySet;
use redd_spec::path::PathInRoot;
use redd_spec::payload::EnvironmentVariable;
use redd_spec::resources::Personality;
use redd_spec::selinux::SelinuxContext;
use redd_spec::text::ByteString;
use redd_sys::channel::Channel;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::root_dir::RootDir;
use redd_sys::single_thread::SingleThreaded;
use redd_sys::stub_init::{self, Role};
use redd_sys::{Errno, process, seccomp, signal};
use rustix::fs::{CWD, Gid, Mode, OFlags, Uid, fchown, openat};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer};
use rustix::termios::{Winsize, tcsetwinsize};

use super::cgroups::Cgroups;
use super::connect::{execute, stub, written};
use super::limits::Limits;
use super::message::{self, Limit, Message};
use super::seat::open_terminal;
use super::user::{self, UserWords};
use super::{EnterError, Leader, environment, join};
use crate::StepError;
use crate::child::execute::find;
use crate::child::privileges::{self, OwnFiles};
use crate::error::best_effort;

/// How long each of the two processes may take on its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to run, and how.
#[derive(Debug)]
pub struct Command<'a> {
    /// The program and its arguments; a login shell where there is none.
    pub arguments: &'a [ByteString],
    /// Root where nobody is named.
    pub user: Option<&'a UserWords>,
    /// Where it starts; in the user's home otherwise.
    pub directory: Option<&'a PathInRoot>,
    /// What the caller adds to its environment.
    pub variables: &'a [EnvironmentVariable],
    /// `$TERM`.
    pub terminal_type: Option<&'a str>,
    /// What it reads and writes.
    pub streams: Streams<'a>,
}

/// What a command reads and writes.
#[derive(Debug, Clone, Copy)]
pub enum Streams<'a> {
    /// Its standard input, output and error, as they are here.
    Given([BorrowedFd<'a>; 3]),
    /// A terminal of the payload's, of this size.
    Terminal(Winsize),
}

/// A command that runs.
#[derive(Debug)]
pub struct Started {
    /// It, a child of this process.
    pub process: ChildProcess,
    /// The other end of its terminal.
    pub terminal: Option<OwnedFd>,
    /// While this is open the stub knows that there is somebody to die with.
    pub life_line: Channel,
}

/// What the first process knows.
struct Traveller<'a> {
    proof: SingleThreaded,
    leader: &'a Leader,
    entry: &'a Entry,
    command: &'a Command<'a>,
    namespaces: Namespaces,
    cgroups: Cgroups,
    limits: Limits,
    /// What there is for PID 1 and its children.
    bounding: CapabilitySet,
    image: OwnedFd,
    channel: Channel,
}

/// Starts a command inside.
///
/// # Errors
/// It cannot be started. The cause is `ENOENT` or `EACCES` about the command itself where that is not to be had.
pub fn start(leader: &Leader, entry: &Entry, command: &Command<'_>) -> Result<Started, EnterError> {
    let cgroups = Cgroups::of(leader)?;
    if cgroups.is_frozen {
        return Err(EnterError::Frozen);
    }
    let (here, channel) = Channel::pair().map_err(EnterError::failed("making a channel"))?;
    let proof = SingleThreaded::check().map_err(|_threads| EnterError::failed("cloning")(Errno::BUSY))?;
    let traveller = Traveller {
        proof,
        leader,
        entry,
        command,
        namespaces: join::namespaces_to_join(leader)?,
        cgroups,
        limits: Limits::of(leader)?,
        bounding: CapabilitySet::from_bits(entry.bounding & leader.bounding()?),
        image: stub().map_err(EnterError::failed("making the stub"))?,
        channel,
    };
    let into_cgroup = traveller.cgroups.unified.as_ref().map(|cgroup| cgroup.as_fd());
    let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup };
    let child = match clone_process(&traveller.proof, &request) {
        Ok(Cloned::Parent(child)) => child,
        Ok(Cloned::Child) => {
            drop(here);
            traveller.go()
        }
        Err(Errno::AGAIN) => return Err(EnterError::TooManyProcesses),
        Err(Errno::NODEV | Errno::NOENT) => return Err(EnterError::NotRunning),
        Err(errno) => return Err(EnterError::failed("making a process in its cgroup")(errno)),
    };
    drop(traveller);
    let result = accompany(here, leader, child.pid);
    // It has nothing left to do; where it hangs it is not waited for.
    best_effort(signal::send(child.pidfd.as_fd(), signal::SIGKILL));
    if result.is_ok() || matches!(result, Err(EnterError::Killed)) {
        best_effort(waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED));
    }
    result
}

/// Hears what becomes of it, until the command is there.
fn accompany(channel: Channel, leader: &Leader, traveller: Pid) -> Result<Started, EnterError> {
    let gone = || if leader.is_running() { EnterError::Killed } else { EnterError::NotRunning };
    let protocol = || EnterError::failed("listening to the inside")(Errno::PROTO);
    let terminal = match message::receive_short(&channel, Limit::of(Some(PATIENCE)))? {
        Message::Last(_, mut descriptors) => descriptors.pop(),
        Message::Failed(cause) => return Err(failure(cause)),
        Message::Closed => return Err(gone()),
        Message::NoProgram(StepError { errno, detail, .. }) => {
            return Err(EnterError::NoProgram { program: detail, cause: errno });
        }
        Message::Piece(_) | Message::Born(_) => return Err(protocol()),
    };
    match message::receive_short(&channel, Limit::of(Some(PATIENCE)))? {
        // Without a user namespace the payload may have had its hand on the other end for a moment.
        Message::Born(Ok(pid)) if pid == traveller => Err(protocol()),
        Message::Born(Ok(pid)) => {
            Ok(Started { process: own_child(pid).ok_or_else(protocol)?, terminal, life_line: channel })
        }
        Message::Born(Err(Errno::AGAIN)) => Err(EnterError::TooManyProcesses),
        // A pid namespace without a PID 1 takes nobody.
        Message::Born(Err(Errno::NOMEM)) if !leader.is_running() => Err(EnterError::NotRunning),
        Message::Born(Err(errno)) => Err(EnterError::failed("making a process inside")(errno)),
        Message::Failed(cause) => Err(failure(cause)),
        Message::Closed => Err(gone()),
        Message::NoProgram(_) | Message::Piece(_) | Message::Last(..) => Err(protocol()),
    }
}

fn failure(cause: StepError) -> EnterError {
    EnterError::Failed { what: "going in".to_owned(), cause }
}

/// A child keeps its number until it is waited for, so the number means it.
fn own_child(pid: Pid) -> Option<ChildProcess> {
    let looked = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid), looked).ok()?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    Some(ChildProcess { pid, pidfd })
}

impl Traveller<'_> {
    /// The whole life of the first process.
    fn go(&self) -> ! {
        let attempt = AssertUnwindSafe(|| self.try_to_go());
        let result = catch_unwind(attempt).unwrap_or_else(|_panic| Err(Errno::NOTRECOVERABLE.into()));
        let Err(cause) = result;
        best_effort(message::send_failed(&self.channel, &cause));
        process::exit_now(u8::MAX)
    }

    fn try_to_go(&self) -> Result<Infallible, StepError> {
        (1..=signal::SIGNAL_MAX).for_each(signal::reset_to_default);
        signal::unblock_all()?;
        self.limits.set()?;
        self.cgroups.join()?;
        let own = OwnFiles::open()?;
        self.leave_streams()?;
        let streams = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        let needed = [own.as_fd(), self.image.as_fd(), self.channel.as_fd(), self.leader.pidfd.as_fd()];
        join::withdraw(&[&streams[..], &needed].concat())?;
        join::join(&self.proof, self.leader, self.namespaces)?;
        privileges::set_user(0, 0, &[])?;
        join::settle()?;
        let user = user::find(&RootDir::open(Path::new("/"))?, self.command.user)?;
        let terminal = self.open_terminal(&user)?;
        self.confine(&own, &user)?;
        let orders = self.orders(&user)?;
        let descriptors: Vec<BorrowedFd<'_>> = terminal.iter().map(|terminal| terminal.as_fd()).collect();
        message::send_answer(&self.channel, b"", &descriptors)?;
        execute(&self.image, &orders, &self.channel, None)
    }

    /// The standard streams are the command's from here on, and never the caller's terminal (R26).
    fn leave_streams(&self) -> Result<(), StepError> {
        let [input, output, error] = match self.command.streams {
            Streams::Given(streams) => {
                // All of them are copied first: one may have another one's number.
                streams.map(|stream| rustix::io::fcntl_dupfd_cloexec(stream, 3))
            }
            Streams::Terminal(_) => {
                let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
                [(); 3].map(|()| openat(CWD, "/dev/null", flags, Mode::empty()))
            }
        };
        Ok(stand_in(&input?, &output?, &error?)?)
    }

    /// The other end of a terminal, where the command gets one.
    fn open_terminal(&self, user: &UserFacts) -> Result<Option<OwnedFd>, StepError> {
        let Streams::Terminal(size) = self.command.streams else { return Ok(None) };
        let hint = "without -t no terminal is needed";
        let manager =
            open_terminal(&RootDir::open(Path::new("/"))?).map_err(|error| error.with_hint(hint))?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let payload = ioctl_tiocgptpeer(&manager, flags)?;
        tcsetwinsize(&manager, size)?;
        fchown(&payload, Some(Uid::from_raw(user.uid)), None::<Gid>)?;
        stand_in(&payload, &payload, &payload)?;
        Ok(Some(manager))
    }

    /// In the order in which a start does it: what the filter would refuse comes before it.
    fn confine(&self, own: &OwnFiles, user: &UserFacts) -> Result<(), StepError> {
        privileges::join_session_keyring()?;
        if self.entry.no_new_privileges {
            rustix::thread::set_no_new_privs(true)?;
        }
        let personality = if self.entry.is_32_bit { Personality::Bits32 } else { Personality::Native };
        privileges::set_personality(personality)?;
        if let Some(context) = &self.entry.selinux_context {
            let context = SelinuxContext::new(context).ok_or(Errno::INVAL)?;
            privileges::set_execution_context(own, &context)?;
        }
        seccomp::install(&self.entry.seccomp).map_err(StepError::about("the system call filter"))?;
        privileges::drop_bounding(self.bounding)?;
        privileges::set_user(user.uid, user.gid, &user.groups)?;
        let held = if user.uid == 0 { self.bounding } else { CapabilitySet::EMPTY };
        privileges::set_own_capabilities(held, CapabilitySet::EMPTY)?;
        self.enter_directory(user)?;
        join::settle()?;
        let new_privileges = match self.entry.no_new_privileges {
            true => PrivilegeCheck::NoneGained,
            false => PrivilegeCheck::Unchecked,
        };
        privileges::verify(own, held, self.bounding, CapabilitySet::EMPTY, new_privileges)
    }

    fn enter_directory(&self, user: &UserFacts) -> Result<(), StepError> {
        if let Some(directory) = self.command.directory {
            return privileges::set_working_directory(directory, Missing::Refuse);
        }
        let home = PathInRoot::new(&user.home).unwrap_or_else(|_strange| PathInRoot::root());
        privileges::set_working_directory(&home, Missing::Skip)
    }

    /// What the stub is to start.
    fn orders(&self, user: &UserFacts) -> Result<OwnedFd, StepError> {
        let environment = environment::of(self.entry, self.command, user);
        let (candidates, arguments) = environment::program(self.command, user, &environment);
        let program = match find(&candidates) {
            Ok(program) => program,
            Err(cause) => {
                let detail = arguments.first().map_or_else(String::new, ToString::to_string);
                best_effort(message::send_no_program(&self.channel, &StepError { detail, ..cause }));
                process::exit_now(u8::MAX)
            }
        };
        let orders = stub_init::orders(
            Role::Command,
            program.as_bytes(),
            arguments.iter().map(ByteString::as_bytes),
            environment.iter().map(ByteString::as_bytes),
        );
        Ok(written(&orders)?)
    }
}

fn stand_in(input: &OwnedFd, output: &OwnedFd, error: &OwnedFd) -> Result<(), Errno> {
    rustix::stdio::dup2_stdin(input)?;
    rustix::stdio::dup2_stdout(output)?;
    rustix::stdio::dup2_stderr(error)
}
