//! Machines as services of the host's systemd: instances of `redd@.service`, where that is installed.
//!
//! Where it is not, or where systemd does not run, nothing here has any effect.

mod boot;
mod devices;
mod job;
mod manager;
mod restart;
mod said;
mod stop;
mod words;

use std::path::{Path, PathBuf};

use redd_runtime::unit::runs_host;
use redd_spec::name::{MachineName, NameError};

pub use boot::{disable, enable, is_enabled};
pub(crate) use devices::allow as allow_device;
pub(crate) use job::Job;
pub use manager::reload;
pub use restart::leave_to_unit;
pub(crate) use stop::tell_to_stop;
pub use stop::{Unit, unit_of_process};
pub use words::{Words, words};

/// What a machine's unit is made of.
pub const TEMPLATE: &str = "redd@.service";
/// What all machines belong to that are started with the host.
pub const TARGET: &str = "machines.target";
/// Where systemd looks for units.
pub const UNIT_PATH: [&str; 6] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/local/share/systemd/system",
];

/// Whether machines are units here: systemd runs the host, and knows the template.
#[must_use]
pub fn drives() -> bool {
    runs_host() && UNIT_PATH.iter().any(|directory| Path::new(directory).join(TEMPLATE).exists())
}

/// The unit of a machine. A name has no character that a unit's cannot have, so it is taken as it is: what systemd's own
/// tools do for machines.
#[must_use]
pub fn unit_of(name: &MachineName) -> String {
    format!("redd@{name}.service")
}

/// The machine that an instance means. One that systemd-escape(1) has made is understood, too.
///
/// # Errors
/// It means none.
pub fn machine_of(instance: &str) -> Result<MachineName, NameError> {
    let mut parts = instance.split("\\x");
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                name.push(char::from(code));
                name.push_str(&part[2..]);
            }
            // No name has a backslash.
            None => name.push_str(&format!("\\x{part}")),
        }
    }
    name.parse()
}

/// What the administrator has added to a machine's unit.
fn drop_ins(name: &MachineName) -> PathBuf {
    Path::new(UNIT_PATH[0]).join(format!("{}.d", unit_of(name)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_instance_is_a_machine_escaped_or_not() {
        for (instance, name) in
            [("web", "web"), ("my-box", "my-box"), (r"my\x2dbox", "my-box"), (r"a\x2db\x2dc", "a-b-c")]
        {
            assert_eq!(machine_of(instance).unwrap().as_str(), name);
        }
        for instance in ["", r"\x", r"\x2", r"a\xzz", r"a\x2f..", r"a\xc3\xa9", "a/b"] {
            assert!(machine_of(instance).is_err(), "{instance}");
        }
    }

    proptest! {
        #[test]
        fn whatever_an_instance_is_it_is_read(instance in any::<String>()) {
            drop(machine_of(&instance));
        }

        #[test]
        fn an_escaped_name_is_the_name(name in "[A-Za-z0-9][A-Za-z0-9_-]{0,20}") {
            let escaped = name.replace('-', "\\x2d");
            prop_assert_eq!(machine_of(&escaped), Ok(name.parse().unwrap()));
        }
    }
}
