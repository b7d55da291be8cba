//! Namespaces and privileges.

use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::parse;

use super::{Argument, Definition, Heading, Mask, VALUE, flag, not_yet, optional, value};

const ISOLATION: Heading = Heading::Isolation;
const BOOL: (&str, &str) = ("BOOL", "yes");

pub(super) static OPTIONS: [Definition; 15] = [
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
    not_yet("private-users-delegate", VALUE, ISOLATION).nspawn().mask(Mask::PrivateUsers),
    value("capability", "LIST", ISOLATION, "Capabilities to add to the default set", |settings, text| {
        settings.isolation.capability.push(parse::capabilities(text)?);
        Ok(())
    })
    .list()
    .mask(Mask::Capability),
    value("drop-capability", "LIST", ISOLATION, "Capabilities to take from it", |settings, text| {
        settings.isolation.drop_capability.push(parse::capabilities(text)?);
        Ok(())
    })
    .list()
    .mask(Mask::Capability),
    not_yet("ambient-capability", VALUE, ISOLATION).mask(Mask::Capability),
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
            settings.isolation.system_call_filter.extend(parse::system_call_filter(text)?);
            Ok(())
        },
    )
    .list()
    .mask(Mask::SystemCallFilter),
    not_yet("restrict-address-families", VALUE, ISOLATION).mask(Mask::AddressFamilies),
    not_yet("suppress-sync", VALUE, ISOLATION).mask(Mask::SuppressSync),
    not_yet("personality", VALUE, ISOLATION).mask(Mask::Personality),
    not_yet("selinux-context", VALUE, ISOLATION).short('Z'),
    not_yet("selinux-apifs-context", VALUE, ISOLATION).short('L'),
];

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
    not_yet("network-veth-extra", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("network-bridge", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("network-zone", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("network-interface", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("network-macvlan", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("network-ipvlan", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("network-namespace-path", VALUE, ISOLATION).mask(Mask::Network),
    not_yet("port", VALUE, ISOLATION).short('p').mask(Mask::Port),
    // Has been a synonym since before there was a network namespace.
    not_yet("share-system", Argument::None, ISOLATION).nspawn(),
];
