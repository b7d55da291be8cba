//! Messages of sd_notify(3), from the payload to redd's own supervisor.

use redd_plan::sample;
use redd_plan::supervision::{PidOne, Supervision};
use redd_runtime::fuzzing::notify_message;
use redd_spec::init::InitKind;

pub(crate) fn run(input: &[u8]) {
    let boot = sample::boot();
    let supervision = Supervision {
        console: boot.console,
        terminals: Vec::new(),
        background: None,
        lifecycle: boot.lifecycle,
        pid1: PidOne::Init(InitKind::Systemd),
    };
    for passed_on in notify_message(input, supervision) {
        // One assignment each, whatever the payload puts into it.
        assert!(!passed_on.chars().any(char::is_control), "{passed_on:?}");
        assert!(passed_on == "READY=1" || passed_on.starts_with("STATUS="), "{passed_on:?}");
        assert!(passed_on.len() <= 4096, "it fits into a message");
    }
}
