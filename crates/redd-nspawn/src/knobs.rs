//! Variables of the caller's environment that are settings, see `docs/environment.md`.

use redd_spec::parse;
use redd_spec::variables;

use crate::assignment::{Assignment, Origin};
use crate::caller::Caller;
use crate::option;
use crate::persona::Persona;

/// A variable, and the options that it sets.
const SETTINGS: [(&str, &[&str]); 11] = [
    (variables::API_VFS_WRITABLE, &["api-access"]),
    (variables::CONTAINER_SERVICE, &["manager-name"]),
    (variables::USE_CGNS, &["cgroup-namespace"]),
    (variables::TMPFS_TMP, &["memory-tmp"]),
    (variables::CHECK_OS_RELEASE, &["check-os-release"]),
    (variables::NETWORK_MAC, &["link-address"]),
    (variables::SHARE_SYSTEM, &["share-ipc", "share-pid", "share-uts"]),
    (variables::SHARE_NS_IPC, &["share-ipc"]),
    (variables::SHARE_NS_PID, &["share-pid"]),
    (variables::SHARE_NS_UTS, &["share-uts"]),
    (variables::SUPPRESS_SYNC, &["suppress-sync"]),
];

/// What would take a protection away, and why it does not.
const NOT_OBEYED: [(&str, &str); 2] = [
    (variables::SECCOMP, "there is always a filter of system calls"),
    (variables::LOCK, "a tree is locked while a machine runs on it"),
];

/// What the environment sets: before files and the command line, which may say otherwise.
pub(crate) fn assignments(persona: Persona, caller: &Caller) -> Vec<Assignment> {
    if persona != Persona::Nspawn {
        return Vec::new();
    }
    let of_variable = |(variable, options): (&'static str, &'static [&'static str])| {
        let value = caller.variable(variable).filter(|value| !value.is_empty())?;
        Some(options.iter().filter_map(move |name| {
            Some(Assignment {
                definition: option::named(name)?,
                value: Some(value.into()),
                origin: Origin::Environment { variable },
                shown: None,
            })
        }))
    };
    SETTINGS.into_iter().filter_map(of_variable).flatten().collect()
}

/// A word about each variable that has no effect.
pub(crate) fn warnings(persona: Persona, caller: &Caller) -> Vec<String> {
    if persona != Persona::Nspawn {
        return Vec::new();
    }
    let is_off = |variable: &str| {
        let value = caller.variable(variable).and_then(|value| value.to_str());
        value.is_some_and(|value| parse::boolean(value) == Ok(false))
    };
    let refused = NOT_OBEYED.iter().filter(|(variable, _)| is_off(variable));
    refused.map(|(variable, reason)| format!("{variable}=0 has no effect: {reason}")).collect()
}

#[cfg(test)]
mod tests {
    use redd_spec::Spec;
    use redd_spec::api::{ApiAccess, TemporaryDirectory};
    use redd_spec::capability::SyncCalls;
    use redd_spec::namespaces::Sharing;
    use redd_spec::root::OsReleaseCheck;

    use super::*;
    use crate::caller::Terminal;
    use crate::specify::{Selection, Specified, Start};
    use crate::{Refusal, words};

    fn start(persona: Persona, line: &str, variables: &[(&str, &str)]) -> Result<Specified, Refusal> {
        let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let caller = Caller {
            current_directory: "/here".into(),
            environment,
            input: Terminal::No,
            output: Terminal::Yes,
            random: [1; 8],
            process: 7,
        };
        let Ok(line) = words::read(persona, line.split_whitespace().map(Into::into)) else {
            panic!("{line}")
        };
        let selection = Selection::of(persona, line, &caller)?;
        Start {
            selection,
            tree: "/t".into(),
            template: None,
            bundle: None,
            files: Vec::new(),
            caller: &caller,
        }
        .specify()
    }

    fn spec(variables: &[(&str, &str)]) -> Spec {
        start(Persona::Nspawn, "-D /t true", variables).unwrap().spec
    }

    #[test]
    fn each_variable_says_what_it_is_named_after() {
        assert_eq!(spec(&[(variables::API_VFS_WRITABLE, "network")]).api.access, ApiAccess::NetworkWritable);
        assert_eq!(spec(&[(variables::TMPFS_TMP, "0")]).api.temporary, TemporaryDirectory::Tree);
        assert_eq!(spec(&[(variables::CHECK_OS_RELEASE, "no")]).root.os_release, OsReleaseCheck::Unchecked);
        assert_eq!(spec(&[(variables::CONTAINER_SERVICE, "mine")]).identity.manager.as_str(), "mine");
        assert_eq!(spec(&[(variables::USE_CGNS, "0")]).namespaces.cgroup, Sharing::Shared);
        assert_eq!(spec(&[(variables::SUPPRESS_SYNC, "1")]).privileges.sync, SyncCalls::Suppressed);
        let shared = spec(&[(variables::SHARE_SYSTEM, "1"), (variables::SHARE_NS_PID, "0")]).namespaces;
        assert_eq!(
            (shared.ipc, shared.uts, shared.pid),
            (Sharing::Shared, Sharing::Shared, Sharing::Private)
        );
        assert!(spec(&[(variables::NETWORK_MAC, "02:00:00:00:00:01")]).identity.link_address.is_some());
        assert_eq!(spec(&[(variables::TMPFS_TMP, "")]).api.temporary, TemporaryDirectory::Memory);
    }

    #[test]
    fn a_value_that_is_none_is_refused_under_the_variables_name() {
        for (variable, _) in SETTINGS {
            let refused = start(Persona::Nspawn, "-D /t true", &[(variable, "?")]).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("${variable}: ")), "{refused}");
        }
    }

    #[test]
    fn the_command_line_wins_and_other_names_read_none() {
        let suppressed = [(variables::SUPPRESS_SYNC, "1"), (variables::CONTAINER_SERVICE, "mine")];
        let line = start(Persona::Nspawn, "-D /t --suppress-sync=no true", &suppressed).unwrap();
        assert_eq!(line.spec.privileges.sync, SyncCalls::Kept);
        let native = start(Persona::Run, "-D /t true", &suppressed).unwrap().spec;
        assert_eq!((native.privileges.sync, native.identity.manager.as_str()), (SyncCalls::Kept, "redd"));
    }

    #[test]
    fn protections_stay_and_that_is_said() {
        let off = [(variables::SECCOMP, "0"), (variables::LOCK, "0")];
        assert_eq!(start(Persona::Nspawn, "-D /t true", &off).unwrap().warnings.len(), 2);
        let on = [(variables::SECCOMP, "1"), (variables::LOCK, "1")];
        assert_eq!(start(Persona::Nspawn, "-D /t true", &on).unwrap().warnings, Vec::<String>::new());
    }

    #[test]
    fn colours_are_handed_on_with_the_terminal() {
        let variables = [(variables::TERM, "xterm"), (variables::COLORTERM, "truecolor")];
        let has = |line| {
            let environment = start(Persona::Nspawn, line, &variables).unwrap().spec.environment;
            environment.iter().any(|variable| variable.name.as_bytes() == b"COLORTERM")
        };
        assert!(has("-D /t true"));
        assert!(!has("-D /t --console=passive true"));
    }
}
