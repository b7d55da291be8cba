//! Namespaces and privileges.

use redd_spec::capability::CAPABILITY_NAMES;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::network::Link;
use redd_spec::parse::{self, ParseError};

use super::{Argument, Definition, Heading, Mask, VALUE, flag, not_yet, optional, value};

const ISOLATION: Heading = Heading::Isolation;
const BOOL: (&str, &str) = ("BOOL", "yes");

pub(super) static OPTIONS: [Definition; 17] = [
    optional(
        "private-users",
        ("MODE", "yes"),
        ISOLATION,
        "User namespace: pick, yes, no, identity or START:N",
        |settings, text| {
            settings.isolation.private_users = Some(parse::private_users(text)?);
            Ok(())
        },
    )
    .mask(Mask::PrivateUsers),
    value(
        "private-users-ownership",
        "MODE",
        ISOLATION,
        "How owners in the tree become owners inside: auto, map, foreign, chown or off",
        |settings, text| {
            settings.isolation.private_users_ownership = Some(parse::private_users_ownership(text)?);
            Ok(())
        },
    )
    .mask(Mask::PrivateUsers)
    .values(|| ["off", "chown", "map", "foreign", "auto"].map(str::to_owned).into()),
    flag("-U", ISOLATION, "Short for --private-users=pick --private-users-ownership=auto", |settings| {
        settings.isolation.private_users = Some(UserNamespace::Pick);
        settings.isolation.private_users_ownership = Some(Ownership::Auto);
    })
    .short('U')
    .mask(Mask::PrivateUsers),
    flag("private-users-chown", ISOLATION, "Short for --private-users-ownership=chown", |settings| {
        settings.isolation.private_users_ownership = Some(Ownership::Chown);
    })
    .nspawn()
    .mask(Mask::PrivateUsers),
    value(
        "private-users-delegate",
        "N",
        ISOLATION,
        "Ranges of ids for containers inside: 0, as systemd-nsresourced is not asked for any",
        |_settings, text| match text {
            "0" => Ok(()),
            _ => Err(ParseError::new(
                text,
                "ranges for containers inside are given out by systemd-nsresourced, which redd does not ask; \
                 `redd boot --nesting` takes them by itself",
            )),
        },
    )
    .nspawn()
    .mask(Mask::PrivateUsers),
    value("capability", "LIST", ISOLATION, "Capabilities to add to the default set", |settings, text| {
        settings.isolation.capability.push(parse::capabilities(text)?);
        Ok(())
    })
    .list()
    .mask(Mask::Capability)
    .values(capability_names),
    value("drop-capability", "LIST", ISOLATION, "Capabilities to take from it", |settings, text| {
        settings.isolation.drop_capability.push(parse::capabilities(text)?);
        Ok(())
    })
    .list()
    .mask(Mask::Capability)
    .values(capability_names),
    value(
        "ambient-capability",
        "LIST",
        ISOLATION,
        "Capabilities that a command keeps, whoever it is run as",
        |settings, text| {
            settings.isolation.ambient_capability.push(parse::capabilities(text)?);
            Ok(())
        },
    )
    .list()
    .mask(Mask::Capability)
    .values(capability_names),
    optional(
        "no-new-privileges",
        BOOL,
        ISOLATION,
        "Keep programs from gaining privileges [default: no]",
        |settings, text| {
            settings.isolation.no_new_privileges = Some(parse::boolean(text)?);
            Ok(())
        },
    )
    .mask(Mask::NoNewPrivileges),
    value(
        "system-call-filter",
        "[~]LIST",
        ISOLATION,
        "System calls to allow, or with ~ to refuse",
        |settings, text| {
            settings.isolation.system_call_filter.extend(parse::system_call_filter(text));
            Ok(())
        },
    )
    .list()
    .mask(Mask::SystemCallFilter),
    value(
        "restrict-address-families",
        "[~]LIST",
        ISOLATION,
        "Address families of sockets to allow, or with ~ to refuse; none: no sockets",
        |settings, text| {
            let families = &mut settings.isolation.restrict_address_families;
            *families = parse::restrict_address_families(*families, text)?;
            Ok(())
        },
    )
    .mask(Mask::AddressFamilies),
    value(
        "suppress-sync",
        "BOOL",
        ISOLATION,
        "Let system calls that wait for storage do nothing [default: no]",
        |settings, text| {
            settings.isolation.suppress_sync = Some(parse::boolean(text)?);
            Ok(())
        },
    )
    .mask(Mask::SuppressSync),
    value(
        "personality",
        "MACHINE",
        ISOLATION,
        "Machine that uname(2) tells of, e.g. x86 on x86-64",
        |settings, text| {
            settings.isolation.personality = Some(parse::personality(text)?);
            Ok(())
        },
    )
    .mask(Mask::Personality)
    .values(|| parse::PERSONALITIES.map(|(name, _)| name.to_owned()).into()),
    value("selinux-context", "CONTEXT", ISOLATION, "SELinux context of the payload", |settings, text| {
        settings.isolation.selinux.process = Some(parse::selinux_context(text)?);
        Ok(())
    })
    .short('Z'),
    value(
        "selinux-apifs-context",
        "CONTEXT",
        ISOLATION,
        "SELinux context of file systems in memory",
        |settings, text| {
            settings.isolation.selinux.api_file_systems = Some(parse::selinux_context(text)?);
            Ok(())
        },
    )
    .short('L'),
    optional(
        "nesting",
        BOOL,
        ISOLATION,
        "Let container managers work inside [default: no]",
        |settings, text| {
            settings.isolation.nesting = Some(parse::boolean(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "device",
        "PATH[:USE]",
        ISOLATION,
        "Let the payload use a node of the host's /dev: r, rw or rwm [default: rwm]",
        |settings, text| {
            settings.isolation.devices.push(parse::device(text)?);
            Ok(())
        },
    )
    .native(),
];

fn capability_names() -> Vec<String> {
    CAPABILITY_NAMES.map(str::to_ascii_lowercase).into()
}

pub(super) static NETWORK: [Definition; 11] = [
    optional(
        "private-network",
        BOOL,
        ISOLATION,
        "Network namespace of its own; no: the host's network",
        |settings, text| {
            settings.isolation.private_network = Some(parse::boolean(text)?);
            Ok(())
        },
    )
    .nspawn_flag()
    .mask(Mask::Network),
    optional("network-veth", BOOL, ISOLATION, "Link host0 inside and ve-NAME outside", |settings, text| {
        settings.isolation.network_veth = Some(parse::boolean(text)?);
        Ok(())
    })
    .short('n')
    .nspawn_flag()
    .mask(Mask::Network),
    value(
        "network-veth-extra",
        "HOST[:INSIDE]",
        ISOLATION,
        "Another pair of links, by their names",
        |settings, text| {
            settings.isolation.links.push(Link::ExtraVeth(parse::network_veth_extra(text)?));
            Ok(())
        },
    )
    .list()
    .mask(Mask::Network),
    value("network-bridge", "BRIDGE", ISOLATION, "Put the link outside into a bridge", |settings, text| {
        settings.isolation.network_bridge = Some(parse::network_bridge(text)?);
        Ok(())
    })
    .mask(Mask::Network),
    value(
        "network-zone",
        "ZONE",
        ISOLATION,
        "The same with the bridge vz-ZONE, which comes and goes with its machines",
        |settings, text| {
            settings.isolation.network_zone = Some(parse::network_zone(text)?);
            Ok(())
        },
    )
    .mask(Mask::Network),
    value(
        "network-interface",
        "LINK[:INSIDE]",
        ISOLATION,
        "A link of the host, until the machine ends",
        |settings, text| {
            let pairs = parse::network_interface(text)?;
            settings.isolation.links.extend(pairs.into_iter().map(Link::Interface));
            Ok(())
        },
    )
    .list()
    .mask(Mask::Network),
    value(
        "network-macvlan",
        "LINK[:INSIDE]",
        ISOLATION,
        "A link with an address of its own on one of the host's",
        |settings, text| {
            let pairs = parse::network_macvlan(text)?;
            settings.isolation.links.extend(pairs.into_iter().map(Link::Macvlan));
            Ok(())
        },
    )
    .list()
    .mask(Mask::Network),
    value(
        "network-ipvlan",
        "LINK[:INSIDE]",
        ISOLATION,
        "A link with the address of one of the host's",
        |settings, text| {
            let pairs = parse::network_ipvlan(text)?;
            settings.isolation.links.extend(pairs.into_iter().map(Link::Ipvlan));
            Ok(())
        },
    )
    .list()
    .mask(Mask::Network),
    not_yet("network-namespace-path", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("port", VALUE, ISOLATION).short('p').mask(Mask::Port),
    // Has been a synonym since before there was a network namespace.
    not_yet("share-system", Argument::None, ISOLATION).nspawn(),
];
