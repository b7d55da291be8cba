//! Tests that are never passed over where `REDD_REQUIRE` says what has to be there: else a lab that does not come up any more would be
//! seen by nobody.

/// The lab that needs no more than this machine's kernel.
const BARE: &str = include_str!("../../lab/bare.tests");

/// The names of the tests of a program that have to run.
pub fn listed(program: &str) -> impl Iterator<Item = &'static str> {
    let lines = BARE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(move |line| line.strip_prefix(program)?.strip_prefix(' '))
}

/// Whether this program's test has to run here.
pub(crate) fn is_listed(test: &str) -> bool {
    let program = std::env::current_exe().unwrap();
    let program = program.file_stem().unwrap().to_string_lossy();
    let program = program.rsplit_once('-').map_or(&*program, |(name, _hash)| name);
    std::env::var_os("REDD_REQUIRE").is_some() && listed(program).any(|name| name == test)
}
