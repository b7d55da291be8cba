//! Mounts and credentials.

use redd_spec::parse;
use redd_spec::root::Access;

use super::{Definition, Heading, Mask, value};

const MOUNTS: Heading = Heading::Mounts;

pub(super) static OPTIONS: [Definition; 12] = [
    value(
        "bind",
        "SOURCE[:PATH[:OPTIONS]]",
        MOUNTS,
        "Bind a file or directory of the host, or with + of the tree",
        |settings, text| {
            settings.mounts.custom.push(parse::bind(text, Access::ReadWrite)?);
            Ok(())
        },
    )
    .list()
    .mask(Mask::CustomMounts),
    value("bind-ro", "SOURCE[:PATH[:OPTIONS]]", MOUNTS, "The same, read-only", |settings, text| {
        settings.mounts.custom.push(parse::bind(text, Access::ReadOnly)?);
        Ok(())
    })
    .list()
    .mask(Mask::CustomMounts),
    value("tmpfs", "PATH[:OPTIONS]", MOUNTS, "Mount an empty file system in memory", |settings, text| {
        settings.mounts.custom.push(parse::tmpfs(text)?);
        Ok(())
    })
    .list()
    .mask(Mask::CustomMounts),
    value("inaccessible", "PATH", MOUNTS, "Make a path inaccessible", |settings, text| {
        settings.mounts.custom.push(parse::inaccessible(text)?);
        Ok(())
    })
    .list()
    .mask(Mask::CustomMounts),
    value(
        "overlay",
        "LOWER…:UPPER:PATH",
        MOUNTS,
        "Show directories as one, the lowest first; with + of the tree",
        |settings, text| {
            settings.mounts.custom.push(parse::overlay(text, Access::ReadWrite)?);
            Ok(())
        },
    )
    .list()
    .mask(Mask::CustomMounts),
    value("overlay-ro", "LOWER…:UPPER:PATH", MOUNTS, "The same, read-only", |settings, text| {
        settings.mounts.custom.push(parse::overlay(text, Access::ReadOnly)?);
        Ok(())
    })
    .list()
    .mask(Mask::CustomMounts),
    value(
        "bind-user",
        "NAME",
        MOUNTS,
        "A user of the host that is known inside, with the home directory",
        |settings, text| {
            settings.mounts.bound_users.bind(parse::bind_user(text)?);
            Ok(())
        },
    )
    .list()
    .mask(Mask::BindUser),
    value(
        "bind-user-shell",
        "BOOL|PATH",
        MOUNTS,
        "Their shell: the host's (yes), the payload's default (no), or this one",
        |settings, text| {
            settings.mounts.bound_users.shell = parse::bind_user_shell(text)?;
            Ok(())
        },
    )
    .mask(Mask::BindUser),
    value(
        "bind-user-group",
        "NAME",
        MOUNTS,
        "A group of the payload that they are members of",
        |settings, text| {
            settings.mounts.bound_users.join(parse::bind_user_group(text)?);
            Ok(())
        },
    )
    .list()
    .mask(Mask::BindUser),
    value("set-credential", "ID:VALUE", MOUNTS, "Pass a credential to PID 1", |settings, text| {
        settings.mounts.credentials.push(parse::set_credential(text)?);
        Ok(())
    })
    .list()
    .secret(),
    value(
        "load-credential",
        "ID:PATH|NAME",
        MOUNTS,
        "Pass a credential from a file, a socket, or redd's own",
        |settings, text| {
            settings.mounts.credentials.push(parse::load_credential(text)?);
            Ok(())
        },
    )
    .list(),
    value(
        "import-credential",
        "GLOB",
        MOUNTS,
        "Pass on those of redd's own credentials whose names match",
        |settings, text| {
            settings.mounts.imported_credentials.push(parse::import_credential(text)?);
            Ok(())
        },
    )
    .list()
    .native(),
];
