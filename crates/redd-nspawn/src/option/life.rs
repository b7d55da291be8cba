//! Start, readiness, stop.

use redd_spec::parse;

use super::{Definition, Heading, Mask, flag, value};

const LIFE: Heading = Heading::Life;

pub(super) static OPTIONS: [Definition; 6] = [
    value(
        "init",
        "KIND|PATH",
        LIFE,
        "Init to boot: auto, a kind of docs/inits.md, or a path in the tree",
        |settings, text| {
            settings.life.init = Some(parse::init(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "kill-signal",
        "SIGNAL",
        LIFE,
        "Signal for an orderly stop [default: what the init wants, SIGTERM for a command]",
        |settings, text| {
            settings.life.kill_signal = Some(parse::signal(text)?);
            Ok(())
        },
    )
    .values(parse::signal_names)
    .mask(Mask::KillSignal),
    value(
        "stop-timeout",
        "TIME",
        LIFE,
        "How long an orderly stop may take [default: 90s]",
        |settings, text| {
            settings.life.stop_timeout = Some(parse::time_span(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "notify-ready",
        "BOOL",
        LIFE,
        "Report readiness when PID 1 does [default: yes for boot]",
        |settings, text| {
            settings.life.notify_ready = Some(parse::boolean(text)?);
            Ok(())
        },
    )
    .mask(Mask::NotifyReady),
    flag("keep-unit", LIFE, "Exit with 133 when the payload reboots, for a unit to restart", |settings| {
        settings.life.keep_unit = true;
    }),
    flag("boot", Heading::Command, "Boot the tree's init; every word is an argument for it", |settings| {
        settings.command.mode = Some(crate::settings::ModeChoice::Boot);
    })
    .short('b')
    .nspawn()
    .mask(Mask::StartMode),
];
