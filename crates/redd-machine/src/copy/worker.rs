//! A process that stands where its files are, and what is heard of it.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redd_spec::ids::IdRange;
use redd_sys::channel::Channel;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{
    DumpableBehavior, Pid, Resource, Signal, getrlimit, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::stdio::{stdin, stdout};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};

use super::report::{Failure, FailureKind, REPORT_MAX, Report, Reporter};
use super::side::Side;
use super::{Event, best_effort};

/// What is needed to read and write files of others, and nothing else.
const CAPABILITIES: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::DAC_READ_SEARCH)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::SETFCAP);

/// A process that copies. Dropping this ends it.
#[derive(Debug)]
pub(super) struct Worker {
    process: ChildProcess,
    reports: Channel,
}

impl Worker {
    /// Starts it with its end of the stream.
    pub(super) fn start(
        side: &Side,
        stream: UnixStream,
        work: impl FnOnce(UnixStream, &mut Reporter) -> Result<(), Failure>,
    ) -> Result<Self, Errno> {
        let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY)?;
        let (ours, theirs) = Channel::pair()?;
        let ids = match side {
            Side::AtRest { ids, .. } => *ids,
            Side::Host | Side::Running { .. } => None,
        };
        let namespaces = if ids.is_some() { Namespaces::USER } else { Namespaces::empty() };
        match clone_process(&proof, &CloneRequest { namespaces, into_cgroup: None })? {
            Cloned::Child => live(&proof, side, stream, theirs, work),
            Cloned::Parent(process) => {
                let worker = Self { process, reports: ours };
                if let Some(ids) = ids {
                    map_ids(worker.process.pid, ids)?;
                    worker.reports.send(b"mapped", &[])?;
                }
                Ok(worker)
            }
        }
    }
}

/// What it left is the other end's business: the stream ends, and so does everything that has no name yet.
impl Drop for Worker {
    fn drop(&mut self) {
        best_effort(self.process.kill_and_reap());
    }
}

fn map_ids(pid: Pid, ids: IdRange) -> Result<(), Errno> {
    for map in ["uid_map", "gid_map"] {
        let path = format!("/proc/{}/{map}", pid.as_raw_nonzero());
        let text = format!("0 {} {}\n", ids.start, ids.count);
        std::fs::write(path, text).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    }
    Ok(())
}

/// The whole life of the process: it never returns into what its parent was doing.
fn live(
    proof: &SingleThreaded,
    side: &Side,
    stream: UnixStream,
    channel: Channel,
    work: impl FnOnce(UnixStream, &mut Reporter) -> Result<(), Failure>,
) -> ! {
    let work = AssertUnwindSafe(|| -> Result<(), Errno> {
        if matches!(side, Side::AtRest { ids: Some(_), .. }) && channel.receive(&mut [0; 16])?.length == 0 {
            return Err(Errno::CANCELED);
        }
        let channel: OwnedFd = channel.into();
        settle(proof, side, &[stream.as_raw_fd(), channel.as_raw_fd()])?;
        let mut reporter = Reporter::new(channel);
        let result = work(stream, &mut reporter);
        reporter.end(result);
        Ok(())
    });
    process::exit_now(u8::from(!matches!(catch_unwind(work), Ok(Ok(())))))
}

/// Goes to where the files are, with nothing that is not needed there.
fn settle(proof: &SingleThreaded, side: &Side, needed: &[i32]) -> Result<(), Errno> {
    let ends = match side {
        Side::Host => vec![stdin().as_raw_fd(), stdout().as_raw_fd()],
        // Of the host's there is nothing in a machine but the two connections.
        Side::Running { .. } | Side::AtRest { .. } => Vec::new(),
    };
    process::close_all_but(needed.iter().copied().chain(ends).chain(side.descriptor()).collect())?;
    raise_descriptor_limit();
    rustix::process::umask(rustix::fs::Mode::empty());
    match side {
        Side::Host => {}
        Side::Running { leader, namespaces } => {
            rustix::process::setsid()?;
            process::enter_namespace(proof, leader.as_fd(), *namespaces)?;
            become_root()?;
        }
        Side::AtRest { ids, .. } => {
            rustix::process::setsid()?;
            if ids.is_some() {
                become_root()?;
            }
            keep_few_capabilities()?;
        }
    }
    // Last: a change of users takes both back.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    set_parent_process_death_signal(Some(Signal::KILL))
}

fn become_root() -> Result<(), Errno> {
    // A map may forbid groups; then there are none that lend a right inside.
    best_effort(rustix::thread::set_thread_groups(&[]));
    rustix::thread::set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT)?;
    rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)?;
    keep_few_capabilities()
}

fn keep_few_capabilities() -> Result<(), Errno> {
    let own = rustix::thread::capabilities(None)?;
    let kept = own.permitted.intersection(CAPABILITIES);
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets)
}

/// Directories that lie in one another take a descriptor each. Where the limit stays a deep tree ends with that word.
fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    best_effort(setrlimit(Resource::Nofile, limit));
}

/// Waits for both; why it failed, if it did.
pub(super) fn wait(workers: [Worker; 2], mut observe: impl FnMut(Event)) -> Result<(), Failure> {
    let mut ends: [Option<Result<(), Failure>>; 2] = [None, None];
    while ends.iter().any(Option::is_none) && !ends.iter().flatten().any(is_the_reason) {
        for index in ready(&workers, &ends)? {
            match receive(&workers[index]) {
                Report::Progress { bytes, total } => observe(Event::Progress { bytes, total }),
                Report::Left(text) => observe(Event::Left(text)),
                Report::Failed(failure) => ends[index] = Some(Err(failure)),
                Report::Done => ends[index] = Some(Ok(())),
            }
        }
    }
    let mut failures: Vec<Failure> = ends.into_iter().flatten().filter_map(Result::err).collect();
    // Who only met that the other one is gone knows less.
    failures.sort_by_key(|failure| failure.kind == FailureKind::PeerGone);
    failures.into_iter().next().map_or(Ok(()), Err)
}

fn is_the_reason(end: &Result<(), Failure>) -> bool {
    end.as_ref().is_err_and(|failure| failure.kind != FailureKind::PeerGone)
}

/// Those that have something to say.
fn ready(workers: &[Worker; 2], ends: &[Option<Result<(), Failure>>; 2]) -> Result<Vec<usize>, Failure> {
    let open: Vec<usize> = (0..workers.len()).filter(|&index| ends[index].is_none()).collect();
    let mut descriptors: Vec<PollFd<'_>> = open
        .iter()
        .map(|&index| PollFd::from_borrowed_fd(workers[index].reports.as_fd(), PollFlags::IN))
        .collect();
    match poll(&mut descriptors, None) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(Failure::at("waiting for", std::path::Path::new("the copy"))(errno)),
    }
    let is_ready = |position: usize| !descriptors[position].revents().is_empty();
    Ok(open.iter().enumerate().filter(|(position, _)| is_ready(*position)).map(|(_, &index)| index).collect())
}

/// The next report; one that cannot be read is the end, as is a process that ends without a word.
fn receive(worker: &Worker) -> Report {
    let mut buffer = vec![0; REPORT_MAX];
    let lost = || Report::Failed(Failure::refused("a process of the copy ended without a word", None));
    match worker.reports.receive(&mut buffer) {
        Ok(received) => serde_json::from_slice(&buffer[..received.length]).unwrap_or_else(|_error| lost()),
        Err(_) => lost(),
    }
}
