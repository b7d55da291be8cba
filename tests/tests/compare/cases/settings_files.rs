//! `.nspawn` files, and whom they are believed.

use crate::case::Case;

macro_rules! trusted {
    ($name:literal, $text:literal) => {
        Case::sight($name, &[]).prepare(concat!(
            "mkdir -p /run/systemd/nspawn source; echo a > source/a; printf '",
            $text,
            "' > /run/systemd/nspawn/tree.nspawn"
        ))
    };
}
macro_rules! beside {
    ($name:literal, $text:literal) => {
        Case::sight($name, &[]).prepare(concat!(
            "mkdir source; echo a > source/a; printf '",
            $text,
            "' > /mnt/tree.nspawn"
        ))
    };
}

const EVERYTHING: &str = "mkdir -p /run/systemd/nspawn source; echo a > source/a; printf '[Exec]\\nHostname=file\\nEnvironment=FROM=file\\nCapability=CAP_SYS_TIME\\nWorkingDirectory=/usr\\nLimitNOFILE=99\\nPrivateUsers=1048576:65536\\n[Files]\\nPrivateUsersOwnership=map\\nBind=/run/outside/source:/given\\n[Network]\\nPrivate=yes\\n' > /run/systemd/nspawn/tree.nspawn";

const fn with_file(name: &'static str, options: &'static [&'static str]) -> Case {
    Case::sight(name, options).prepare(EVERYTHING)
}

pub(crate) const CASES: &[Case] = &[
    with_file("file: everything", &[]),
    with_file("file: --settings=yes", &["--settings=yes"]),
    with_file("file: --settings=no", &["--settings=no"]),
    with_file("file: --settings=trusted", &["--settings=trusted"]),
    with_file("file: --settings=override", &["--settings=override", "--hostname=line", "--bind=/run/outside/other:/given", "--rlimit=NOFILE=88"]),
    with_file("file: the command line masks by groups", &["--hostname=line", "--setenv=FROM=line", "--tmpfs=/srv/given", "--rlimit=NOFILE=88"]),
    with_file("file: --private-network=no cannot be said", &["--private-users=no"]),
    with_file("file: --capability masks", &["--capability=CAP_SYSLOG"]),
    trusted!("file: Boot=", "[Exec]\\nBoot=yes\\nParameters=one \"two three\"\\n"),
    trusted!("file: ProcessTwo=", "[Exec]\\nProcessTwo=yes\\n"),
    Case::shell("file: Parameters= alone", &["-P"], &[]).prepare("mkdir -p /run/systemd/nspawn; printf '[Exec]\\nParameters=/sight one \"two three\"\\n' > /run/systemd/nspawn/tree.nspawn"),
    Case::sight("file: Parameters= with Boot=no", &["-P"]).command(&[]).prepare("mkdir -p /run/systemd/nspawn; printf '[Exec]\\nBoot=no\\nParameters=/sight one \"two three\"\\n' > /run/systemd/nspawn/tree.nspawn"),
    trusted!("file: Environment=", "[Exec]\\nEnvironment=ONE=1\\nEnvironment=\"TWO=2 3\" THREE=4\\n"),
    trusted!("file: User=", "[Exec]\\nUser=daemon\\nWorkingDirectory=/srv\\n"),
    trusted!("file: Capability= and DropCapability=", "[Exec]\\nCapability=CAP_SYS_TIME CAP_SYSLOG\\nDropCapability=CAP_CHOWN\\n"),
    trusted!("file: AmbientCapability=", "[Exec]\\nAmbientCapability=CAP_KILL\\n"),
    trusted!("file: NoNewPrivileges=", "[Exec]\\nNoNewPrivileges=yes\\n"),
    trusted!("file: SystemCallFilter=", "[Exec]\\nSystemCallFilter=@keyring ~mount\\nSystemCallFilter=~umount2\\n"),
    trusted!("file: limits", "[Exec]\\nLimitNOFILE=100:200\\nLimitCORE=0\\nLimitAS=8G\\nLimitNPROC=100\\nLimitSTACK=infinity\\nLimitMSGQUEUE=1000\\nLimitNICE=0\\nLimitRTTIME=5\\n"),
    trusted!("file: OOMScoreAdjust= and CPUAffinity=", "[Exec]\\nOOMScoreAdjust=300\\nCPUAffinity=1\\n"),
    trusted!("file: Personality=", "[Exec]\\nPersonality=x86\\n"),
    trusted!("file: Hostname= and MachineID=", "[Exec]\\nHostname=from-file\\nMachineID=0123456789abcdef0123456789abcdef\\n"),
    trusted!("file: ResolvConf= and Timezone=", "[Exec]\\nResolvConf=copy-host\\nTimezone=off\\n"),
    trusted!("file: ResolvConf=off", "[Exec]\\nResolvConf=off\\nTimezone=symlink\\n"),
    trusted!("file: SuppressSync=", "[Exec]\\nSuppressSync=yes\\n"),
    trusted!("file: NotifyReady= and KillSignal= and LinkJournal=", "[Exec]\\nNotifyReady=no\\nKillSignal=SIGHUP\\nLinkJournal=no\\n"),
    trusted!("file: Ephemeral=", "[Exec]\\nEphemeral=yes\\nHostname=same\\n"),
    trusted!("file: PrivateUsers=", "[Exec]\\nPrivateUsers=pick\\n[Files]\\nPrivateUsersOwnership=auto\\n"),
    trusted!("file: ReadOnly=", "[Files]\\nReadOnly=yes\\n"),
    trusted!("file: Volatile=", "[Files]\\nVolatile=overlay\\n"),
    trusted!("file: mounts", "[Files]\\nBind=/run/outside/source:/given\\nBindReadOnly=/run/outside/source:/srv/given\\nTemporaryFileSystem=/etc/given:mode=0700\\nInaccessible=/etc/passwd\\n"),
    trusted!("file: Overlay=", "[Files]\\nOverlayReadOnly=+/etc:/run/outside/source:/given\\n"),
    trusted!("file: Private=", "[Network]\\nPrivate=yes\\n"),
    trusted!("file: keys that are not known", "[Exec]\\nNoSuchKey=1\\nHostname=known\\n[NoSuchSection]\\nX=1\\n"),
    trusted!("file: values that are wrong", "[Exec]\\nBoot=perhaps\\nHostname=-wrong-\\nLimitNOFILE=many\\nKillSignal=NONE\\nEnvironment=GOOD=1\\n"),
    trusted!("file: comments and continued lines", "# one\\n; two\\n[Exec]\\nEnvironment=A=1 \\\\\\n B=2\\nHostname=x\\n"),
    trusted!("file: an empty value takes back", "[Exec]\\nEnvironment=A=1\\nEnvironment=\\nEnvironment=B=2\\n"),
    trusted!("file: not a settings file", "this is no settings file\\n"),
    beside!("untrusted: what is harmless", "[Exec]\\nHostname=from-file\\nEnvironment=A=1\\nWorkingDirectory=/usr\\nNoNewPrivileges=yes\\nDropCapability=CAP_CHOWN\\nPersonality=x86\\nResolvConf=off\\nTimezone=off\\n[Files]\\nReadOnly=yes\\n"),
    beside!("untrusted: what grants", "[Exec]\\nCapability=CAP_SYS_TIME\\nLimitNOFILE=99\\nOOMScoreAdjust=100\\nCPUAffinity=0\\nMachineID=0123456789abcdef0123456789abcdef\\nPrivateUsers=pick\\nEphemeral=yes\\n[Files]\\nBind=/run/outside/source:/given\\nTemporaryFileSystem=/srv/given\\n"),
    beside!("untrusted: SystemCallFilter= that refuses", "[Exec]\\nSystemCallFilter=~mount\\n"),
    beside!("untrusted: SystemCallFilter= that allows", "[Exec]\\nSystemCallFilter=@keyring\\n"),
    beside!("untrusted: User=", "[Exec]\\nUser=daemon\\n"),
    beside!("untrusted: Volatile=", "[Files]\\nVolatile=state\\n"),
    beside!("untrusted: Private=", "[Network]\\nPrivate=yes\\n"),
    beside!("untrusted: Boot=", "[Exec]\\nBoot=yes\\n"),
    Case::sight("untrusted: --settings=trusted", &["--settings=trusted"]).prepare("mkdir source; echo a > source/a; printf '[Exec]\\nCapability=CAP_SYS_TIME\\n[Files]\\nBind=/run/outside/source:/given\\n' > /mnt/tree.nspawn"),
    Case::sight("untrusted: --settings=override", &["--settings=override", "--hostname=line"]).prepare("printf '[Exec]\\nHostname=file\\nCapability=CAP_SYS_TIME\\n' > /mnt/tree.nspawn"),
    Case::sight("untrusted: --settings=no", &["--settings=no"]).prepare("printf '[Exec]\\nHostname=file\\n' > /mnt/tree.nspawn"),
    Case::sight("file: the first one counts", &[]).prepare("mkdir -p /run/systemd/nspawn; printf '[Exec]\\nHostname=trusted\\n' > /run/systemd/nspawn/tree.nspawn; printf '[Exec]\\nHostname=beside\\nEnvironment=A=1\\n' > /mnt/tree.nspawn"),
    Case::sight("file: of the machine's name", &["-M", "name"]).prepare("mkdir -p /run/systemd/nspawn; printf '[Exec]\\nEnvironment=A=1\\n' > /run/systemd/nspawn/name.nspawn"),
];
