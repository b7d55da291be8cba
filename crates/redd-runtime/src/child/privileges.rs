//! What the payload may do, settled from inside.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use redd_plan::action::{Action, Missing, PrivilegeCheck};
use redd_spec::capability::CapabilitySet;
use redd_spec::resources::Personality;
use redd_spec::selinux::SelinuxContext;
use redd_sys::root_dir::{SMALL_FILE_MAX, read_bounded};
use redd_sys::{Errno, process, seccomp, signal};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstatfs, openat, openat2};
use rustix::process::{Pid, Signal, getpid, set_parent_process_death_signal, umask};
use rustix::thread::{
    CapabilitySet as KernelSet, CapabilitySets, Gid, Uid, clear_ambient_capability_set,
    configure_capability_in_ambient_set, set_capabilities, set_keep_capabilities, set_no_new_privs,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use super::{ChildSide, execute};
use crate::StepError;
use crate::host::limits;

/// Does one of the last steps.
pub(super) fn perform(side: &mut ChildSide<'_>, index: usize, action: &Action) -> Result<(), StepError> {
    match action {
        Action::SetResourceLimits { limits, exactness } => limits::set(None, limits, *exactness),
        Action::ResetSignals { signals } => {
            signals.iter().for_each(|signal| signal::reset_to_default(signal.get()));
            Ok(())
        }
        Action::JoinSessionKeyring => join_session_keyring(),
        Action::SetWorkingDirectory { path, missing } => set_working_directory(path, *missing),
        Action::RefuseNewPrivileges => Ok(set_no_new_privs(true)?),
        Action::SetPersonality { personality } => set_personality(*personality),
        Action::SetExecutionContext { context } => set_execution_context(&OwnFiles::open()?, context),
        Action::KeepCapabilities => Ok(set_keep_capabilities(true)?),
        Action::InstallSeccomp { program } => Ok(seccomp::install(program.instructions())?),
        Action::DropBoundingCapabilities { kept } => drop_bounding(*kept),
        Action::SetUser { uid, gid, groups } => set_user(*uid, *gid, groups),
        Action::SetCapabilities { capabilities, ambient } => set_own_capabilities(*capabilities, *ambient),
        Action::DieWithSupervisor => die_with_supervisor(side),
        Action::VerifyConfinement { capabilities, bounding, ambient, new_privileges } => {
            verify(&OwnFiles::open()?, *capabilities, *bounding, *ambient, *new_privileges)
        }
        Action::Execute(execution) => execute::execute(side.handshake, side.sockets, index, execution),
        // A plan that gives the child a step of the host's side is a bug of the planner, and refused.
        _ => Err(Errno::NOSYS.into()),
    }
}

/// Until the map is written a child is nobody in its user namespace.
pub(super) fn become_root() -> Result<(), StepError> {
    set_user(0, 0, &[])
}

/// A kernel without keyrings has none to share, and no file that lists them.
pub(crate) fn join_session_keyring() -> Result<(), StepError> {
    match process::join_new_session_keyring() {
        Ok(()) => Ok(()),
        Err(Errno::NOSYS) if !std::path::Path::new("/proc/keys").exists() => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Entered through the container's root; what cannot be reached from there is no directory to start in (R11).
pub(crate) fn set_working_directory(
    path: &redd_spec::path::PathInRoot,
    missing: Missing,
) -> Result<(), StepError> {
    umask(Mode::from_raw_mode(0o022));
    match (rustix::process::chdir(path.as_path()), missing) {
        // This process is in the root since that is the payload's.
        (Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS), Missing::Skip) => {}
        (result, _) => result.map_err(StepError::about(path.to_string()))?,
    }
    let directory = rustix::process::getcwd(Vec::new())?;
    if directory.as_bytes().starts_with(b"/") { Ok(()) } else { Err(Errno::NOENT.into()) }
}

/// The kernel may have capabilities that have no name yet: they go too.
pub(crate) fn drop_bounding(kept: CapabilitySet) -> Result<(), StepError> {
    const CAPABILITY_MAX: u32 = 63;
    for number in 0..=CAPABILITY_MAX {
        if kept.bits() >> number & 1 == 1 {
            continue;
        }
        let capability = KernelSet::from_bits_retain(1 << number);
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // Past the last capability that the kernel knows.
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(StepError::about(format!("capability {number}"))(errno)),
        }
    }
    Ok(())
}

pub(crate) fn set_user(uid: u32, gid: u32, groups: &[u32]) -> Result<(), StepError> {
    let groups: Vec<Gid> = groups.iter().map(|&group| Gid::from_raw(group)).collect();
    set_thread_groups(&groups).map_err(StepError::about("setting groups"))?;
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    set_thread_res_gid(gid, gid, gid).map_err(StepError::about("setting the group"))?;
    set_thread_res_uid(uid, uid, uid).map_err(StepError::about("setting the user"))
}

/// An ambient capability has to be inheritable, and is one by one.
pub(crate) fn set_own_capabilities(
    capabilities: CapabilitySet,
    ambient: CapabilitySet,
) -> Result<(), StepError> {
    let set = KernelSet::from_bits_retain(capabilities.bits());
    let inheritable = KernelSet::from_bits_retain(ambient.bits());
    clear_ambient_capability_set()?;
    set_capabilities(None, CapabilitySets { effective: set, permitted: set, inheritable })?;
    for number in (0..u64::BITS).filter(|number| ambient.bits() >> number & 1 == 1) {
        configure_capability_in_ambient_set(KernelSet::from_bits_retain(1 << number), true)
            .map_err(StepError::about(format!("capability {number}")))?;
    }
    Ok(())
}

/// The kernel is asked what came of it: what it does not know it may pass over.
pub(crate) fn set_personality(personality: Personality) -> Result<(), StepError> {
    let wanted = match personality {
        Personality::Native => process::PERSONALITY_NATIVE,
        Personality::Bits32 => process::PERSONALITY_32_BITS,
    };
    process::set_personality(wanted)?;
    match process::personality()? {
        set if set == wanted => Ok(()),
        _ => Err(StepError::about("the personality is not as planned")(Errno::INVAL)),
    }
}

/// What the loaded policy makes of the context it says when the payload is executed, or now.
pub(crate) fn set_execution_context(own: &OwnFiles, context: &SelinuxContext) -> Result<(), StepError> {
    let file = own.file("attr/exec", OFlags::WRONLY)?;
    let written = rustix::io::write(&file, context.as_str().as_bytes())
        .map_err(StepError::about(context.as_str().to_owned()))?;
    if written == context.as_str().len() { Ok(()) } else { Err(Errno::IO.into()) }
}

/// Leaves nothing but the user.
pub(crate) fn drop_all_privileges() -> Result<(), StepError> {
    set_no_new_privs(true)?;
    drop_bounding(CapabilitySet::default())?;
    set_own_capabilities(CapabilitySet::EMPTY, CapabilitySet::EMPTY)
}

/// Set last: changing users clears it. A supervisor that died before is seen by its end of the channel (R15).
fn die_with_supervisor(side: &ChildSide<'_>) -> Result<(), StepError> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let channel = side.handshake.descriptor()?;
    let mut polled = [PollFd::from_borrowed_fd(channel.as_fd(), PollFlags::empty())];
    poll(&mut polled, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    if polled[0].revents().contains(PollFlags::HUP) {
        process::exit_now(125);
    }
    Ok(())
}

/// What the kernel says of this process, against what was planned (R20).
pub(crate) fn verify(
    own: &OwnFiles,
    capabilities: CapabilitySet,
    bounding: CapabilitySet,
    ambient: CapabilitySet,
    new_privileges: PrivilegeCheck,
) -> Result<(), StepError> {
    let status = own_status(own)?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let set = |name: &str| field(name).and_then(|bits| u64::from_str_radix(bits, 16).ok());
    let wrong = |what: &str| Err(StepError::about(format!("{what} is not as planned"))(Errno::PERM));
    if field("Seccomp:") != Some("2") {
        return wrong("the system call filter");
    }
    let expected = [
        ("CapInh:", ambient),
        ("CapAmb:", ambient),
        ("CapPrm:", capabilities),
        ("CapEff:", capabilities),
        ("CapBnd:", bounding),
    ];
    if let Some((name, _)) = expected.into_iter().find(|(name, wanted)| set(name) != Some(wanted.bits())) {
        return wrong(name);
    }
    if new_privileges == PrivilegeCheck::NoneGained && field("NoNewPrivs:") != Some("1") {
        return wrong("no_new_privs");
    }
    Ok(())
}

fn own_status(own: &OwnFiles) -> Result<String, StepError> {
    let status = own.file("status", OFlags::RDONLY)?;
    let contents = read_bounded(&status, SMALL_FILE_MAX).map_err(|_error| StepError::from(Errno::IO))?;
    Ok(String::from_utf8_lossy(&contents).into_owned())
}

/// The kernel's files about this process.
#[derive(Debug)]
pub(crate) struct OwnFiles {
    /// The procfs that shows this process under that number.
    proc: OwnedFd,
    pid: Pid,
}

impl OwnFiles {
    pub(crate) fn open() -> Result<Self, StepError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = openat(CWD, "/proc", flags, Mode::empty())?;
        if fstatfs(&proc)?.f_type != PROC_SUPER_MAGIC {
            return Err(StepError::about("/proc is no procfs")(Errno::PERM));
        }
        Ok(Self { proc, pid: getpid() })
    }

    /// The kernel's file, and none that something was mounted over it with (R6).
    fn file(&self, name: &str, access: OFlags) -> Result<OwnedFd, StepError> {
        let path = format!("{}/{name}", self.pid);
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
        openat2(&self.proc, &path, access | OFlags::CLOEXEC, Mode::empty(), resolve)
            .map_err(StepError::about(format!("/proc/{path}")))
    }
}

impl AsFd for OwnFiles {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.proc.as_fd()
    }
}
