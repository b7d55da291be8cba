//! The machine's unit of the host's systemd, and its entry in systemd-machined.

use redd_spec::parse::{self, ParseError};
use redd_spec::unit::Registration;

use super::{Definition, Heading, flag, value};

const UNIT: Heading = Heading::Unit;

pub(super) static OPTIONS: [Definition; 4] = [
    flag("system", UNIT, "Use the system's service manager (default)", |_settings| {}).nspawn(),
    value(
        "slice",
        "SLICE",
        UNIT,
        "Slice of the machine's scope [default: machine.slice]",
        |settings, text| {
            settings.unit.slice = Some(text.parse().map_err(|_error| not_a_slice(text))?);
            Ok(())
        },
    )
    .short('S'),
    value("property", "NAME=VALUE", UNIT, "Property of the machine's unit", |settings, text| {
        settings.unit.properties.push(parse::unit_property(text)?);
        Ok(())
    })
    .list(),
    value(
        "register",
        "BOOL",
        UNIT,
        "Tell systemd-machined of it: yes, no or auto [default: auto for a boot]",
        |settings, text| {
            settings.unit.register = Some(match text {
                "auto" => Registration::Auto,
                _ if parse::boolean(text)? => Registration::Yes,
                _ => Registration::No,
            });
            Ok(())
        },
    ),
];

fn not_a_slice(text: &str) -> ParseError {
    ParseError::new(text, "write the name of a slice, like machine or machine-customers.slice")
}
