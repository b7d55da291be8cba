//! The interfaces of a control socket, and what they say of themselves (<https://varlink.org/Interface-Definition>).

use serde_json::{Value, json};

use crate::machine::{INSTANCE, INTERFACE};

/// What every Varlink service has.
pub const SERVICE: &str = "org.varlink.service";

/// All of them, with their descriptions.
pub const INTERFACES: [(&str, &str); 3] = [
    (INTERFACE, include_str!("interfaces/io.redd.Machine.varlink")),
    (INSTANCE, include_str!("interfaces/io.systemd.MachineInstance.varlink")),
    (SERVICE, include_str!("interfaces/org.varlink.service.varlink")),
];

/// The description of an interface.
#[must_use]
pub fn description(name: &str) -> Option<&'static str> {
    INTERFACES.iter().find(|(interface, _)| *interface == name).map(|(_, text)| *text)
}

/// Who answers, and in which interfaces.
#[must_use]
pub fn information() -> Value {
    json!({
        "vendor": "redd",
        "product": "redd",
        "version": env!("CARGO_PKG_VERSION"),
        "url": "",
        "interfaces": INTERFACES.map(|(name, _)| name),
    })
}

/// The methods of an interface, with the interface's name.
pub fn methods(name: &str) -> impl Iterator<Item = String> {
    let lines = description(name).unwrap_or_default().lines();
    let names = lines.filter_map(|line| line.strip_prefix("method ")?.split('(').next());
    let interface = name.to_owned();
    names.map(move |method| format!("{interface}.{method}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_description_is_of_the_interface_it_is_kept_for() {
        for (name, text) in INTERFACES {
            assert!(text.contains(&format!("\ninterface {name}\n")), "{name}");
            assert!(methods(name).count() > 1, "{name}");
        }
    }
}
