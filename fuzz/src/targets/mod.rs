//! One file for each target.

pub(crate) mod adapter_files;
pub(crate) mod cgroups;
pub(crate) mod command_line;
pub(crate) mod console;
pub(crate) mod control;
pub(crate) mod credentials;
pub(crate) mod handover;
pub(crate) mod handshake;
pub(crate) mod host_ids;
pub(crate) mod inits;
pub(crate) mod journal;
pub(crate) mod mounts;
pub(crate) mod names;
pub(crate) mod network_packets;
pub(crate) mod notify;
pub(crate) mod oci_bundles;
pub(crate) mod option_values;
pub(crate) mod os_release;
pub(crate) mod reports;
pub(crate) mod settings_files;
pub(crate) mod users;

use redd_plan::facts::{Grants, HostFacts, TreeFacts};
use redd_plan::{Plan, render};
use redd_spec::Spec;

/// An input that stands for several files: a line `---` is between two of them.
fn files<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    const SEPARATOR: &[u8] = b"\n---\n";
    let mut rest = input;
    let mut next = || match rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        Some(at) => {
            let file = &rest[..at];
            rest = &rest[at + SEPARATOR.len()..];
            file
        }
        None => std::mem::take(&mut rest),
    };
    [(); N].map(|()| next())
}

/// Nothing that a terminal takes for more than text.
fn assert_printable(text: &str) {
    assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");
}

/// The plan, where there is one; it can always be shown.
fn plan(spec: &Spec, host: &HostFacts, tree: &TreeFacts, grants: &Grants) -> Option<Plan> {
    let plan = redd_plan::plan(spec, host, tree, grants).ok()?;
    assert_printable(&render::to_text(&plan));
    serde_json::to_string(&plan).expect("a plan serialises");
    Some(plan)
}
