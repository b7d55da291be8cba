//! Which tree, and what the machine is called.

use redd_spec::parse::{self, ParseError};

use super::{Argument, Definition, Heading, Mask, VALUE, flag, not_yet, optional, raw, value};

const TREE: Heading = Heading::Tree;
const IDENTITY: Heading = Heading::Identity;

pub(super) static OPTIONS: [Definition; 21] = [
    raw("directory", "PATH", TREE, "Root directory; then every word is the payload's", |settings, path| {
        settings.tree.directory = Some(path.into());
    })
    .short('D'),
    value(
        "machine",
        "NAME",
        TREE,
        "Name of the machine, and of its tree if no other is named",
        |settings, text| {
            settings.tree.machine = Some(parsed(text)?);
            Ok(())
        },
    )
    .short('M'),
    flag("ephemeral", TREE, "Work on a copy that is removed at the end", |settings| {
        settings.tree.ephemeral = Some(true);
    })
    .short('x')
    .mask(Mask::Ephemeral),
    flag("read-only", TREE, "Do not let the tree be changed", |settings| {
        settings.tree.read_only = Some(true);
    })
    .mask(Mask::ReadOnly),
    optional(
        "volatile",
        ("MODE", "yes"),
        TREE,
        "What is lost at the end: yes, state, overlay or no",
        |settings, text| {
            settings.tree.volatile = Some(parse::volatile(text)?);
            Ok(())
        },
    )
    .values(|| ["no", "yes", "state", "overlay"].map(str::to_owned).into())
    .mask(Mask::Volatile),
    value(
        "settings",
        "MODE",
        TREE,
        "Settings file: yes, no, override or trusted [default: yes]",
        |settings, text| {
            settings.tree.settings = Some(crate::file::mode(text)?);
            Ok(())
        },
    ),
    raw(
        "template",
        "PATH|NAME",
        TREE,
        "Make the tree from this one, if it does not exist",
        |settings, path| {
            settings.tree.template = Some(path.into());
        },
    ),
    value("pivot-root", "NEW[:OLD]", TREE, "Take a directory of the tree as the root", |settings, text| {
        settings.tree.pivot = Some(parse::pivot_root(text)?);
        Ok(())
    })
    .mask(Mask::PivotRoot),
    raw(
        "oci-bundle",
        "PATH",
        TREE,
        "Bundle of the Open Container Initiative, in place of a tree",
        |settings, path| {
            settings.tree.oci_bundle = Some(path.into());
        },
    ),
    not_yet("image", Argument::Required { name: "PATH" }, TREE).short('i'),
    not_yet("image-policy", VALUE, TREE).nspawn(),
    not_yet("root-hash", VALUE, TREE).nspawn(),
    not_yet("root-hash-sig", VALUE, TREE).nspawn(),
    not_yet("verity-data", VALUE, TREE).nspawn(),
    not_yet("mstack", VALUE, TREE).nspawn(),
    flag("cleanup", TREE, "Remove what a killed start of the machine left, and start nothing", |settings| {
        settings.tree.cleanup = true;
    })
    .nspawn(),
    flag("no-ask-password", TREE, "Do not ask for passwords; redd asks for none", |_settings| {}).nspawn(),
    value(
        "hostname",
        "NAME",
        IDENTITY,
        "Host name inside; the machine's name otherwise",
        |settings, text| {
            settings.identity.hostname = Some(parsed(text)?);
            Ok(())
        },
    )
    .mask(Mask::Hostname),
    value("uuid", "UUID", IDENTITY, "$container_uuid, where the tree has no machine id", |settings, text| {
        settings.identity.uuid = Some(parsed(text)?);
        Ok(())
    })
    .mask(Mask::MachineId),
    raw(
        "setenv",
        "NAME[=VALUE]",
        IDENTITY,
        "Set a variable for the payload, or pass the caller's on",
        |settings, word| settings.identity.setenv.push(word.into()),
    )
    .short('E')
    .list()
    .mask(Mask::Environment),
    flag("no-pager", IDENTITY, "Do not page output; redd never does", |_settings| {}).nspawn(),
];

/// A value that reads itself.
fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, ParseError> {
    text.parse().map_err(|error: T::Err| ParseError::new(text, error.to_string()))
}
