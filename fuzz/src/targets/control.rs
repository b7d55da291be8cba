//! Messages that come over a control socket, in pieces.

use redd_runtime::fuzzing::{Understood, control_messages};

pub(crate) fn run(input: &[u8]) {
    for understood in control_messages(input) {
        let Understood::Refused(reply) = understood else { continue };
        // Whoever is answered can read it, and the error has a name that is described.
        let text = serde_json::to_string(&reply).expect("a reply serialises");
        let again: redd_control::message::Reply = serde_json::from_str(&text).expect("a reply is read again");
        assert_eq!(reply, again);
        let Some(error) = &reply.error else { continue };
        let (interface, name) = error.rsplit_once('.').expect("an error has an interface");
        let described = redd_control::interface::description(interface).expect("the interface is described");
        assert!(described.contains(&format!("\nerror {name}(")), "{error}");
    }
}
