//! By Varlink.

use std::path::Path;

use redd_control::client::{Client, ClientError};
use redd_spec::name::MachineName;
use rustix::process::Pid;
use serde_json::{Map, Value, json};

use super::{Entry, Failure, PATIENCE, SOCKET};

/// What only some versions know is left out, until they take it.
const NEWER: [&str; 1] = ["controlAddress"];

pub(super) fn register(entry: &Entry<'_>) -> Result<(), Failure> {
    let mut parameters = json!({
        "name": entry.name.as_str(),
        "id": entry.uuid.to_plain_string(),
        "service": entry.service,
        "class": "container",
        "leader": entry.leader.as_raw_nonzero().get(),
        "rootDirectory": entry.root,
        "ifIndices": entry.links,
        "sshAddress": entry.ssh,
        "controlAddress": entry.control,
    });
    loop {
        let result = call("Register", &parameters);
        match (&result, parameters.as_object_mut()) {
            (Err(Failure::NotThisWay(unknown)), Some(told))
                if NEWER.iter().any(|name| unknown.contains(name)) =>
            {
                if NEWER.iter().filter(|name| told.remove(**name).is_some()).count() == 0 {
                    return result.map(drop);
                }
            }
            _ => return result.map(drop),
        }
    }
}

pub(super) fn leader(name: &MachineName) -> Result<Option<Pid>, Failure> {
    let answer = match call("List", &json!({ "name": name.as_str() })) {
        Err(Failure::Other(said)) if said.contains("NoSuchMachine") => return Ok(None),
        answer => answer?,
    };
    let pid = answer.get("leader").and_then(|leader| leader.get("pid")).and_then(Value::as_i64);
    Ok(pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw))
}

pub(super) fn unregister(name: &MachineName) -> Result<(), Failure> {
    match call("Unregister", &json!({ "name": name.as_str() })) {
        Err(Failure::Other(said)) if said.contains("NoSuchMachine") => Ok(()),
        result => result.map(drop),
    }
}

fn call(method: &str, parameters: &Value) -> Result<Map<String, Value>, Failure> {
    let client =
        Client::connect_to(Path::new(SOCKET)).map_err(|error| Failure::NotThisWay(error.to_string()))?;
    let method = format!("io.systemd.Machine.{method}");
    client.with_patience(PATIENCE).call(&method, parameters).map_err(|error| failure(&error))
}

fn failure(error: &ClientError) -> Failure {
    match error {
        ClientError::Refused { name, parameters } => {
            let said = format!("{name}{}", parameters.as_deref().unwrap_or_default());
            match name.rsplit('.').next() {
                Some("MachineExists") => Failure::Exists,
                Some(
                    "MethodNotFound" | "InterfaceNotFound" | "MethodNotImplemented" | "InvalidParameter",
                ) => Failure::NotThisWay(said),
                _ => Failure::Other(said),
            }
        }
        ClientError::TimedOut(_) => {
            Failure::Other(format!("no answer within {} seconds", PATIENCE.as_secs()))
        }
        ClientError::Closed => Failure::NotThisWay("it ended meanwhile".to_owned()),
        error => Failure::Other(error.to_string()),
    }
}
