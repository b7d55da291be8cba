//! Hostile trees, hostile payloads and hostile neighbours against redd, with a user namespace and without.
//!
//! Each attack has a number of the suite it comes from; docs/threat-model.md prints the table.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod control;
mod copies;
mod entering;
mod exhaustion;
mod floods;
mod links;
mod names;
mod payload;
mod process;
mod races;
mod registry;
mod stopping;
mod tree;

use registry::{Attack, Held};

/// In the order of the document: by number.
fn all() -> Vec<Attack> {
    let mut all = [
        control::ATTACKS,
        copies::ATTACKS,
        entering::ATTACKS,
        exhaustion::ATTACKS,
        floods::ATTACKS,
        links::ATTACKS,
        names::ATTACKS,
        payload::ATTACKS,
        process::ATTACKS,
        races::ATTACKS,
        stopping::ATTACKS,
        tree::ATTACKS,
    ]
    .concat();
    let number = |attack: &Attack| -> u32 {
        let (word, _) = attack.name.split_once(' ').unwrap();
        word.strip_prefix('A').unwrap().parse().unwrap()
    };
    all.sort_by_key(number);
    all
}

/// The document says the same as this program, no more and no less.
#[test]
fn the_threat_model_lists_every_attack() {
    let document = include_str!("../../../docs/threat-model.md");
    let header = "| attack | with | without |\n|---|---|---|\n";
    let (_, rest) = document.split_once(header).unwrap();
    let (table, _) = rest.split_once("\n\n").unwrap();
    let row = |Attack { name, held, .. }: &Attack| {
        let without = if *held == Held::Always { "held" } else { "not held" };
        format!("| {name} | held | {without} |")
    };
    let expected: Vec<String> = all().iter().map(row).collect();
    assert_eq!(table.trim_end().lines().collect::<Vec<_>>(), expected, "\n{}", expected.join("\n"));
}
