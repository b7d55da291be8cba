//! What is taken over from the host, and the console.

use redd_spec::integration::LinkJournal;
use redd_spec::parse::{self, ConsoleChoice};

use super::{Definition, Heading, Mask, VALUE, flag, not_yet, optional, value};

const INTEGRATION: Heading = Heading::Integration;

pub(super) static OPTIONS: [Definition; 14] = [
    value(
        "timezone",
        "MODE",
        INTEGRATION,
        "Time zone: auto, symlink, copy, bind, delete or off",
        |settings, text| {
            settings.integration.timezone = Some(parse::timezone(text)?);
            Ok(())
        },
    )
    .values(|| ["off", "copy", "bind", "symlink", "delete", "auto"].map(str::to_owned).into())
    .mask(Mask::Timezone),
    value(
        "resolv-conf",
        "MODE",
        INTEGRATION,
        "resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub",
        |settings, text| {
            settings.integration.resolv_conf = Some(parse::resolv_conf(text)?);
            Ok(())
        },
    )
    .values(resolv_conf_values)
    .mask(Mask::ResolvConf),
    optional(
        "console",
        ("MODE", "interactive"),
        INTEGRATION,
        "Console: interactive, read-only, passive, kept, pipe or autopipe",
        |settings, text| {
            settings.integration.console = Some(parse::console(text)?);
            Ok(())
        },
    )
    .values(|| ["interactive", "read-only", "passive", "pipe", "autopipe"].map(str::to_owned).into()),
    flag("pipe", INTEGRATION, "Short for --console=pipe", |settings| {
        settings.integration.console = Some(ConsoleChoice::Mode(redd_spec::console::ConsoleMode::Pipe));
    })
    .short('P'),
    flag("quiet", INTEGRATION, "Print no warnings and no hints", |settings| {
        settings.integration.quiet = true;
    })
    .short('q'),
    value(
        "background",
        "COLOUR",
        INTEGRATION,
        "Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none",
        |settings, text| {
            settings.integration.background = parse::background(text)?;
            Ok(())
        },
    ),
    value(
        "ttys",
        "N",
        INTEGRATION,
        "Terminals beside the console, each with a login prompt",
        |settings, text| {
            settings.integration.terminals = Some(parse::terminals(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "link-journal",
        "MODE",
        INTEGRATION,
        "Link the payload's journal with the host's: no (default), auto, host, try-host, guest or try-guest",
        |settings, text| {
            settings.integration.link_journal = Some(parse::link_journal(text)?);
            Ok(())
        },
    )
    .values(|| ["no", "host", "try-host", "guest", "try-guest", "auto"].map(str::to_owned).into())
    .mask(Mask::LinkJournal),
    flag("-j", INTEGRATION, "Short for --link-journal=try-guest", |settings| {
        settings.integration.link_journal = Some(LinkJournal::TryGuest);
    })
    .short('j')
    .mask(Mask::LinkJournal),
    not_yet("forward-journal", VALUE, INTEGRATION).nspawn(),
    not_yet("forward-journal-max-use", VALUE, INTEGRATION).nspawn(),
    not_yet("forward-journal-keep-free", VALUE, INTEGRATION).nspawn(),
    not_yet("forward-journal-max-file-size", VALUE, INTEGRATION).nspawn(),
    not_yet("forward-journal-max-files", VALUE, INTEGRATION).nspawn(),
];

fn resolv_conf_values() -> Vec<String> {
    let ways = ["copy", "replace", "bind"];
    let files = ["host", "static", "uplink", "stub"];
    let combined = ways.iter().flat_map(|way| files.iter().map(move |file| format!("{way}-{file}")));
    ["off".to_owned(), "auto".to_owned(), "delete".to_owned()].into_iter().chain(combined).collect()
}
