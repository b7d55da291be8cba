//! What is mounted on request.

use crate::case::Case;

/// Sources: files of several owners.
const SOURCE: &str = "mkdir source; echo a > source/root; echo b > source/seven; chown 7:7 source/seven; echo c > source/high; chown 1048576:1048576 source/high; mkdir source/below; mount -t tmpfs none source/below; echo d > source/below/file; mkdir -p other; echo o > other/only; mkdir layer; echo l > layer/layered; mkdir upper; echo u > upper/upper; echo file > file";

const fn given(name: &'static str, options: &'static [&'static str]) -> Case {
    Case::sight(name, options).prepare(SOURCE)
}

pub(crate) const CASES: &[Case] = &[
    given("mounts: --bind", &["--bind=/run/outside/source:/given"]),
    given("mounts: --bind of a file", &["--bind=/run/outside/file:/given/file"]),
    given("mounts: --bind to the same place", &["--bind=/srv/given"]).prepare("mkdir -p /run/srv/given; echo a > /run/srv/given/a; mount --bind /run/srv /srv"),
    given("mounts: --bind-ro", &["--bind-ro=/run/outside/source:/given"]),
    given("mounts: --bind norbind", &["--bind=/run/outside/source:/given:norbind"]),
    given("mounts: --bind rbind", &["--bind=/run/outside/source:/given:rbind"]),
    given("mounts: --bind-ro rbind", &["--bind-ro=/run/outside/source:/given:rbind,noidmap"]),
    given("mounts: --bind inside the tree", &["--bind=+/usr/lib/locale:/given"]),
    given("mounts: --bind-ro inside the tree", &["--bind-ro=+/etc:/given"]),
    given("mounts: --bind of nothing", &["--bind=:/given"]),
    given("mounts: --bind with an escaped colon", &["--bind=/run/outside/a\\:b:/given"]).prepare("mkdir a:b; echo a > a:b/c"),
    given("mounts: --bind with -U", &["-U", "--bind=/run/outside/source:/given"]),
    given("mounts: --bind idmap with -U", &["-U", "--bind=/run/outside/source:/given:idmap,norbind"]),
    given("mounts: --bind rootidmap with -U", &["-U", "--bind=/run/outside/source:/given:rootidmap,norbind"]),
    given("mounts: --bind rootidmap of somebody's", &["-U", "--bind=/run/outside/source:/given:rootidmap,norbind"]).prepare("mkdir source; chown 7:7 source; echo a > source/a; chown 7:7 source/a"),
    given("mounts: --bind owneridmap with -U", &["-U", "--bind=/run/outside/source:/given:owneridmap,norbind"]).prepare("mkdir source; chown 7:7 source; echo a > source/a; chown 7:7 source/a; mkdir /mnt/tree/given; chown 9:9 /mnt/tree/given"),
    given("mounts: --bind noidmap with -U", &["-U", "--bind=/run/outside/source:/given:noidmap"]),
    given("mounts: --bind idmap without users", &["--bind=/run/outside/source:/given:idmap,norbind"]),
    given("mounts: --bind of a device", &["--bind=/dev/null:/given/null"]),
    given("mounts: --bind over a file of the tree", &["--bind=/run/outside/file:/etc/given/passwd"]).prepare("echo file > file; mkdir /mnt/tree/etc/given; echo old > /mnt/tree/etc/given/passwd"),
    given("mounts: --bind over the root", &["--bind=/mnt/copy:/"]).prepare("cp -a /mnt/tree /mnt/copy; mkdir /mnt/copy/given; echo a > /mnt/copy/given/copy"),
    given("mounts: --bind in /run", &["--bind=/run/outside/source:/run/given"]),
    given("mounts: --bind below /tmp", &["--bind=/run/outside/source:/tmp/given"]),
    given("mounts: --bind twice", &["--bind=/run/outside/source:/given", "--bind=/run/outside/other:/given/other"]).prepare("mkdir -p source other; echo a > source/a; echo b > other/b"),
    given("mounts: --bind in the order of their targets", &["--bind=/run/outside/other:/given/below", "--bind=/run/outside/source:/given"]),
    given("mounts: --bind through a link of the tree", &["--bind=/run/outside/source:/link/given"]).prepare("mkdir -p source; echo a > source/a; ln -s /srv /mnt/tree/link"),
    given("mounts: --bind through a link out of the tree", &["--bind=/run/outside/source:/link/given"]).prepare("mkdir -p source; echo a > source/a; ln -s ../../../run /mnt/tree/link").after("test -e /run/given && echo @@ host = was touched || echo @@ host = is untouched"),
    Case::shell("mounts: --bind of what is not there", &["--bind=/run/outside/nowhere:/given"], &["/sight"]),
    given("mounts: --bind with --read-only", &["--read-only", "--bind=/run/outside/source:/given"]).prepare("mkdir source /mnt/tree/given; echo a > source/a"),
    Case::shell("mounts: --bind with --read-only and no mount point", &["--read-only", "--bind=/run/outside/source:/given"], &["/sight"]).prepare(SOURCE),
    given("mounts: --tmpfs", &["--tmpfs=/given"]),
    given("mounts: --tmpfs with options", &["--tmpfs=/given:mode=0750,size=1m,uid=7,nosuid,noexec"]),
    given("mounts: --tmpfs in /var", &["--tmpfs=/var:size=10%"]),
    given("mounts: --inaccessible of a file", &["--inaccessible=/etc/passwd"]),
    given("mounts: --inaccessible of a directory", &["--inaccessible=/usr/share"]),
    Case::shell("mounts: --inaccessible of nothing", &["--inaccessible=/nowhere"], &["/sight"]),
    given("mounts: --inaccessible of a device", &["--inaccessible=/dev/full"]),
    given("mounts: --overlay", &["--overlay=/run/outside/layer:/run/outside/upper:/given"]).after("ls upper work 2>/dev/null | sed 's/^/@@ upper /; s/$/ = is there/'"),
    given("mounts: --overlay of three layers", &["--overlay=/run/outside/layer:/run/outside/other:/run/outside/upper:/given"]),
    given("mounts: --overlay without an upper layer", &["--overlay=/run/outside/layer::/given"]),
    given("mounts: --overlay of the tree", &["--overlay=+/etc::/given"]),
    given("mounts: --overlay of two paths", &["--overlay=/run/outside/layer:/run/outside/upper"]).prepare("mkdir layer upper; echo a > layer/a; echo b > upper/b; mkdir -p /mnt/tree/run/outside/upper"),
    given("mounts: --overlay-ro", &["--overlay-ro=/run/outside/layer:/run/outside/other:/given"]),
    given("mounts: --overlay with -U", &["-U", "--overlay=/run/outside/layer:/run/outside/upper:/given"]),
    given("mounts: everything at once", &["--tmpfs=/given", "--bind=/run/outside/source:/given/source", "--bind-ro=/run/outside/other:/given/other", "--inaccessible=/etc/group"]),
    given("mounts: --bind-user", &["-U", "--bind-user=nobody-here"]),
];
