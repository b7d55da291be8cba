//! `org.varlink.service`: what a control socket says of itself.

use redd_control::interface::{description, information};
use redd_control::message::{Call, Reply};
use serde::Deserialize;
use serde_json::json;

use super::request::{invalid, parameters, unknown_interface, unknown_method};

#[derive(Debug, Deserialize)]
struct Named {
    interface: String,
}

/// What a call comes to; nothing of the machine is looked at.
pub(super) fn reply(call: Call) -> Reply {
    match call.method.as_str() {
        "org.varlink.service.GetInfo" => Reply::of(&information()),
        "org.varlink.service.GetInterfaceDescription" => match parameters(call) {
            Ok(Named { interface }) => described(&interface),
            Err(_) => invalid("interface"),
        },
        other => unknown_method(other),
    }
}

fn described(interface: &str) -> Reply {
    description(interface)
        .map_or_else(|| unknown_interface(interface), |text| Reply::of(&json!({ "description": text })))
}
