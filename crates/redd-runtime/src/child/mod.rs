//! The child's side: from the clone to the payload.
//!
//! This code runs in a copy of redd's only thread. It leaves by execve(2) or by exiting, never by returning, and
//! tells the host's side why a step failed.

pub(crate) mod console;
pub(crate) mod execute;
mod kernel_parameters;
pub(crate) mod mounts;
pub(crate) mod privileges;
mod root;

use std::os::fd::{AsFd as _, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use redd_plan::action::Action;
use redd_plan::descriptor::FdName;
use redd_plan::step::{Plan, Side};
use redd_sys::root_dir::RootDir;
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process, signal};

use crate::StepError;
use crate::error::best_effort;
use crate::host::network;
use crate::launch::{FdTable, Handshake, PeerMessage};

/// What the child knows while it walks the plan.
struct ChildSide<'a> {
    handshake: &'a Handshake,
    /// Where the host's side left the mounts; this process's working directory until the pivot.
    staging: OwnedFd,
    /// The container's root, once it is attached: every path is resolved below it.
    root: Option<RootDir>,
    descriptors: FdTable,
    /// What the payload is given, where it does not have its number already.
    sockets: &'a [OwnedFd],
}

impl ChildSide<'_> {
    fn root(&self) -> Result<&RootDir, StepError> {
        self.root.as_ref().ok_or_else(|| Errno::NOTDIR.into())
    }
}

/// Walks the plan from a step on, and ends.
pub(crate) fn walk(plan: &Plan, start: usize, handshake: Handshake, sockets: &[OwnedFd]) -> ! {
    // What fails before the first step belongs to the clone.
    let mut failed_at = start.saturating_sub(1);
    // A panic must not unwind into the copy of the host's side that this process is.
    let attempt = AssertUnwindSafe(|| walk_steps(plan, start, &handshake, sockets, &mut failed_at));
    let result = catch_unwind(attempt).unwrap_or_else(|_panic| Err(Errno::NOTRECOVERABLE.into()));
    if let Err(cause) = result {
        // Where nobody listens any more there is nobody to tell.
        best_effort(handshake.send_failed(failed_at, &cause));
    }
    process::exit_now(125)
}

fn walk_steps(
    plan: &Plan,
    start: usize,
    handshake: &Handshake,
    sockets: &[OwnedFd],
    failed_at: &mut usize,
) -> Result<(), StepError> {
    signal::unblock_all()?;
    let staging = rustix::fs::openat(
        rustix::fs::CWD,
        ".",
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    let mut side = ChildSide { handshake, staging, root: None, descriptors: FdTable::default(), sockets };
    let mut index = start;
    while let Some(step) = plan.steps.get(index) {
        *failed_at = index;
        match step.side {
            Side::Child => perform(&mut side, index, &step.action)?,
            Side::Host => index = await_host(plan, index, handshake)? - 1,
        }
        let next_is_host = plan.steps.get(index + 1).is_some_and(|next| next.side == Side::Host);
        if step.side == Side::Child && next_is_host {
            handshake.send_done(index)?;
        }
        index += 1;
    }
    Ok(())
}

/// Waits until the host's side has done its turn; the first step after it.
fn await_host(plan: &Plan, start: usize, handshake: &Handshake) -> Result<usize, StepError> {
    let end = start + plan.steps[start..].iter().take_while(|step| step.side == Side::Host).count();
    match handshake.receive()? {
        PeerMessage::Done { index } if index == end => Ok(end),
        // The host's side failed or is dead: there is nothing left to do.
        PeerMessage::Closed => process::exit_now(125),
        _ => Err(Errno::PROTO.into()),
    }
}

/// Does one step of the child.
fn perform(side: &mut ChildSide<'_>, index: usize, action: &Action) -> Result<(), StepError> {
    match action {
        Action::BecomeRoot => privileges::become_root(),
        Action::Unshare { namespaces } => unshare(side, namespaces),
        Action::SetHostname { hostname } => Ok(rustix::system::sethostname(hostname.as_str().as_bytes())?),
        Action::SetKernelParameters { parameters } => kernel_parameters::set(parameters),
        Action::EnableLoopback => network::enable_loopback(),
        Action::AttachRoot => root::attach(side),
        Action::AttachEmptyRoot { file_system, links } => root::attach_empty(side, file_system, links),
        Action::EnsureDirectory { path, mode } => mounts::ensure_directory(side, path, *mode),
        Action::Mount { target, file_system } => mounts::mount(side, target, file_system),
        Action::AttachStaged { slot, target, create } => mounts::attach_staged(side, *slot, target, *create),
        Action::AttachStagedFile { slot, file, target, flags } => {
            mounts::attach_staged_file(side, *slot, file, target, *flags)
        }
        Action::Bind { source, target, flags, missing, create } => {
            mounts::bind(side, source, target, *flags, *missing, *create)
        }
        Action::CreateLink { path, target } => Ok(side.root()?.make_link(path.as_path(), target)?),
        Action::Cover { path, missing } => mounts::cover(side, path, *missing),
        Action::ReplaceFile { path, replacement } => root::replace_file(side, path, replacement),
        Action::OpenConsole { target } => console::open(side, target),
        Action::OpenTerminals { numbers } => console::open_terminals(side, numbers),
        Action::PivotRoot => root::pivot(side),
        Action::MakeShared => root::make_shared(side),
        Action::SendDescriptors { names } => send_descriptors(side, index, names),
        Action::CreateHome { path, uid, gid } => root::create_home(side, path, *uid, *gid),
        Action::GiveConsole { uid, gid } => console::give(*uid, *gid),
        Action::AttachConsole { terminal } => console::attach(side, *terminal),
        Action::LeadSession => console::lead_session(),
        _ => privileges::perform(side, index, action),
    }
}

fn unshare(side: &mut ChildSide<'_>, namespaces: &[redd_plan::action::Namespace]) -> Result<(), StepError> {
    // /proc/self is the host's procfs still, and shows this process under its number there.
    let proof = SingleThreaded::check().map_err(StepError::from)?;
    process::unshare(&proof, crate::host::clone::flags(namespaces))?;
    // The working directory follows into the new mount namespace; a descriptor does not.
    side.staging = rustix::fs::openat(
        rustix::fs::CWD,
        ".",
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    Ok(())
}

fn send_descriptors(side: &mut ChildSide<'_>, index: usize, names: &[FdName]) -> Result<(), StepError> {
    let owned: Vec<OwnedFd> = names
        .iter()
        .map(|name| side.descriptors.remove(*name).ok_or_else(|| StepError::from(Errno::BADF)))
        .collect::<Result<_, _>>()?;
    let borrowed: Vec<_> = owned.iter().map(OwnedFd::as_fd).collect();
    Ok(side.handshake.send_descriptors(index, &borrowed)?)
}
