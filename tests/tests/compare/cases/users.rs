//! User namespaces.

use crate::case::Case;

const OWNED: &str = "mkdir /mnt/tree/given; touch /mnt/tree/given/a; chown 7:8 /mnt/tree/given/a";
const OWNERS: &str = "cd /mnt/tree; for file in . usr etc/passwd given/a; do test -e $file && stat -c '@@ owner of %n = %u:%g' $file; done";

pub(crate) const CASES: &[Case] = &[
    Case::sight("users: --private-users=no", &["--private-users=no"]),
    Case::sight("users: --private-users=pick", &["--private-users=pick"]).prepare(OWNED).after(OWNERS),
    Case::sight(
        "users: --private-users=pick with a name",
        &["--private-users=pick", "--private-users-ownership=auto", "-M", "name"],
    ),
    Case::sight("users: -U", &["-U"]).prepare(OWNED).after(OWNERS),
    Case::sight("users: -U with a network", &["-U", "--private-network"]).prepare(OWNED),
    Case::sight("users: -U -a", &["-U", "-a"]),
    Case::sight("users: -U -b", &["-U", "-b"]).command(&[]),
    Case::sight("users: -U --read-only", &["-U", "--read-only"]),
    Case::sight("users: -U --volatile=overlay", &["-U", "--volatile=overlay"]),
    Case::sight("users: -U --volatile=state", &["-U", "--volatile=state"]),
    Case::sight("users: -U --ephemeral", &["-U", "--ephemeral", "-M", "name"]),
    Case::sight("users: --private-users=identity", &["--private-users=identity"]).prepare(OWNED),
    Case::sight("users: --private-users", &["--private-users"])
        .prepare("chown -R 65536000:65536000 /mnt/tree"),
    Case::sight("users: --private-users=yes", &["--private-users=yes"])
        .prepare("chown -R 65536000:65536000 /mnt/tree"),
    Case::sight("users: --private-users=0 for no", &["--private-users=0"]),
    Case::sight("users: a range, ownership off", &["--private-users=1000000:65536"])
        .prepare(OWNED)
        .after(OWNERS),
    Case::sight(
        "users: a range, ownership map",
        &["--private-users=1000000:65536", "--private-users-ownership=map"],
    )
    .prepare(OWNED)
    .after(OWNERS),
    Case::sight(
        "users: a range, ownership chown",
        &["--private-users=1048576:65536", "--private-users-ownership=chown"],
    )
    .prepare(OWNED)
    .after(OWNERS),
    Case::sight(
        "users: a range, ownership auto",
        &["--private-users=1000000:65536", "--private-users-ownership=auto"],
    )
    .prepare(OWNED)
    .after(OWNERS),
    Case::sight(
        "users: a range, ownership foreign",
        &["--private-users=1048576:65536", "--private-users-ownership=foreign"],
    )
    .prepare("chown -R 2147352576:2147352576 /mnt/tree")
    .since(258),
    Case::sight("users: --private-users-chown", &["--private-users=1048576:65536", "--private-users-chown"])
        .prepare(OWNED)
        .after(OWNERS),
    Case::sight("users: a start alone", &["--private-users=1048576", "--private-users-ownership=map"]),
    Case::sight("users: a small range", &["--private-users=1048576:1000", "--private-users-ownership=map"]),
    Case::sight("users: a large range", &["--private-users=1048576:131072", "--private-users-ownership=map"]),
    Case::sight("users: -U and --user", &["-U", "-u", "daemon"]),
    Case::sight("users: -U and a tmpfs", &["-U", "--tmpfs=/given"]),
    Case::shell(
        "users: managed without its service",
        &["--private-users=managed", "--private-network"],
        &["/sight"],
    )
    .since(258),
    Case::shell(
        "users: chown and --read-only",
        &["--private-users=1048576", "--private-users-ownership=chown", "--read-only"],
        &["/sight"],
    ),
    Case::shell(
        "users: chown and --volatile",
        &["--private-users=1048576", "--private-users-ownership=chown", "--volatile"],
        &["/sight"],
    ),
];
