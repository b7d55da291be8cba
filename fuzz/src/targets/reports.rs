//! Saved reports of `redd check`, and what is made of them.

use redd_conform::{registry, render};

pub(crate) fn run(input: &[u8]) {
    let checks = registry::all();
    let Ok(report) = render::read_json(&String::from_utf8_lossy(input), checks) else { return };
    let written = render::json(&report, checks);
    let again = render::read_json(&written, checks).expect("what redd writes it reads");
    assert_eq!(written, render::json(&again, checks));
    let table = render::table(&report, checks);
    assert!(!table.chars().any(|character| character.is_control() && character != '\n'));
    let page = render::html(std::slice::from_ref(&report), checks);
    assert!(!page.contains("<script") && !page.contains("<img"));
}
