//! What a command is run as.

use redd_spec::parse;

use super::{Definition, Heading, Mask, flag, raw, value};
use crate::settings::ModeChoice;

const COMMAND: Heading = Heading::Command;

pub(super) static OPTIONS: [Definition; 5] = [
    flag("as-pid2", COMMAND, "Run the command below a small init (default)", |settings| {
        settings.command.mode = Some(ModeChoice::AsPid2);
    })
    .short('a')
    .for_commands()
    .mask(Mask::StartMode),
    flag("as-pid1", COMMAND, "Run the command itself as PID 1", |settings| {
        settings.command.mode = Some(ModeChoice::AsPid1);
    })
    .native_command()
    .mask(Mask::StartMode),
    value(
        "uid",
        "USER",
        COMMAND,
        "User to run it as: a name or number of the tree's /etc/passwd",
        |settings, text| {
            settings.command.user = Some(parse::payload_user(text)?);
            Ok(())
        },
    )
    .short('u')
    .alias("user")
    .for_commands()
    .mask(Mask::User),
    value("chdir", "PATH", COMMAND, "Directory to run it in", |settings, text| {
        settings.command.directory = Some(parse::working_directory(text)?);
        Ok(())
    })
    .for_commands()
    .mask(Mask::WorkingDirectory),
    raw("parameters", "WORD", COMMAND, "Words for the init or the command", |settings, word| {
        settings.command.parameters.push(word.into());
    })
    .list()
    .files()
    .mask(Mask::StartMode),
];
