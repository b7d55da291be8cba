//! A payload that does not want to end, or does not want to stay.

use crate::registry::Held::Always;
use crate::registry::{Attack, elsewhere};

pub(crate) const ATTACKS: &[Attack] = &[elsewhere(
    "A49 reboot without end",
    Always,
    include_str!("../soak.rs"),
    "a_reboot_loop_does_not_make_a_supervisor_grow",
)];
