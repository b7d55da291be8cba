//! The inputs in `seeds`, given to their targets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use redd_fuzz::TARGETS;

fn entries(directory: &Path) -> BTreeSet<PathBuf> {
    let listing = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    listing.map(|entry| entry.unwrap().path()).collect()
}

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

#[test]
fn every_seed_is_taken() {
    let mut refused = Vec::new();
    for target in TARGETS {
        for seed in entries(&seeds().join(target.name)) {
            let input = fs::read(&seed).unwrap();
            if catch_unwind(|| target.run(&input)).is_err() {
                refused.push(seed);
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_directory_of_seeds_has_a_target() {
    let expected: BTreeSet<PathBuf> = TARGETS.iter().map(|target| seeds().join(target.name)).collect();
    assert_eq!(entries(&seeds()), expected);
}
