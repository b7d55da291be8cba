//! The host's service manager: read, and of no effect where redd asks nothing of it.

use redd_spec::parse::{self, ParseError};

use super::{Definition, Heading, flag, value};
use crate::settings::Registration;

const UNIT: Heading = Heading::Unit;

pub(super) static OPTIONS: [Definition; 4] = [
    flag("system", UNIT, "Use the system's service manager (default)", |_settings| {}).nspawn(),
    value("slice", "SLICE", UNIT, "Slice of the machine's unit", |settings, text| {
        settings.unit.slice = Some(text.to_owned());
        Ok(())
    })
    .short('S')
    .nspawn(),
    value("property", "NAME=VALUE", UNIT, "Property of the machine's unit", |settings, text| {
        if text.split_once('=').is_none_or(|(name, _)| name.is_empty()) {
            return Err(ParseError::new(text, "write NAME=VALUE"));
        }
        settings.unit.properties.push(text.to_owned());
        Ok(())
    })
    .list()
    .nspawn(),
    value("register", "BOOL", UNIT, "Register with systemd-machined: yes, no or auto", |settings, text| {
        settings.unit.register = Some(match text {
            "auto" => Registration::Auto,
            _ if parse::boolean(text)? => Registration::Yes,
            _ => Registration::No,
        });
        Ok(())
    })
    .nspawn(),
];
