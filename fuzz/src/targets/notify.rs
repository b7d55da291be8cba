//! Messages of sd_notify(3), from the payload to redd's own supervisor.

use redd_plan::sample;
use redd_plan::supervision::{PidOne, Supervision};
use redd_runtime::fuzzing::notify_message;
use redd_spec::init::InitKind;

/// What the payload's words come to.
const PASSED_ON: [&str; 8] = [
    "READY=1",
    "STATUS=",
    "RELOADING=1",
    "STOPPING=1",
    "EXTEND_TIMEOUT_USEC=",
    "ERRNO=",
    "EXIT_STATUS=",
    "BUSERROR=",
];

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
        // Known assignments only, whatever the payload puts into them; a reload has its time beside it.
        for assignment in passed_on.split("\nMONOTONIC_USEC=") {
            assert!(!assignment.chars().any(char::is_control), "{passed_on:?}");
        }
        assert!(PASSED_ON.iter().any(|known| passed_on.starts_with(known)), "{passed_on:?}");
        assert!(passed_on.len() <= 4096, "it fits into a message");
    }
}
