//! What is executed, with which environment (EV1 to EV5).

use redd_spec::init::InitKind;
use redd_spec::path::PathInRoot;
use redd_spec::payload::{Command, CommandInit, Payload};
use redd_spec::root::{Access, Volatile};
use redd_spec::sockets::PassedSockets;
use redd_spec::text::ByteString;
use redd_spec::variables;

use super::console;
use super::context::{Context, Steps, path};
use super::run_host::{CREDENTIALS, NOTIFY_SOCKET};
use crate::action::{Action, Execution, ExecutionInit, Missing};
use crate::clause::Clause::{AI3, AI4, AI6, EV1, EV2, EV4, EV5, FW1, RH3, UN3};
use crate::facts::UserFacts;

/// Where programs are looked for inside.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(super) fn execute(context: &Context<'_>, steps: &mut Steps) {
    let execution = match &context.spec.payload {
        Payload::Boot { arguments, .. } => boot(context, arguments),
        Payload::Command(command) => run(context, command),
    };
    if execution.sockets < context.spec.sockets.count {
        steps.warn("sockets are passed to a command that is PID 1 only: use --as-pid1");
    }
    steps.child(Action::Execute(execution), &[EV1, EV2, EV4, EV5, AI3, AI4, AI6, RH3, FW1, UN3]);
}

/// Where the payload starts: a command in its user's home, or in the root where that is not to be had; an init in the
/// root (UN3).
pub(super) fn directory(context: &Context<'_>) -> Action {
    let (path, missing) = match &context.spec.payload {
        Payload::Boot { .. } => (path("/"), Missing::Refuse),
        Payload::Command(Command { directory: Some(directory), .. }) => (directory.clone(), Missing::Refuse),
        Payload::Command(_) => (home(context), Missing::Skip),
    };
    Action::SetWorkingDirectory { path, missing }
}

/// A user who was named gets a home, as by a login. `/nonexistent` says that there is to be none.
pub(super) fn create_home(context: &Context<'_>, steps: &mut Steps) {
    let Payload::Command(Command { user: Some(_), .. }) = &context.spec.payload else { return };
    let Some(user) = context.user() else { return };
    let path = home(context);
    let is_made_up =
        ["/nonexistent", "/dev", "/proc", "/run", "/sys"].iter().any(|api| path.starts_with(api));
    let is_writable = match context.spec.root.volatile {
        Volatile::State => path.starts_with("/var"),
        Volatile::No | Volatile::Yes | Volatile::Overlay => context.root_access() == Access::ReadWrite,
    };
    if is_writable && !is_made_up && !path.is_root() {
        steps.child(Action::CreateHome { path, uid: user.uid, gid: user.gid }, &[]);
    }
}

fn home(context: &Context<'_>) -> PathInRoot {
    let home = context.user().map_or("/root", |user| user.home.as_str());
    PathInRoot::new(home).unwrap_or_else(|_error| path("/"))
}

fn boot(context: &Context<'_>, init_arguments: &[ByteString]) -> Execution {
    let init = context.tree.init.as_ref().map_or_else(|| path("/sbin/init"), |init| init.path.clone());
    let init = bytes(&init.to_string());
    // BusyBox is many programs, and is told by its name which one it is to be.
    let name = if context.init_kind() == InitKind::Busybox { bytes("init") } else { init.clone() };
    let mut arguments = vec![name];
    arguments.extend(init_arguments.iter().cloned());
    let mut variables = base_variables(context);
    variables.extend(manager_variables(context, Notifications::Listened));
    let environment = finish(context, variables);
    let sockets = context.spec.sockets.count;
    Execution { candidates: vec![init], arguments, environment, sockets, init: ExecutionInit::Payload }
}

fn run(context: &Context<'_>, command: &Command) -> Execution {
    let notifications = match command.init {
        CommandInit::Stub => Notifications::NotListened,
        CommandInit::Command => Notifications::Listened,
    };
    let mut variables = base_variables(context);
    variables.push((variables::LANG, "C.UTF-8".to_owned()));
    variables.extend(manager_variables(context, notifications));
    let environment = finish(context, variables);
    let (candidates, arguments) = program(context, command);
    let (init, sockets) = match command.init {
        CommandInit::Command => (ExecutionInit::Payload, context.spec.sockets.count),
        CommandInit::Stub => (ExecutionInit::Stub { environment: stub_environment(context) }, 0),
    };
    Execution { candidates, arguments, environment, sockets, init }
}

/// The paths to try and the arguments; without a command it is the user's login shell.
fn program(context: &Context<'_>, command: &Command) -> (Vec<ByteString>, Vec<ByteString>) {
    let Some(name) = command.arguments.first() else {
        let shell = context.user().map_or("/bin/sh", |user| user.shell.as_str());
        let base = shell.rsplit('/').next().unwrap_or("sh");
        return (vec![bytes(shell), bytes("/bin/bash"), bytes("/bin/sh")], vec![bytes(&format!("-{base}"))]);
    };
    if name.as_bytes().contains(&b'/') {
        return (vec![name.clone()], command.arguments.clone());
    }
    let in_directory = |directory: &str| {
        let mut path = format!("{directory}/").into_bytes();
        path.extend_from_slice(name.as_bytes());
        ByteString::new(path).ok()
    };
    (SEARCH_PATH.split(':').filter_map(in_directory).collect(), command.arguments.clone())
}

/// Whether PID 1 is the payload, to which the manager's sockets and messages belong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notifications {
    /// The payload is PID 1: it may send messages.
    Listened,
    /// The stub is PID 1: messages of others do not count (R28).
    NotListened,
}

type Variables = Vec<(&'static str, String)>;

fn base_variables(context: &Context<'_>) -> Variables {
    let root = UserFacts {
        name: "root".to_owned(),
        uid: 0,
        gid: 0,
        groups: Vec::new(),
        home: "/root".to_owned(),
        shell: String::new(),
    };
    let user = context.user().unwrap_or(&root);
    let terminal = context.host.terminal.clone().unwrap_or_else(|| "dumb".to_owned());
    vec![
        (variables::PATH, SEARCH_PATH.to_owned()),
        (variables::TERM, terminal),
        (variables::HOME, user.home.clone()),
        (variables::USER, user.name.clone()),
        (variables::LOGNAME, user.name.clone()),
    ]
}

fn manager_variables(context: &Context<'_>, notifications: Notifications) -> Variables {
    let mut variables = identity_variables(context);
    if notifications == Notifications::Listened {
        variables.push((variables::NOTIFY_SOCKET, NOTIFY_SOCKET.to_owned()));
        let watchdog = context.spec.lifecycle.health.watchdog;
        variables.extend(watchdog.map(|time| (variables::WATCHDOG_USEC, time.as_micros().to_string())));
        variables.extend(socket_variables(&context.spec.sockets));
    }
    let terminals = console::extra_terminals(context.spec);
    if !terminals.is_empty() {
        let names: Vec<String> = terminals.iter().map(ToString::to_string).collect();
        variables.push((variables::CONTAINER_TTYS, names.join(" ")));
    }
    if !context.grants.credentials.is_empty() {
        variables.push((variables::CREDENTIALS_DIRECTORY, CREDENTIALS.to_owned()));
    }
    let host = &context.host.os_release;
    let fields = [
        (variables::CONTAINER_HOST_ID, &host.id),
        (variables::CONTAINER_HOST_BUILD_ID, &host.build_id),
        (variables::CONTAINER_HOST_VARIANT_ID, &host.variant_id),
        (variables::CONTAINER_HOST_VERSION_ID, &host.version_id),
    ];
    variables.extend(fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    variables
}

/// The payload is process 1 of its own namespace.
fn socket_variables(sockets: &PassedSockets) -> Variables {
    let mut variables = Vec::new();
    if sockets.store > 0 {
        variables.push((variables::FDSTORE, sockets.store.to_string()));
    }
    if sockets.count == 0 {
        return variables;
    }
    variables.push((variables::LISTEN_FDS, sockets.count.to_string()));
    variables.push((variables::LISTEN_PID, "1".to_owned()));
    variables.extend(sockets.names_inside().map(|names| (variables::LISTEN_FDNAMES, names)));
    variables
}

fn identity_variables(context: &Context<'_>) -> Variables {
    vec![
        (variables::CONTAINER, context.manager().to_owned()),
        (variables::CONTAINER_UUID, context.uuid.to_string()),
    ]
}

fn stub_environment(context: &Context<'_>) -> Vec<ByteString> {
    identity_variables(context).iter().map(|(name, value)| bytes(&format!("{name}={value}"))).collect()
}

/// The user's own variables replace those of the same name.
fn finish(context: &Context<'_>, variables: Variables) -> Vec<ByteString> {
    let chosen = &context.spec.environment;
    let is_replaced = |name: &str| chosen.iter().any(|variable| variable.name.as_bytes() == name.as_bytes());
    let mut environment: Vec<ByteString> = variables
        .iter()
        .filter(|(name, _)| !is_replaced(name))
        .map(|(name, value)| bytes(&format!("{name}={value}")))
        .collect();
    for (index, variable) in chosen.iter().enumerate() {
        let is_last = !chosen[index + 1..].iter().any(|later| later.name == variable.name);
        if is_last {
            let assignment = [variable.name.as_bytes(), b"=", variable.value.as_bytes()].concat();
            environment.extend(ByteString::new(assignment));
        }
    }
    environment
}

/// Text of this program or of a checked fact; a NUL byte in it would be cut off.
fn bytes(text: &str) -> ByteString {
    ByteString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_else(|_nul| unreachable_text())
}

/// An empty string has no NUL byte.
fn unreachable_text() -> ByteString {
    ByteString::new(Vec::new()).expect("an empty string has no NUL byte")
}
