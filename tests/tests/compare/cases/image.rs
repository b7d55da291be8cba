//! Which tree is run, and how much of it may be changed.

use crate::case::Case;

/// What a start leaves in a tree.
const LOOK: &str = "cd /mnt; for file in tree/kept tree/usr/kept tree/var/kept tree/etc/kept; do test -e $file && echo @@ $file = kept || echo @@ $file = lost; done";
const TOUCH: &[&str] = &[
    "/bin/sh",
    "-c",
    "for f in /kept /usr/kept /var/kept /etc/kept; do (: > $f) 2>/dev/null && echo @@ make $f = done || echo @@ make $f = refused; done; exit 7",
];

pub(crate) const CASES: &[Case] = &[
    Case::shell("image: what is written stays", &[], TOUCH).after(LOOK),
    Case::shell("image: --ephemeral loses it", &["--ephemeral", "-M", "name"], TOUCH).after(LOOK),
    Case::sight("image: --ephemeral", &["-x", "--hostname=name"]).after("ls -a /mnt | sed 's/^/@@ beside /; s/$/ = is there/'"),
    Case::shell("image: --read-only refuses it", &["--read-only"], TOUCH).after(LOOK),
    Case::sight("image: --read-only", &["--read-only"]),
    Case::shell("image: --volatile=yes loses it", &["--volatile=yes"], TOUCH).after(LOOK),
    Case::sight("image: --volatile", &["--volatile"]).command(&["/usr/bin/perl", "/usr/sight"]).prepare("cp /mnt/tree/sight /mnt/tree/usr/"),
    Case::sight("image: --volatile=yes", &["--volatile=yes"]).command(&["/usr/bin/perl", "/usr/sight"]).prepare("cp /mnt/tree/sight /mnt/tree/usr/"),
    Case::shell("image: --volatile=state loses what is in /var", &["--volatile=state"], TOUCH).after(LOOK),
    Case::sight("image: --volatile=state", &["--volatile=state"]),
    Case::shell("image: --volatile=overlay loses it", &["--volatile=overlay"], TOUCH).after(LOOK),
    Case::sight("image: --volatile=overlay", &["--volatile=overlay"]),
    Case::sight("image: --volatile=no", &["--volatile=no"]),
    Case::sight("image: --volatile=state --read-only", &["--volatile=state", "--read-only"]),
    Case::shell("image: --template makes the tree", &["-D", "/mnt/new", "--template=/mnt/tree"], TOUCH).unnamed()
        .after("test -e /mnt/new/kept && echo @@ new tree = written to; test -e /mnt/tree/kept && echo @@ template = written to"),
    Case::sight("image: --template", &["-D", "/mnt/new", "--template=/mnt/tree"]).unnamed(),
    Case::shell("image: --template of what is there", &["-D", "/mnt/new", "--template=/mnt/tree"], TOUCH).unnamed()
        .prepare("cp -a /mnt/tree /mnt/new; touch /mnt/new/older").after("test -e /mnt/new/older && echo @@ older = is there"),
    Case::sight("image: -x --template", &["-x", "--template=/mnt/tree", "--hostname=name"]).unnamed(),
    Case::sight("image: the working directory", &[]).unnamed().prepare("cd /mnt/tree"),
    Case::sight("image: found by its name", &["-M", "name"]).unnamed().prepare("mkdir /run/machines; cp -a /mnt/tree /run/machines/name"),
    Case::shell("image: a name that no image has", &["-M", "nowhere"], &["/sight"]).unnamed(),
    Case::shell("image: no such directory", &["-D", "/mnt/nowhere"], &["/sight"]).unnamed(),
    Case::shell("image: a directory without /usr", &["-D", "/mnt/empty"], &["/sight"]).unnamed().prepare("mkdir /mnt/empty"),
    Case::shell("image: the host's root", &["-D", "/"], &["/bin/true"]).unnamed(),
    Case::sight("image: --pivot-root", &["--pivot-root=/deep"]).prepare("mkdir /mnt/tree/deep; cd /mnt/tree; cp -a bin etc lib lib64 sbin sight usr dev proc sys run tmp root home mnt srv var outside-* deep/"),
    Case::sight("image: --pivot-root with the old root", &["--pivot-root=/deep:/old"]).prepare("mkdir /mnt/tree/deep; cd /mnt/tree; cp -a bin etc lib lib64 sbin sight usr dev proc sys run tmp root home mnt srv var outside-* deep/; mkdir deep/old"),
    Case::shell("image: --pivot-root to nowhere", &["--pivot-root=/nowhere"], &["/sight"]),
    Case::sight("image: a tree without its mount points", &[]).prepare("cd /mnt/tree; rmdir dev proc run sys tmp home root srv mnt; rm -r var"),
    Case::sight("image: a tree that is read-only without its mount points", &["--read-only"]).prepare("cd /mnt/tree; rmdir home srv mnt; rm -r var"),
    Case::shell("image: --cleanup", &["--cleanup", "-D", "/mnt/tree"], &[]).unnamed(),
    Case::shell("image: --cleanup with -x", &["--cleanup", "-x", "-D", "/mnt/tree"], &[]).unnamed(),
    Case::sight("image: owned by somebody", &[]).prepare("chown 1000:1000 /mnt/tree; chmod 0700 /mnt/tree"),
    Case::sight("image: something is mounted in it", &[]).prepare("mkdir /mnt/tree/given; mount -t tmpfs none /mnt/tree/given; echo a > /mnt/tree/given/b"),
];
