//! What runs, and how it ends.

use rustix::process::Signal;

use crate::case::Case;

/// A process that says which signals come.
const LISTENER: &str = "$| = 1; for my $name (qw(TERM INT HUP USR1 RTMIN NUM35 NUM36 NUM37 NUM38 NUM39 QUIT)) { $SIG{$name} = sub { print \"@@ signal = $name\\n\"; exit 4 } } print \"@@@ ready\\n\"; sleep 20; exit 5";
const LISTEN: &[&str] = &["/usr/bin/perl", "-e", LISTENER];
/// A stub that was told to end sends SIGHUP right behind SIGTERM, and perl handles the lower number first.
const LISTEN_TO_TERM: &[&str] = &[
    "/usr/bin/perl",
    "-e",
    "$| = 1; $SIG{HUP} = 'IGNORE'; $SIG{TERM} = sub { print \"@@ signal = TERM\\n\"; exit 4 }; print \"@@@ ready\\n\"; sleep 20; exit 5",
];

const fn script(
    name: &'static str,
    options: &'static [&'static str],
    command: &'static [&'static str],
) -> Case {
    Case::shell(name, options, command)
}

pub(crate) const CASES: &[Case] = &[
    Case::sight("execution: --as-pid2", &["--as-pid2"]),
    Case::sight("execution: -a", &["-a"]),
    Case::sight("execution: --boot", &["--boot"]).command(&[]),
    Case::sight("execution: -b with words for init", &["-b"]).command(&["first", "--second"]),
    script("execution: -b without os-release", &["-b"], &[]).prepare("rm /mnt/tree/etc/os-release /mnt/tree/usr/lib/os-release"),
    Case::sight("execution: -b without os-release, not checked", &["-b"]).command(&[]).prepare("rm /mnt/tree/etc/os-release /mnt/tree/usr/lib/os-release").environment(&[("SYSTEMD_NSPAWN_CHECK_OS_RELEASE", "0")]),
    script("execution: -b without an init", &["-b"], &[]).prepare("rm /mnt/tree/usr/sbin/init"),
    script("execution: -b -a", &["-b", "-a"], &[]),
    script("execution: status 0", &[], &["/bin/sh", "-c", "exit 0"]),
    script("execution: status 3", &[], &["/bin/sh", "-c", "exit 3"]),
    script("execution: status 133", &[], &["/bin/sh", "-c", "exit 133"]),
    script("execution: status 255", &[], &["/bin/sh", "-c", "exit 255"]),
    script("execution: status 3 of --as-pid2", &["-a"], &["/bin/sh", "-c", "exit 3"]),
    script("execution: status 133 of --as-pid2", &["-a"], &["/bin/sh", "-c", "exit 133"]),
    script("execution: killed in --as-pid2", &["-a"], &["/bin/sh", "-c", "kill -KILL $$"]),
    script("execution: terminated in --as-pid2", &["-a"], &["/bin/sh", "-c", "kill -TERM $$"]),
    script("execution: a program found by PATH", &[], &["sh", "-c", "exit 9"]),
    script("execution: no such program", &[], &["/no/such/program"]),
    script("execution: no such program in PATH", &[], &["no-such-program"]),
    script("execution: no such program of --as-pid2", &["-a"], &["no-such-program"]),
    script("execution: no program", &[], &["/etc"]),
    script("execution: no program with a format", &[], &["/odd"]).prepare("echo nothing > /mnt/tree/odd; chmod 755 /mnt/tree/odd"),
    script("execution: a shell without a command", &["-P"], &[]),
    script("execution: halt", &[], &["/usr/bin/perl", "-e", "syscall(169, 0xfee1dead, 672274793, 0xcdef0123, 0)"]),
    script("execution: power off", &[], &["/usr/bin/perl", "-e", "syscall(169, 0xfee1dead, 672274793, 0x4321fedc, 0)"]),
    script("execution: reboot", &[], &["/usr/bin/perl", "-e", "syscall(169, 0xfee1dead, 672274793, 0x1234567, 0)"]),
    script("execution: reboot of a boot", &["-b"], &[]).prepare("printf '#!/usr/bin/perl\\nsyscall(169, 0xfee1dead, 672274793, 0x1234567, 0)' > /mnt/tree/init; chmod 755 /mnt/tree/init; ln -sf ../../init /mnt/tree/usr/sbin/init"),
    script("execution: reboot in --as-pid2", &["-a"], &["/usr/bin/perl", "-e", "syscall(169, 0xfee1dead, 672274793, 0x1234567, 0); sleep 5"]),
    script("stop: SIGTERM kills a command", &[], LISTEN).signal(Signal::TERM),
    script("stop: SIGINT kills a command", &[], LISTEN).signal(Signal::INT),
    script("stop: SIGTERM and --kill-signal=SIGTERM", &["--kill-signal=SIGTERM"], LISTEN).signal(Signal::TERM),
    script("stop: SIGINT and --kill-signal=USR1", &["--kill-signal=USR1"], LISTEN).signal(Signal::INT),
    script("stop: SIGTERM and --kill-signal=15", &["--kill-signal=15"], LISTEN).signal(Signal::TERM),
    script("stop: SIGTERM and --kill-signal=RTMIN+4", &["--kill-signal=RTMIN+4"], LISTEN).signal(Signal::TERM),
    script("stop: SIGTERM and --kill-signal=RTMAX-1", &["--kill-signal=RTMAX-1"], &["/usr/bin/perl", "-e", "$| = 1; $SIG{NUM63} = sub { print \"@@ signal = 63\\n\"; exit 4 }; print \"@@@ ready\\n\"; sleep 20"]).signal(Signal::TERM),
    script("stop: SIGTERM to a boot", &["-b"], &[]).signal(Signal::TERM)
        .prepare("printf '#!/usr/bin/perl\\n$|=1; $SIG{$_} = sub { print \"@@ signal = $_[0]\\\\n\"; exit 4 } for qw(TERM INT HUP NUM37); print \"@@@ ready\\\\n\"; sleep 20' > /mnt/tree/init; chmod 755 /mnt/tree/init; ln -sf ../../init /mnt/tree/usr/sbin/init"),
    script("stop: SIGTERM to a boot with --kill-signal", &["-b", "--kill-signal=SIGHUP"], &[]).signal(Signal::TERM)
        .prepare("printf '#!/usr/bin/perl\\n$|=1; $SIG{$_} = sub { print \"@@ signal = $_[0]\\\\n\"; exit 4 } for qw(TERM INT HUP NUM37); print \"@@@ ready\\\\n\"; sleep 20' > /mnt/tree/init; chmod 755 /mnt/tree/init; ln -sf ../../init /mnt/tree/usr/sbin/init"),
    script("stop: SIGTERM to --as-pid2", &["-a"], LISTEN).signal(Signal::TERM),
    script("stop: SIGTERM to --as-pid2 with --kill-signal=RTMIN+3", &["-a", "--kill-signal=RTMIN+3"], LISTEN_TO_TERM).signal(Signal::TERM),
    Case::sight("execution: --chdir", &["--chdir=/usr/lib"]),
    script("execution: --chdir to nowhere", &["--chdir=/nowhere"], &["/sight"]),
    Case::sight("execution: --setenv", &["--setenv=ONE=1", "-E", "TWO=2", "--setenv=THREE"]).environment(&[("THREE", "3")]),
    Case::sight("execution: --setenv over what is set", &["-E", "HOME=/else", "-E", "PATH=/usr/bin", "-E", "container=other", "-E", "LANG=C", "-E", "TERM=other"]),
    Case::sight("execution: --setenv with an empty value", &["-E", "EMPTY="]),
    Case::sight("execution: --setenv of what the caller lacks", &["-E", "MISSING"]),
    Case::sight("execution: --setenv with -a", &["-a", "-E", "ONE=1"]),
    Case::sight("execution: --setenv with -b", &["-b", "-E", "ONE=1"]).command(&[]),
    Case::sight("execution: --user", &["--user=daemon"]),
    Case::sight("execution: -u", &["-u", "daemon"]),
    Case::sight("execution: -u of a number", &["-u", "1"]),
    Case::sight("execution: -u root", &["-u", "root"]),
    Case::sight("execution: -u of who has groups", &["-u", "games"]).prepare("sed -i 's/^audio:.*/audio:x:29:games/' /mnt/tree/etc/group"),
    script("execution: -u of nobody known", &["-u", "nobody-known"], &["/sight"]),
    Case::sight("execution: -u with -a", &["-a", "-u", "daemon"]),
    Case::sight("execution: -u with a home that is not there", &["-u", "games"]).prepare("sed -i 's|^games:.*|games:x:5:60:games:/home/games:/bin/sh|' /mnt/tree/etc/passwd"),
    Case::sight("execution: --uid", &["--uid=daemon"]).since(261),
    Case::sight("execution: -u with -b", &["-b", "-u", "daemon"]).command(&[]),
    Case::sight("execution: --suppress-sync", &["--suppress-sync=yes"]),
    script("execution: --suppress-sync syncs nothing", &["--suppress-sync=yes"], &["/usr/bin/perl", "-e", "for (74, 75, 162, 306, 277) { my $r = syscall($_, -1, 0, 0, 0); print \"@@ call $_ = $r $!\\n\" } for (0x101000, 0x1000) { my $made = sysopen(my $f, '/root/file', 0x41 | $_); print \"@@ open $_ = $made $!\\n\" }"]),
    Case::sight("execution: --suppress-sync=no", &["--suppress-sync=no"]),
    Case::sight("execution: --notify-ready=no", &["--notify-ready=no"]),
    Case::sight("execution: --notify-ready=yes", &["--notify-ready=yes"]),
    Case::sight("execution: supervised, ready at once", &[]).prepare(NOTIFIED).environment(&[("NOTIFY_SOCKET", "/run/outside/notify")]).after(STATUS),
    Case::sight("execution: supervised, ready when the payload says so", &["--notify-ready=yes"]).prepare(NOTIFIED).environment(&[("NOTIFY_SOCKET", "/run/outside/notify")]).after(STATUS)
        .command(&["/usr/bin/perl", "-e", "socket(S, 1, 2, 0); send(S, \"READY=1\\nSTATUS=hello\", 0, pack('Sa108', 1, '/run/host/notify')) or die $!; sleep 1"]),
];

/// Writes down what comes through the notify socket.
const NOTIFIED: &str = "perl -MSocket -e 'socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un(\"notify\")); while (recv(S, $_, 4096, 0), defined) { open F, \">>messages\"; print F \"$_\\n\"; close F }' </dev/null >/dev/null 2>&1 & while ! test -S notify; do sleep 0.01; done";
const STATUS: &str = "sleep 0.1; kill %1 2>/dev/null; grep -o 'READY=1\\|STOPPING=1' messages | sort -u | sed 's/^/@@ message /; s/$/ = was sent/'; grep -o 'STATUS=.*hello' messages | sed 's/^/@@ status /; s/$/ = was sent/'";
