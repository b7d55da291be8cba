//! Each action as a line of the printed plan, and as what an error says was being done.

use std::fmt;

use redd_spec::kernel_parameter::KernelParameter;
use redd_spec::mounts::TmpfsOption;
use redd_spec::resources::Personality;

use crate::link::InnerLink;

use super::{
    Action, Birth, ControllingTerminal, Execution, ExecutionInit, FileSystem, MountSource, Namespace,
    Replacement, StageIdMap, UpperLayer,
};

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fmt_unit(formatter)? || self.fmt_host(formatter)? {
            Ok(())
        } else {
            self.fmt_child(formatter)
        }
    }
}

/// Whether a line was written.
type Written = Result<bool, fmt::Error>;

impl Action {
    fn fmt_unit(&self, formatter: &mut fmt::Formatter<'_>) -> Written {
        match self {
            Self::AskForScope(scope) => {
                write!(formatter, "ask systemd for {} in {}", scope.name, scope.slice.as_str())?;
                match scope.properties.as_slice() {
                    [] => Ok(()),
                    properties => write!(formatter, " with {}", list(properties)),
                }
            }
            Self::PublishUnixExport { link } => {
                write!(formatter, "lead {} to the exported sockets", link.display())
            }
            Self::RegisterMachine(entry) => write!(formatter, "tell systemd-machined of {}", entry.name),
            Self::SetUnitProperties { unit, properties } => {
                write!(formatter, "set {} of {unit}", list(properties))
            }
            _ => return Ok(false),
        }?;
        Ok(true)
    }

    fn fmt_host(&self, formatter: &mut fmt::Formatter<'_>) -> Written {
        match self {
            Self::CreateCgroup { path } => write!(formatter, "create cgroup {path}"),
            Self::MoveSelf { path } => write!(formatter, "move redd itself to cgroup {path}"),
            Self::EnableControllers { path, controllers, .. } => {
                write!(formatter, "hand down controllers {} in {path}", list(controllers))
            }
            Self::SetCgroupAttribute { path, attribute, value } => {
                write!(formatter, "set {attribute}={value} in {path}")
            }
            Self::AttachDeviceProgram { path, program } => write!(
                formatter,
                "attach the device filter ({} instructions) to {path}",
                program.instructions().len()
            ),
            Self::SetDeviceRules { path, .. } => write!(formatter, "write the device filter to {path}"),
            Self::DelegateCgroup { path, owner, .. } => write!(formatter, "give cgroup {path} to id {owner}"),
            Self::CreateNamedCgroup { path, owner } => {
                write!(formatter, "create cgroup {path} for id {owner}")
            }
            Self::JoinNamedCgroup { path } => write!(formatter, "put the child into cgroup {path}"),
            Self::OpenPayloadCgroup { path } => write!(formatter, "open cgroup {path}"),
            Self::CreateHostDirectory { path, .. } => write!(formatter, "make directory {}", path.display()),
            Self::CreateJournalDirectory { path } => write!(formatter, "make directory {}", path.display()),
            Self::LinkJournal { link, target } => {
                write!(formatter, "link {} to {}", link.display(), target.display())
            }
            Self::EnterStagingNamespace => formatter.write_str("enter a private mount namespace for staging"),
            Self::CopyMount { slot, source } => write!(formatter, "copy a mount for {slot}: {source}"),
            Self::Stage { slot, id_map, flags } => write!(formatter, "stage {slot}{id_map} ({flags})"),
            Self::StageOverlay { slot, lower, upper, flags, substitutes, .. } => {
                write!(formatter, "stage {slot}: an overlay of {} layers{upper} ({flags})", lower.len())?;
                match substitutes.list.len() {
                    0 => Ok(()),
                    count => write!(formatter, ", {count} things of its own instead of the tree's"),
                }
            }
            Self::StagePivot { new } => write!(formatter, "stage root: {new} of the staged tree"),
            Self::ChangeOwners { ids } => write!(formatter, "give the files of the tree to ids {ids}"),
            Self::CreateWorkDirectory { place, .. } => write!(formatter, "make directory {place}"),
            Self::StageFileSystem { slot, file_system, entries, .. } => {
                write!(formatter, "stage {slot}: {file_system} with {} entries", entries.len())
            }
            Self::VerifyNodesRefused => {
                formatter.write_str("make sure that nobody here can make device nodes")
            }
            Self::StageNode { slot, name, source, .. } => {
                write!(formatter, "bind {} to {name} in staged {slot}", source.display())
            }
            Self::CreateNotifySocket { slot, name, .. } => {
                write!(formatter, "listen on {name} in staged {slot}")
            }
            Self::OpenKernelMessages { slot, name } => {
                write!(formatter, "keep FIFO {name} in staged {slot} open")
            }
            Self::OpenUnixExport { slot } => {
                write!(formatter, "open a read-only view of staged {slot} for the host")
            }
            Self::Clone { namespaces, cgroup, owner } => {
                write!(formatter, "clone into new {} namespaces{cgroup}, for id {owner}", list(namespaces))
            }
            Self::WriteIdMap { ids } => write!(formatter, "map ids 0… inside to {ids} outside"),
            Self::SetResourceLimits { limits, .. } => {
                write!(formatter, "set {} resource limits", limits.len())
            }
            Self::SetOomScoreAdjust { value } => {
                write!(formatter, "set the OOM score adjustment to {}", value.get())
            }
            Self::SetCpuAffinity { processors } => {
                let numbers: Vec<String> = processors.numbers().map(|number| number.to_string()).collect();
                write!(formatter, "run on processors {} only", numbers.join(","))
            }
            Self::JoinLegacyCgroups { paths } => write!(formatter, "put the child into {}", list(paths)),
            Self::StartGuard => {
                formatter.write_str("start a guard, which ends the payload when redd is gone")
            }
            Self::LeaveStagingNamespace => formatter.write_str("return to the host's mount namespace"),
            _ => return self.fmt_network(formatter),
        }?;
        Ok(true)
    }

    fn fmt_network(&self, formatter: &mut fmt::Formatter<'_>) -> Written {
        match self {
            Self::CreateVeth(pair) => write!(
                formatter,
                "create links {} ({}) and {} ({})",
                pair.host_name, pair.host_mac, pair.container_name, pair.container_mac
            ),
            Self::JoinBridge { link, bridge } => {
                write!(formatter, "put the link {link} into the bridge {bridge}")
            }
            Self::JoinZone { link, bridge } => {
                write!(formatter, "put the link {link} into the bridge {bridge}, made where it is missing")
            }
            Self::CreateInnerLink(InnerLink { name, kind, parent, address, .. }) => {
                write!(formatter, "create the {kind} {name} on {parent} inside")?;
                address.map_or(Ok(()), |address| write!(formatter, " ({address})"))
            }
            Self::LendLink(lent) => {
                write!(formatter, "move the link {} inside as {}", lent.link.name, lent.inside)
            }
            Self::HoldNetwork => formatter.write_str("hold the network namespace"),
            _ => return Ok(false),
        }?;
        Ok(true)
    }

    fn fmt_child(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BecomeRoot => formatter.write_str("become root of the user namespace"),
            Self::Unshare { namespaces } => write!(formatter, "enter new {} namespaces", list(namespaces)),
            Self::SetHostname { hostname } => write!(formatter, "set host name {hostname}"),
            Self::AttachRoot => formatter.write_str("attach the staged root"),
            Self::AttachEmptyRoot { file_system, .. } => {
                write!(formatter, "attach an empty root: {file_system}")
            }
            Self::PivotRoot => formatter.write_str("pivot into the root and let go of the host's"),
            Self::SetKernelParameters { parameters } => {
                let names: Vec<&str> = parameters.iter().map(KernelParameter::name).collect();
                write!(formatter, "set {}", names.join(", "))
            }
            Self::EnableLoopback => formatter.write_str("bring lo up"),
            Self::EnsureDirectory { path, mode } => {
                write!(formatter, "make directory {path} ({mode:04o}) if missing")
            }
            Self::Mount { target, file_system } => write!(formatter, "mount {file_system} on {target}"),
            Self::AttachStaged { slot, target, .. } => write!(formatter, "attach staged {slot} to {target}"),
            Self::AttachStagedFile { slot, file, target, .. } => {
                write!(formatter, "attach {file} of staged {slot} to {target}")
            }
            Self::Bind { source, target, flags, .. } => {
                write!(formatter, "bind {source} to {target} ({flags})")
            }
            Self::CreateLink { path, target } => write!(formatter, "link {path} to {target}"),
            Self::Cover { path, .. } => write!(formatter, "make {path} inaccessible"),
            Self::CreateHome { path, uid, .. } => write!(formatter, "make the home {path} for user {uid}"),
            Self::ReplaceFile { path, replacement } => write!(formatter, "replace {path} by {replacement}"),
            Self::OpenTerminals { numbers } => write!(formatter, "allocate {}", list(numbers)),
            Self::OpenConsole { target } => write!(formatter, "allocate a pty and bind it to {target}"),
            Self::SendDescriptors { names } => write!(formatter, "hand {} to the host's side", list(names)),
            Self::MakeShared => formatter.write_str("share all mounts among the payload's namespaces"),
            _ => self.fmt_privileges(formatter),
        }
    }

    fn fmt_privileges(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GiveConsole { uid, gid } => {
                write!(formatter, "give the console to user {uid}, group {gid}")
            }
            Self::AttachConsole { terminal: ControllingTerminal::Taken } => {
                formatter.write_str("make the console the controlling terminal")
            }
            Self::AttachConsole { terminal: ControllingTerminal::LeftToCommand } => {
                formatter.write_str("make the console standard input and output, for the command to control")
            }
            Self::LeadSession => formatter.write_str("lead a session without a terminal"),
            Self::ResetSignals { signals } => {
                let numbers: Vec<String> = signals.iter().map(|signal| signal.get().to_string()).collect();
                write!(formatter, "stop ignoring signals {}", numbers.join(", "))
            }
            Self::JoinSessionKeyring => formatter.write_str("join a new session keyring"),
            Self::DieWithSupervisor => formatter.write_str("die when redd dies"),
            Self::RefuseNewPrivileges => formatter.write_str("refuse new privileges"),
            Self::DropBoundingCapabilities { kept } => {
                write!(formatter, "drop all but {} capabilities from the bounding set", kept.names().count())
            }
            Self::SetUser { uid, gid, .. } => write!(formatter, "become user {uid}, group {gid}"),
            Self::KeepCapabilities => formatter.write_str("keep capabilities over a change of users"),
            Self::SetCapabilities { capabilities, ambient } if ambient.is_empty() => {
                write!(formatter, "set {} capabilities, none inheritable", capabilities.names().count())
            }
            Self::SetCapabilities { capabilities, ambient } => write!(
                formatter,
                "set {} capabilities, inheritable and ambient {ambient}",
                capabilities.names().count()
            ),
            Self::SetPersonality { personality: Personality::Native } => {
                formatter.write_str("be the machine it is")
            }
            Self::SetPersonality { personality: Personality::Bits32 } => {
                formatter.write_str("be a 32-bit machine")
            }
            Self::SetExecutionContext { context } => {
                write!(formatter, "execute with SELinux context {context}")
            }
            Self::InstallSeccomp { program } => {
                write!(
                    formatter,
                    "install the system call filter ({} instructions)",
                    program.instructions().len()
                )
            }
            Self::SetWorkingDirectory { path, .. } => write!(formatter, "change to {path}, umask 0022"),
            Self::VerifyConfinement { .. } => formatter.write_str("verify the own confinement"),
            Self::Execute(execution) => write!(formatter, "execute {execution}"),
            // Every action of the host has words above.
            _ => formatter.write_str("unnamed step"),
        }
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Namespace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "user",
            Self::Mount => "mount",
            Self::Pid => "pid",
            Self::Network => "network",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::Cgroup => "cgroup",
        })
    }
}

impl fmt::Display for Birth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::PayloadCgroup => ", born in the payload's cgroup",
            Self::OwnCgroup => "",
        })
    }
}

impl fmt::Display for FileSystem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}", self.kind, self.flags)?;
        for TmpfsOption { name, value } in &self.options {
            match value {
                Some(value) => write!(formatter, ",{name}={value}")?,
                None => write!(formatter, ",{name}")?,
            }
        }
        formatter.write_str(")")
    }
}

impl fmt::Display for MountSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree { subdirectory: None, .. } => formatter.write_str("the tree"),
            Self::Tree { subdirectory: Some(path), .. } => write!(formatter, "the tree's {path}"),
            Self::StagedRoot { path } => write!(formatter, "the staged root's {path}"),
            Self::Host { path, .. } => formatter.write_str(&redd_spec::text::escape_path(path)),
            Self::Home { path, .. } => formatter.write_str(&redd_spec::text::escape_path(path)),
            Self::Own { path } => write!(formatter, "{}", path.display()),
            Self::HostSysfs => formatter.write_str("the host's sysfs"),
        }
    }
}

impl fmt::Display for UpperLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Memory(_) => formatter.write_str(", changes in memory"),
            Self::Directory(path, _) => write!(formatter, ", changes in {}", path.display()),
            Self::Given { slot, name, .. } => write!(formatter, ", changes in {name} of {slot}"),
        }
    }
}

impl fmt::Display for StageIdMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped => Ok(()),
            Self::Container(ids) => write!(formatter, ", owners 0… shown as {ids}"),
            Self::Range { from, to } if to.count == 1 => {
                write!(formatter, ", owner {from} shown as {}", to.start)
            }
            Self::Range { from, to } => write!(formatter, ", owners {from}… shown as {to}"),
            Self::Account { uid, gid, to_uid, to_gid } => {
                write!(formatter, ", owner {uid}:{gid} shown as {to_uid}:{to_gid}")
            }
        }
    }
}

impl fmt::Display for Replacement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contents(contents) => write!(formatter, "{} bytes of the host's", contents.len()),
            Self::Link(target) => write!(formatter, "a link to {target}"),
            Self::Removed => formatter.write_str("nothing"),
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        formatter.write_str(&arguments.join(" "))?;
        match self.init {
            ExecutionInit::Payload => formatter.write_str(" as PID 1"),
            ExecutionInit::Stub { .. } => formatter.write_str(" below the stub init"),
        }
    }
}
