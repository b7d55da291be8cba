//! Calls and replies, as Varlink has them (<https://varlink.org>).

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// `INTERFACE.METHOD`
    pub method: String,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "object_or_null")]
    pub parameters: Map<String, Value>,
    /// Whether more than one reply is wanted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
    /// Whether no reply is wanted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub oneway: bool,
    /// Whether the connection is to be something else afterwards.
    #[serde(default, skip_serializing_if = "is_false")]
    pub upgrade: bool,
}

/// What a supervisor answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Reply {
    /// What came of it; with an error what is known of that.
    #[serde(default, deserialize_with = "object_or_null")]
    pub parameters: Map<String, Value>,
    /// Whether another reply comes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub continues: bool,
    /// Which error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Some write `null` where there is nothing.
fn object_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Call {
    /// A method with parameters.
    #[must_use]
    pub fn new(method: &str, parameters: &impl Serialize) -> Self {
        let parameters = object(parameters);
        Self { method: method.to_owned(), parameters, more: false, oneway: false, upgrade: false }
    }
}

impl Reply {
    /// The last reply.
    #[must_use]
    pub fn of(parameters: &impl Serialize) -> Self {
        Self { parameters: object(parameters), continues: false, error: None }
    }

    /// One of several.
    #[must_use]
    pub fn continued(parameters: &impl Serialize) -> Self {
        Self { continues: true, ..Self::of(parameters) }
    }

    /// An error.
    #[must_use]
    pub fn error(name: &str, parameters: &impl Serialize) -> Self {
        Self { error: Some(name.to_owned()), ..Self::of(parameters) }
    }
}

/// What is not an object has no parameters.
fn object(parameters: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(parameters) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// A message in the form that goes through the socket, its end with it.
#[must_use]
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(message).unwrap_or_default();
    text.push(0);
    text
}

/// Errors of the protocol itself.
pub mod error {
    /// There is no such interface.
    pub const INTERFACE_NOT_FOUND: &str = "org.varlink.service.InterfaceNotFound";
    /// There is no such method.
    pub const METHOD_NOT_FOUND: &str = "org.varlink.service.MethodNotFound";
    /// It is there, and not done here.
    pub const METHOD_NOT_IMPLEMENTED: &str = "org.varlink.service.MethodNotImplemented";
    /// A parameter cannot be used.
    pub const INVALID_PARAMETER: &str = "org.varlink.service.InvalidParameter";
    /// The method has more than one reply, and only one was asked for.
    pub const EXPECTED_MORE: &str = "org.varlink.service.ExpectedMore";
}
