//! A message of a client becomes a request, or a reply that says why not. Nothing here touches anything.

use redd_control::interface::SERVICE;
use redd_control::machine::{AttachConsole, Change, INSTANCE, INTERFACE, Kill, Stop, Upgrade, method};
use redd_control::message::{Call, Reply, error};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Interest, instance, service};

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::supervise) enum Request {
    /// To know how it is.
    Describe,
    /// To know how it is, as systemd's tools ask.
    DescribeInstance,
    /// It to end.
    Stop(Stop),
    /// A signal sent.
    Kill(Kill),
    /// It frozen.
    Pause,
    /// It to go on.
    Resume,
    /// To join it.
    Enter,
    /// To hear what happens.
    Subscribe(Interest),
    /// It to remember a change.
    Adopt(Change),
    /// Another program in the supervisor's place.
    Upgrade(Upgrade),
    /// A connection to the console.
    AttachConsole(AttachConsole),
}

/// Which interface a call is of: errors have names there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::supervise) enum Interface {
    /// redd's own.
    Machine,
    /// That of systemd's tools.
    Instance,
}

/// Whether an answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is.
    Wanted,
    /// It is not.
    Unwanted,
}

/// What a message comes to.
#[derive(Debug)]
pub(super) enum Read {
    /// Something to do.
    Request(Request, Interface, Answer),
    /// Something to say at once.
    Reply(Reply),
    /// Nothing at all: it is wrong, and nobody wants to know.
    Nothing,
    /// No message of the protocol: the connection is of no use.
    Garbage,
}

/// Reads a message.
pub(super) fn read(message: &[u8]) -> Read {
    let Ok(call) = serde_json::from_slice::<Call>(message) else { return Read::Garbage };
    let answer = if call.oneway { Answer::Unwanted } else { Answer::Wanted };
    match (request(call), answer) {
        (Ok((request, interface)), answer) => Read::Request(request, interface, answer),
        (Err(reply), Answer::Wanted) => Read::Reply(reply),
        (Err(_), Answer::Unwanted) => Read::Nothing,
    }
}

/// What is answered without looking at the machine comes as an error, whatever it says.
fn request(call: Call) -> Result<(Request, Interface), Reply> {
    match call.method.rsplit_once('.') {
        Some((INTERFACE, _)) => of_machine(call).map(|request| (request, Interface::Machine)),
        Some((INSTANCE, _)) => instance::request(call).map(|request| (request, Interface::Instance)),
        Some((SERVICE, _)) => Err(service::reply(call)),
        Some((interface, _)) => Err(unknown_interface(interface)),
        None => Err(unknown_interface(&call.method)),
    }
}

fn of_machine(call: Call) -> Result<Request, Reply> {
    match call.method.as_str() {
        method::DESCRIBE => Ok(Request::Describe),
        method::STOP => parameters(call).map(Request::Stop),
        method::KILL => parameters(call).and_then(checked_kill),
        method::PAUSE => Ok(Request::Pause),
        method::RESUME => Ok(Request::Resume),
        method::ENTER => Ok(Request::Enter),
        method::SUBSCRIBE if call.more => Ok(Request::Subscribe(Interest::Events)),
        method::SUBSCRIBE => Err(Reply::error(error::EXPECTED_MORE, &json!({}))),
        method::ADOPT => parameters(call).map(Request::Adopt),
        method::UPGRADE => parameters(call).and_then(checked_upgrade),
        method::ATTACH_CONSOLE => parameters(call).map(Request::AttachConsole),
        other => Err(unknown_method(other)),
    }
}

pub(super) fn parameters<T: DeserializeOwned>(call: Call) -> Result<T, Reply> {
    serde_json::from_value(Value::Object(call.parameters)).map_err(|cause| invalid(&cause.to_string()))
}

fn checked_kill(kill: Kill) -> Result<Request, Reply> {
    kill.number().map_or_else(|| Err(invalid("signal")), |_number| Ok(Request::Kill(kill)))
}

fn checked_upgrade(upgrade: Upgrade) -> Result<Request, Reply> {
    if upgrade.program.is_absolute() { Ok(Request::Upgrade(upgrade)) } else { Err(invalid("program")) }
}

pub(super) fn invalid(parameter: &str) -> Reply {
    Reply::error(error::INVALID_PARAMETER, &json!({ "parameter": parameter }))
}

pub(super) fn unknown_method(name: &str) -> Reply {
    Reply::error(error::METHOD_NOT_FOUND, &json!({ "method": name }))
}

pub(super) fn unknown_interface(name: &str) -> Reply {
    Reply::error(error::INTERFACE_NOT_FOUND, &json!({ "interface": name }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redd_control::interface::{INTERFACES, methods};
    use redd_control::machine::error::INSTANCE_NOT_SUPPORTED;
    use redd_control::machine::{StopMode, Whom};
    use rstest::rstest;

    use super::*;

    fn read_text(text: &str) -> Read {
        read(text.as_bytes())
    }

    #[test]
    fn calls_become_requests() {
        let stop = r#"{"method":"io.redd.Machine.Stop","parameters":{"mode":"orderly","timeout":5}}"#;
        let expected = Request::Stop(Stop { mode: StopMode::Orderly, timeout: Some(5) });
        assert!(matches!(read_text(stop), Read::Request(request, _, Answer::Wanted) if request == expected));
        let kill =
            r#"{"method":"io.redd.Machine.Kill","parameters":{"signal":15,"whom":"all"},"oneway":true}"#;
        let expected = Request::Kill(Kill { signal: 15, whom: Whom::All });
        assert!(
            matches!(read_text(kill), Read::Request(request, _, Answer::Unwanted) if request == expected)
        );
    }

    #[rstest]
    #[case(r#"{"method":"io.redd.Machine.Nothing"}"#, error::METHOD_NOT_FOUND)]
    #[case(r#"{"method":"io.other.Thing.Describe"}"#, error::INTERFACE_NOT_FOUND)]
    #[case(r#"{"method":"nodots"}"#, error::INTERFACE_NOT_FOUND)]
    #[case(r#"{"method":"io.systemd.MachineInstance.Nothing"}"#, error::METHOD_NOT_FOUND)]
    #[case(r#"{"method":"io.systemd.MachineInstance.SubscribeEvents"}"#, error::EXPECTED_MORE)]
    #[case(r#"{"method":"io.systemd.MachineInstance.SetMemory"}"#, INSTANCE_NOT_SUPPORTED)]
    #[case(
        r#"{"method":"io.systemd.MachineInstance.SubscribeEvents","more":true,"parameters":{"filter":1}}"#,
        error::INVALID_PARAMETER
    )]
    #[case(r#"{"method":"org.varlink.service.GetInterfaceDescription"}"#, error::INVALID_PARAMETER)]
    #[case(
        r#"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}"#,
        error::INTERFACE_NOT_FOUND
    )]
    #[case(r#"{"method":"io.redd.Machine.SubscribeEvents"}"#, error::EXPECTED_MORE)]
    #[case(r#"{"method":"io.redd.Machine.Stop","parameters":{"mode":"perhaps"}}"#, error::INVALID_PARAMETER)]
    #[case(
        r#"{"method":"io.redd.Machine.Kill","parameters":{"signal":99,"whom":"all"}}"#,
        error::INVALID_PARAMETER
    )]
    fn a_call_that_cannot_be_done_is_told_why(#[case] text: &str, #[case] expected: &str) {
        let Read::Reply(reply) = read_text(text) else { panic!("{text} was taken") };
        assert_eq!(reply.error.as_deref(), Some(expected));
    }

    /// What is described is there: with parameters that are none, a method says something about them at worst.
    #[test]
    fn every_method_that_an_interface_describes_is_there() {
        for method in INTERFACES.iter().flat_map(|(interface, _)| methods(interface)) {
            let text = format!(r#"{{"method":"{method}","parameters":null,"more":true}}"#);
            match read_text(&text) {
                Read::Request(..) => {}
                Read::Reply(reply) => {
                    assert_ne!(reply.error.as_deref(), Some(error::METHOD_NOT_FOUND), "{method}")
                }
                other => panic!("{method}: {other:?}"),
            }
        }
    }

    #[rstest]
    #[case("Terminate", Request::Stop(Stop { mode: StopMode::Now, timeout: None }))]
    #[case("PowerOff", Request::Stop(Stop { mode: StopMode::PowerOff, timeout: None }))]
    #[case("Reboot", Request::Stop(Stop { mode: StopMode::Reboot, timeout: None }))]
    #[case("Describe", Request::DescribeInstance)]
    #[case("SubscribeEvents", Request::Subscribe(Interest::Instance(Vec::new())))]
    fn systemds_interface_asks_for_the_same_things(#[case] method: &str, #[case] expected: Request) {
        let text = format!(r#"{{"method":"io.systemd.MachineInstance.{method}","more":true}}"#);
        let Read::Request(request, Interface::Instance, Answer::Wanted) = read_text(&text) else {
            panic!("{method} was not taken");
        };
        assert_eq!(request, expected);
    }

    #[test]
    fn what_is_no_call_is_no_protocol() {
        for text in ["", "{}", "[]", "{\"method\":1}", "GET / HTTP/1.1"] {
            assert!(matches!(read_text(text), Read::Garbage), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_message_is_taken(message in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&message));
        }
    }
}
