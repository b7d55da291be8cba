//! Changes that verbs have made to a running machine, for the boots that come after.

use redd_control::machine::Change;
use redd_spec::Spec;
use redd_spec::devices::DeviceNode;
use redd_spec::mounts::CustomMount;
use redd_spec::network::{Link, LinkPair, Network};
use redd_spec::parse::{self, ParseError};
use redd_spec::resources::Resources;
use redd_spec::root::Access;
use serde::{Deserialize, Serialize};

/// What was changed since the start. They are options as of a start: what is taken over is checked as it would be there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Change>")]
pub(crate) struct Adopted(Vec<Change>);

impl Adopted {
    /// Takes one over.
    ///
    /// # Errors
    /// There is no such option, or no such value.
    pub(crate) fn add(&mut self, change: Change) -> Result<(), ParseError> {
        check(&change)?;
        if let Some(part) = Part::of(&change)? {
            self.0.retain(|known| {
                Part::of(known).ok().flatten().as_ref().map(|(_, known)| known) != Some(&part.1)
            });
            self.0.push(change);
            return Ok(());
        }
        // What is said anew replaces what was said; a list has a part for each device.
        let part = |change: &Change| -> Option<String> {
            change
                .value
                .as_deref()?
                .split_whitespace()
                .next()
                .filter(|word| word.starts_with('/'))
                .map(str::to_owned)
        };
        let replaces = |known: &Change| {
            known.option == change.option && (part(&change).is_none() || part(known) == part(&change))
        };
        self.0.retain(|known| !replaces(known));
        self.0.push(change);
        Ok(())
    }

    /// The devices that were added, or taken away.
    pub(crate) fn devices(&self, wanted: Presence) -> impl Iterator<Item = DeviceNode> {
        self.0.iter().filter_map(move |change| match Part::of(change) {
            Ok(Some((presence, Part::Device(device)))) if presence == wanted => Some(device),
            _ => None,
        })
    }

    /// Makes all of them hold for the next boot.
    pub(crate) fn apply(&self, spec: &mut Spec) {
        for change @ Change { option, value } in &self.0 {
            let value = value.as_deref();
            if let Ok(Some((presence, part))) = Part::of(change) {
                part.apply(presence, spec);
            } else if parse::LIMITS.contains(&&**option) {
                // It was read before.
                drop(parse::limit(&mut spec.resources, option, value));
            } else if let Ok(change) = parse::life(option, value) {
                change.apply(&mut spec.lifecycle);
            }
        }
    }
}

/// What another redd has taken over is checked as it was there.
impl TryFrom<Vec<Change>> for Adopted {
    type Error = ParseError;

    fn try_from(changes: Vec<Change>) -> Result<Self, ParseError> {
        changes.iter().try_for_each(check)?;
        Ok(Self(changes))
    }
}

/// Whether something is added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Added,
    Removed,
}

/// Something that a machine may have several of.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Mount(CustomMount),
    Device(DeviceNode),
    Link(LinkPair),
}

impl Part {
    /// What a change is about: `bind`, `no-bind` and the like; nothing where it is about something else.
    fn of(change: &Change) -> Result<Option<(Presence, Self)>, ParseError> {
        let (presence, option) = match change.option.strip_prefix("no-") {
            Some(option) => (Presence::Removed, option),
            None => (Presence::Added, &*change.option),
        };
        let value = change.value.as_deref().unwrap_or_default();
        let part = match option {
            "bind" => Self::Mount(parse::bind(value, Access::ReadWrite)?),
            "bind-ro" => Self::Mount(parse::bind(value, Access::ReadOnly)?),
            "device" => Self::Device(parse::device(value)?),
            "network-interface" => {
                let pair = parse::network_interface(value)?.pop();
                Self::Link(pair.ok_or_else(|| ParseError::new(value, "write LINK[:INSIDE]"))?)
            }
            _ => return Ok(None),
        };
        Ok(Some((presence, part)))
    }

    /// Boots follow each other with one Spec: what is there already is not added again.
    fn apply(self, presence: Presence, spec: &mut Spec) {
        match self {
            Self::Mount(mount) => {
                spec.mounts.retain(|known| *known != mount);
                spec.mounts.extend((presence == Presence::Added).then_some(mount));
            }
            Self::Device(device) => {
                spec.devices.retain(|known| known.name() != device.name());
                spec.devices.extend((presence == Presence::Added).then_some(device));
            }
            Self::Link(pair) => {
                if let Network::Private(links) = &mut spec.network {
                    let link = Link::Interface(pair);
                    links.retain(|known| *known != link);
                    links.extend((presence == Presence::Added).then_some(link));
                }
            }
        }
    }
}

fn check(change: &Change) -> Result<(), ParseError> {
    let value = change.value.as_deref();
    if Part::of(change)?.is_some() {
        return Ok(());
    }
    if parse::LIMITS.contains(&&*change.option) {
        return parse::limit(&mut Resources::default(), &change.option, value);
    }
    parse::life(&change.option, value).map(drop)
}

#[cfg(test)]
mod tests {
    use redd_plan::sample;

    use super::*;

    fn change(option: &str, value: Option<&str>) -> Change {
        Change { option: option.to_owned(), value: value.map(str::to_owned) }
    }

    #[test]
    fn the_last_of_each_option_holds_for_the_next_boot() {
        let mut adopted = Adopted::default();
        for (option, value) in [
            ("memory", Some("1G")),
            ("cpus", Some("2")),
            ("io-read-iops", Some("/dev/a 1")),
            ("io-read-iops", Some("/dev/b 2")),
            ("memory", Some("2G")),
            ("cpus", None),
            ("stop-timeout", Some("5s")),
        ] {
            adopted.add(change(option, value)).unwrap();
        }
        let mut spec = sample::boot();
        let mut expected = sample::boot();
        adopted.apply(&mut spec);
        parse::limit(&mut expected.resources, "memory", Some("2G")).unwrap();
        parse::limit(&mut expected.resources, "io-read-iops", Some("/dev/a 1")).unwrap();
        parse::limit(&mut expected.resources, "io-read-iops", Some("/dev/b 2")).unwrap();
        expected.lifecycle.stop_timeout = Some(std::time::Duration::from_secs(5));
        assert_eq!(spec, expected);
    }

    #[test]
    fn mounts_and_devices_come_and_go_with_each_boot_once() {
        let (before, mut spec) = (sample::boot(), sample::boot());
        let mut adopted = Adopted::default();
        for (option, value) in
            [("bind", "/a:/b:idmap"), ("bind-ro", "/c"), ("device", "/dev/fuse"), ("no-bind-ro", "/c")]
        {
            adopted.add(change(option, Some(value))).unwrap();
        }
        for _boot in 0..2 {
            adopted.apply(&mut spec);
            assert_eq!(spec.mounts.len(), before.mounts.len() + 1);
            assert_eq!(spec.devices.len(), before.devices.len() + 1);
        }
        adopted.add(change("no-bind", Some("/a:/b:idmap"))).unwrap();
        adopted.add(change("no-device", Some("/dev/fuse"))).unwrap();
        adopted.apply(&mut spec);
        assert_eq!(spec, before);
    }

    #[test]
    fn what_cannot_be_used_is_not_taken_over() {
        let mut adopted = Adopted::default();
        for (option, value) in [("memory", "much"), ("stop-timeout", "never"), ("private-users", "no")] {
            assert!(adopted.add(change(option, Some(value))).is_err(), "{option}");
        }
        assert!(adopted.0.is_empty());
    }
}
