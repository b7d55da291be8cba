//! A process of the checker's own inside the container's namespaces.
//!
//! It executes nothing of the payload's, cannot be traced from inside, holds no descriptor of the host's but the pipe
//! it answers by, and stays in the checker's cgroup. What it says is read with a limit and a deadline.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::process::{enter_namespace, exit_now};
use redd_sys::single_thread::SingleThreaded;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    DumpableBehavior, Signal, WaitId, WaitIdOptions, set_dumpable_behavior, set_parent_process_death_signal,
    waitid,
};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Subject, SubjectError, outside};
use crate::probe::look;

/// The most that is read of an answer.
const ANSWER_MAX: usize = 16 * 1024 * 1024;
/// How long the work inside may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Does some work inside, and brings home what it returns; `needed` is a descriptor that the work has,
/// `meanwhile` happens here.
pub(crate) fn run_inside<T: Serialize + DeserializeOwned>(
    subject: &Subject,
    needed: Option<RawFd>,
    work: impl FnOnce() -> T,
    meanwhile: impl FnOnce(),
) -> Result<T, SubjectError> {
    let proof = SingleThreaded::check().map_err(SubjectError::Probe)?;
    let (reader, writer) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|errno| SubjectError::Probe(errno.into()))?;
    let child = match clone(&proof).map_err(SubjectError::Probe)? {
        Cloned::Parent(child) => child,
        Cloned::Child => child_exit(|| be_the_way_in(subject, &writer, needed, work)),
    };
    drop(writer);
    meanwhile();
    let answer = read_answer(&reader);
    // It has nothing left to do; where it hangs it is not waited for.
    best_effort(child.kill_and_reap());
    let answer = answer.map_err(SubjectError::Probe)?;
    if answer.is_empty() && outside::namespaces(&subject.directory()).is_empty() {
        return Err(SubjectError::Vanished);
    }
    match serde_json::from_slice::<Result<T, String>>(&answer) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) => Err(SubjectError::Probe(io::Error::other(error))),
        Err(error) => Err(SubjectError::Probe(io::Error::other(error))),
    }
}

fn clone(proof: &SingleThreaded) -> io::Result<Cloned> {
    Ok(clone_process(proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None })?)
}

/// A copy of the checker never returns into what the checker was doing.
fn child_exit(work: impl FnOnce()) -> ! {
    let panicked = catch_unwind(AssertUnwindSafe(work)).is_err();
    exit_now(u8::from(panicked))
}

/// The pid namespace takes a second copy: the first one only goes there.
fn be_the_way_in<T: Serialize>(
    subject: &Subject,
    writer: &OwnedFd,
    needed: Option<RawFd>,
    work: impl FnOnce() -> T,
) {
    // Asked of the host's /proc: what is at that path inside may be anything.
    let bounding = |directory: &Path| look::process(directory).bounding;
    let kept = bounding(&subject.directory()) & bounding(Path::new("/proc/self"));
    let entered = settle().and_then(|()| enter(subject)).and_then(|proof| clone(&proof));
    match entered {
        Err(error) => answer::<T>(writer, &Err(format!("cannot join the container: {error}"))),
        Ok(Cloned::Child) => child_exit(|| {
            let result =
                settle().and_then(|()| close_all_but(writer, needed)).and_then(|()| be_as_the_init(kept));
            let result = result.map_err(|error| format!("cannot be as the init: {error}"));
            answer(writer, &result.map(|()| work()));
        }),
        Ok(Cloned::Parent(child)) => wait(&child),
    }
}

fn settle() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

fn wait(child: &ChildProcess) {
    best_effort(waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED));
}

/// All namespaces that are not the checker's own, at once.
fn enter(subject: &Subject) -> io::Result<SingleThreaded> {
    const KINDS: [(&str, Namespaces); 7] = [
        ("user", Namespaces::USER),
        ("mnt", Namespaces::MOUNT),
        ("pid", Namespaces::PID),
        ("net", Namespaces::NETWORK),
        ("ipc", Namespaces::IPC),
        ("uts", Namespaces::UTS),
        ("cgroup", Namespaces::CGROUP),
    ];
    let own = outside::namespaces(Path::new("/proc/self"));
    let theirs = outside::namespaces(&subject.directory());
    let differing = KINDS.iter().filter(|(kind, _)| theirs.get(*kind) != own.get(*kind));
    let namespaces = differing.fold(Namespaces::empty(), |all, (_, namespace)| all | *namespace);
    let proof = SingleThreaded::check()?;
    enter_namespace(&proof, subject.handle.as_fd(), namespaces)?;
    // From here on the process has no place in the /proc that it sees, and could not prove it again.
    Ok(proof)
}

/// Root inside, with the capabilities that the init has.
fn be_as_the_init(kept: u64) -> io::Result<()> {
    // A map may forbid groups; then there are none to take away that matter.
    best_effort(rustix::thread::set_thread_groups(&[]));
    let (group, user) = (Gid::ROOT, Uid::ROOT);
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)?;
    for number in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        if kept >> number & 1 == 0 && rustix::thread::remove_capability_from_bounding_set(capability).is_err()
        {
            // Past the last capability that the kernel knows.
            break;
        }
    }
    let set = CapabilitySet::from_bits_retain(kept);
    let sets = CapabilitySets { effective: set, permitted: set, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets)?;
    // A change of users takes both back.
    settle()
}

/// Of the host's there is nothing to get hold of but the pipe, and what the work needs.
fn close_all_but(writer: &OwnedFd, needed: Option<RawFd>) -> io::Result<()> {
    let kept = needed.into_iter().chain([writer.as_raw_fd()]);
    Ok(redd_sys::process::close_all_but(kept.collect())?)
}

fn answer<T: Serialize>(writer: &OwnedFd, result: &Result<T, String>) {
    let Ok(text) = serde_json::to_vec(result) else { return };
    let mut rest = &text[..];
    while !rest.is_empty() {
        match rustix::io::write(writer, rest) {
            Ok(written) => rest = &rest[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

fn read_answer(reader: &OwnedFd) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let (mut answer, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        if !is_readable(reader.as_fd(), deadline)? {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        }
        match rustix::io::read(reader, &mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        if answer.len() > ANSWER_MAX {
            return Err(io::Error::other(format!("the answer is longer than {ANSWER_MAX} bytes")));
        }
    }
}

fn is_readable(fd: BorrowedFd<'_>, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = rustix::time::Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// For what nothing depends on.
fn best_effort<T>(_result: Result<T, redd_sys::Errno>) {}
