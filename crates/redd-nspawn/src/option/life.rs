//! Start, readiness, stop; and what `start` itself is told.

use redd_spec::parse;

use super::{Definition, Heading, Mask, flag, value};

const LIFE: Heading = Heading::Life;

pub(super) static OPTIONS: [Definition; 12] = [
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
    flag(
        "keep-unit",
        LIFE,
        "Use the unit redd was started in; exit with 133 when the payload reboots",
        |settings| {
            settings.life.keep_unit = true;
        },
    ),
    value(
        "restart",
        "POLICY",
        LIFE,
        "Start it again when it ended: no, on-failure or always [default: no]",
        |settings, text| {
            settings.life.restart = Some(parse::restart_policy(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "restart-delay",
        "TIME",
        LIFE,
        "How long to wait before; twice as long each further time [default: 1s]",
        |settings, text| {
            settings.life.restart_delay = Some(parse::time_span(text)?);
            Ok(())
        },
    )
    .native(),
    value("restart-limit", "N", LIFE, "How often in a row, or infinity [default: 5]", |settings, text| {
        settings.life.restart_limit = Some(parse::restart_limit(text)?);
        Ok(())
    })
    .native(),
    value(
        "watchdog",
        "TIME",
        LIFE,
        "Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long",
        |settings, text| {
            settings.life.watchdog = Some(parse::time_span(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "ready-timeout",
        "TIME",
        LIFE,
        "Kill it where PID 1 is not ready within so long [default: infinity]",
        |settings, text| {
            settings.life.ready_timeout = Some(parse::time_span(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "after",
        "NAME…",
        LIFE,
        "Where these are started with it, wait until they are ready",
        |settings, text| {
            settings.life.after.extend(parse::machine_names(text)?);
            Ok(())
        },
    )
    .list()
    .native(),
    flag("boot", Heading::Command, "Boot the tree's init; every word is an argument for it", |settings| {
        settings.command.mode = Some(crate::settings::ModeChoice::Boot);
    })
    .short('b')
    .nspawn()
    .mask(Mask::StartMode),
];

pub(super) static BACKGROUND: [Definition; 3] = [
    flag("no-wait", LIFE, "Do not wait until it is ready", |settings| {
        settings.background.no_wait = true;
    })
    .background(),
    value(
        "start-timeout",
        "TIME",
        LIFE,
        "How long to wait until it is ready; it goes on without that [default: 5min]",
        |settings, text| {
            settings.background.start_timeout = Some(parse::time_span(text)?);
            Ok(())
        },
    )
    .background(),
    flag("all-enabled", LIFE, "Start what was enabled, for an init script of the host", |settings| {
        settings.background.all_enabled = true;
    })
    .background(),
];
