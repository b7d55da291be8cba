//! What only bundles of the Open Container Initiative say.

use redd_spec::parse;

use super::{Definition, Heading, Mask, value};

pub(super) static OPTIONS: [Definition; 4] = [
    value("user-ids", "UID:GID:GROUPS", Heading::Command, "Ids to run it as", |settings, text| {
        settings.command.user_ids = Some(parse::user_ids(text)?);
        Ok(())
    })
    .files()
    .mask(Mask::User),
    value("sysctl", "NAME=VALUE", Heading::Isolation, "Parameters of its namespaces", |settings, text| {
        settings.isolation.kernel_parameters.push(parse::kernel_parameter(text)?);
        Ok(())
    })
    .list()
    .files(),
    value("masked-path", "PATH", Heading::Mounts, "Cover a path that may be missing", |settings, text| {
        settings.mounts.custom.push(parse::masked_path(text)?);
        Ok(())
    })
    .list()
    .files(),
    value(
        "read-only-path",
        "PATH",
        Heading::Mounts,
        "Protect a path that may be missing",
        |settings, text| {
            settings.mounts.custom.push(parse::read_only_path(text)?);
            Ok(())
        },
    )
    .list()
    .files(),
];
