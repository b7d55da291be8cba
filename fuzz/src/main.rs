//! libFuzzer with one target, the one that `REDD_FUZZ_TARGET` names.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use redd_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("REDD_FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).unwrap_or_else(|| panic!("REDD_FUZZ_TARGET={name:?} names no target"))
});

fuzz_target!(|input: &[u8]| TARGET.run(input));
