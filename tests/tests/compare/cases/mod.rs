//! The cases, by the headings of systemd-nspawn(1).

mod command_line;
mod console;
mod execution;
mod identity;
mod image;
mod integration;
mod mounts;
mod network;
mod privileges;
mod settings_files;
mod users;

use std::collections::BTreeSet;

use crate::case::Case;

pub(crate) fn all() -> Vec<Case> {
    [
        command_line::CASES,
        image::CASES,
        execution::CASES,
        identity::CASES,
        users::CASES,
        network::CASES,
        privileges::CASES,
        integration::CASES,
        mounts::CASES,
        console::CASES,
        settings_files::CASES,
    ]
    .concat()
}

#[test]
fn there_are_many_cases_and_each_has_a_name() {
    let all = all();
    let names: BTreeSet<&str> = all.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), all.len());
    assert!(all.len() >= 150, "{}", all.len());
}
