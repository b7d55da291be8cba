//! Hosts of the lab, with the redd under test in them.

use redd_lab::{Host, Options};

use crate::{Need, redd};

/// A host with redd under test in `/usr/local/bin`, and the payload trees in `/trees`.
#[must_use]
pub fn host_options() -> Options {
    let tree = Need::SystemdHost.tree();
    let trees = tree.parent().unwrap().canonicalize().unwrap();
    Options::of(&tree).redd(redd().get_program().as_ref()).trees(&trees)
}

/// The same, made.
///
/// # Panics
/// It does not come up.
#[must_use]
pub fn boot_host() -> Host {
    Host::boot(&host_options()).unwrap_or_else(|why| panic!("{why}"))
}
