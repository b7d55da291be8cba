//! What variables of the caller's environment alone can say.

use redd_spec::api::TemporaryDirectory;
use redd_spec::namespaces::Sharing;
use redd_spec::parse;
use redd_spec::root::OsReleaseCheck;

use super::{Definition, Heading, value};

const ISOLATION: Heading = Heading::Isolation;
const IDENTITY: Heading = Heading::Identity;

pub(super) static OPTIONS: [Definition; 9] = [
    value("api-access", "MODE", ISOLATION, "What of /proc and /sys may be written", |settings, text| {
        settings.surroundings.api_access = parse::api_access(text)?;
        Ok(())
    })
    .files(),
    value("cgroup-namespace", "BOOL", ISOLATION, "Control groups of its own", |settings, text| {
        settings.surroundings.namespaces.cgroup = private_if(parse::boolean(text)?);
        Ok(())
    })
    .files(),
    value("share-ipc", "BOOL", ISOLATION, "Queues and shared memory of the host", |settings, text| {
        settings.surroundings.namespaces.ipc = private_if(!parse::boolean(text)?);
        Ok(())
    })
    .files(),
    value("share-pid", "BOOL", ISOLATION, "Processes numbered as on the host", |settings, text| {
        settings.surroundings.namespaces.pid = private_if(!parse::boolean(text)?);
        Ok(())
    })
    .files(),
    value("share-uts", "BOOL", ISOLATION, "The host's name", |settings, text| {
        settings.surroundings.namespaces.uts = private_if(!parse::boolean(text)?);
        Ok(())
    })
    .files(),
    value("memory-tmp", "BOOL", ISOLATION, "/tmp in memory", |settings, text| {
        settings.surroundings.temporary =
            if parse::boolean(text)? { TemporaryDirectory::Memory } else { TemporaryDirectory::Tree };
        Ok(())
    })
    .files(),
    value("check-os-release", "BOOL", ISOLATION, "Whether a tree has to say what it is", |settings, text| {
        settings.surroundings.os_release =
            if parse::boolean(text)? { OsReleaseCheck::Required } else { OsReleaseCheck::Unchecked };
        Ok(())
    })
    .files(),
    value("manager-name", "NAME", IDENTITY, "Who runs the payload", |settings, text| {
        settings.surroundings.manager = Some(parse::manager_name(text)?);
        Ok(())
    })
    .files(),
    value("link-address", "MAC", IDENTITY, "Address of host0", |settings, text| {
        settings.surroundings.link_address = Some(parse::mac_address(text)?);
        Ok(())
    })
    .files(),
];

const fn private_if(is_private: bool) -> Sharing {
    if is_private { Sharing::Private } else { Sharing::Shared }
}
