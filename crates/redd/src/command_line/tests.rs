//! Words and what they become.

use proptest::prelude::*;
use redd_spec::console::ConsoleMode;
use redd_spec::ids::UserNamespace;
use redd_spec::lifecycle::{NotifyReady, RebootAction, SignalNumber, StopMethod};
use redd_spec::mounts::CustomMount;
use redd_spec::network::Network;
use redd_spec::payload::{CommandInit, Payload};
use redd_spec::root::{Access, Persistence, Volatile};
use rstest::rstest;

use redd_nspawn::Terminal;

use crate::surroundings::Bare;

use super::*;

fn caller() -> Caller {
    Caller {
        current_directory: "/here".into(),
        environment: vec![("TERM".into(), "xterm".into()), ("LANG".into(), "C".into())],
        input: Terminal::No,
        output: Terminal::No,
        random: [0xab; 8],
        process: 7,
    }
}

fn request(line: &str) -> Result<Request, Answer> {
    parse(std::iter::once("redd").chain(line.split_whitespace()).map(OsString::from), &caller(), &Bare)
}

fn spec(line: &str) -> Spec {
    match request(line) {
        Ok(Request::Start(start) | Request::Plan { start, .. }) => start.spec,
        other => panic!("{line}: {other:?}"),
    }
}

fn command_of(spec: &Spec) -> &redd_spec::payload::Command {
    match &spec.payload {
        Payload::Command(command) => command,
        Payload::Boot { .. } => panic!("a boot"),
    }
}

#[test]
fn a_boot_is_isolated_by_default() {
    let spec = spec("boot debian");
    assert_eq!(spec.root.path.to_str(), Some("/var/lib/machines/debian"));
    assert_eq!(spec.name.as_str(), "debian");
    assert_eq!((spec.users, spec.network), (UserNamespace::Pick, Network::veth()));
    assert_eq!(spec.lifecycle.stop, StopMethod::ByKind);
    assert_eq!(spec.lifecycle.notify_ready, NotifyReady::WhenPayloadIsReady);
    assert_eq!(spec.console, ConsoleMode::ReadOnly);
}

#[rstest]
#[case("boot ./tree", "/here/tree", "tree")]
#[case("boot .", "/here", "here")]
#[case("boot /srv/x/", "/srv/x", "x")]
#[case("boot -D /srv/x -M y", "/srv/x", "y")]
#[case("boot -M y", "/var/lib/machines/y", "y")]
#[case("boot --machine=y /srv/x", "/srv/x", "y")]
fn trees_are_named_in_four_ways(#[case] line: &str, #[case] path: &str, #[case] name: &str) {
    let spec = spec(line);
    assert_eq!((spec.root.path.to_str(), spec.name.as_str()), (Some(path), name));
}

#[test]
fn words_behind_the_tree_are_the_payloads() {
    let booted = spec("boot debian --unit=rescue.target -D");
    let Payload::Boot { arguments, .. } = &booted.payload else { panic!() };
    let words: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["--unit=rescue.target", "-D"]);
    for line in
        ["run debian -- ls -l", "run debian ls -l", "run -D /srv/debian -- ls -l", "run -D /srv/debian ls -l"]
    {
        let spec = spec(line);
        let words: Vec<String> = command_of(&spec).arguments.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["ls", "-l"], "{line}");
    }
}

#[test]
fn a_command_has_a_stub_init_and_pipes_where_nobody_sits() {
    let spec = spec("run debian true");
    assert_eq!(command_of(&spec).init, CommandInit::Stub);
    assert_eq!((spec.console, spec.lifecycle.stop), (ConsoleMode::Pipe, StopMethod::ByKind));
    assert_eq!(spec.lifecycle.notify_ready, NotifyReady::AtExec);
}

#[test]
fn a_terminal_is_used_where_there_is_one() {
    let terminal = Caller { input: Terminal::Yes, output: Terminal::Yes, ..caller() };
    for (line, mode) in [
        ("boot debian", ConsoleMode::Interactive),
        ("run debian sh", ConsoleMode::Interactive),
        ("run -P debian sh", ConsoleMode::Pipe),
        ("run --console=autopipe debian sh", ConsoleMode::Interactive),
        ("boot --console=passive debian", ConsoleMode::Passive),
    ] {
        let words = std::iter::once("redd").chain(line.split(' ')).map(OsString::from);
        let Ok(Request::Start(start)) = parse(words, &terminal, &Bare) else { panic!("{line}") };
        assert_eq!(start.spec.console, mode, "{line}");
        let is_connected = mode != ConsoleMode::Passive;
        assert_eq!(start.terminal.is_some(), is_connected, "{line}");
    }
}

#[test]
fn options_reach_the_spec() {
    let spec = spec(
        "run --hostname=h --uuid=0123456789abcdef0123456789abcdef -E A=1 -E LANG --private-users=70000:65536 \
         --private-users-ownership=map --private-network --capability=net_raw --drop-capability=mknod \
         --no-new-privileges=yes --system-call-filter=~@mount --bind=/a --bind-ro=/b:/c --tmpfs=/d --inaccessible=/e \
         --set-credential=x:y --load-credential=z:/f --memory=1G --pids-max=5 --cpus=2 --rlimit=CORE=0 \
         --rlimit=CORE=5 --oom-score-adjust=-5 --timezone=copy --resolv-conf=copy-host --console=read-only \
         --kill-signal=INT --stop-timeout=5 --notify-ready=yes --keep-unit --as-pid1 -u 0 --chdir=/srv --read-only tree cmd",
    );
    assert_eq!(spec.environment.len(), 2);
    assert_eq!(spec.network, Network::Private(Vec::new()));
    assert_eq!(spec.mounts.len(), 4);
    assert!(matches!(&spec.mounts[1], CustomMount::Bind(bind) if bind.access == Access::ReadOnly));
    assert_eq!(spec.credentials.len(), 2);
    assert_eq!(spec.resources.rlimits.len(), 1);
    assert_eq!(spec.resources.rlimits[0].soft, Some(5));
    assert_eq!(
        (spec.lifecycle.reboot, spec.lifecycle.stop),
        (RebootAction::ExitForRestart, StopMethod::Signal(SignalNumber::INT))
    );
    assert_eq!(command_of(&spec).init, CommandInit::Command);
    assert_eq!(spec.root.access, Access::ReadOnly);
}

#[rstest]
#[case("boot --private-network=no debian", Network::Host)]
#[case("boot --private-network debian", Network::Private(Vec::new()))]
#[case("boot --private-network -n debian", Network::veth())]
#[case("boot --network-veth=no debian", Network::Private(Vec::new()))]
fn networks_are_chosen(#[case] line: &str, #[case] network: Network) {
    assert_eq!(spec(line).network, network);
}

#[test]
fn an_ephemeral_machine_has_a_name_of_its_own() {
    let unnamed = spec("boot -x debian");
    assert_eq!(unnamed.name.as_str(), "debian-abababababababab");
    assert_eq!(unnamed.root.persistence, Persistence::Ephemeral);
    assert_eq!(spec("boot -x -M me debian").name.as_str(), "me");
}

#[rstest]
#[case("boot --volatile debian", Volatile::Yes)]
#[case("boot --volatile=state debian", Volatile::State)]
#[case("boot --volatile=overlay debian", Volatile::Overlay)]
fn volatile_modes_are_chosen(#[case] line: &str, #[case] mode: Volatile) {
    assert_eq!(spec(line).root.volatile, mode);
}

/// Each line, and what its message has to name.
#[rstest]
#[case("boot", "name a tree")]
#[case("run", "name a tree")]
#[case("boot /", "host's own root")]
#[case("boot -M ../x", "../x")]
#[case("boot -M a..b x", "a..b")]
#[case("boot -M -x y", "--machine")]
#[case("boot --hostname=a_b x", "a_b")]
#[case("boot --uuid=0 x", "--uuid")]
#[case("boot --uuid=00000000000000000000000000000000 x", "--uuid")]
#[case("boot -E =x y", "=x")]
#[case("boot -E NONE y", "NONE")]
#[case("boot -E 1A=x y", "1A")]
#[case("boot --private-users=all x", "all")]
#[case("boot --private-users=5:0 x", "5:0")]
#[case("boot --private-users=managed x", "managed")]
#[case("boot --private-users-ownership=mine x", "mine")]
#[case("boot -x --template=a x", "--template")]
#[case("boot --overlay=/a x", "--overlay")]
#[case("boot --pivot-root=a x", "--pivot-root")]
#[case("boot --private-network=maybe x", "maybe")]
#[case("boot --private-network=no --network-veth x", "--network-veth")]
#[case("boot --capability=CAP_FLY x", "CAP_FLY")]
#[case("boot --drop-capability=64 x", "--drop-capability")]
#[case("run --ambient-capability=fly x", "fly")]
#[case("boot --no-new-privileges=perhaps x", "perhaps")]
#[case("boot --restrict-address-families=2 x", "--restrict-address-families")]
#[case("boot --restrict-address-families=AF_MARS x", "AF_MARS")]
#[case("boot --suppress-sync=often x", "often")]
#[case("boot --personality=vax x", "vax")]
#[case("boot --cpu-affinity=4-2 x", "4-2")]
#[case("boot --cpu-affinity=numa x", "numa")]
#[case("boot --selinux-context= x", "--selinux-context")]
#[case("boot --device=/etc/passwd x", "/etc/passwd")]
#[case("boot --bind=a x", "\"a\"")]
#[case("boot --bind=/a:b x", "/a:b")]
#[case("boot --bind=/a:/b:loud x", "loud")]
#[case("boot --bind-ro=/a:/b:c:d x", "/a:/b:c:d")]
#[case("boot --bind=/a:/ x", "/a:/")]
#[case("boot --tmpfs=a x", "\"a\"")]
#[case("boot --tmpfs=/a:colour=red x", "colour")]
#[case("boot --inaccessible=a x", "\"a\"")]
#[case("boot --inaccessible=/ x", "--inaccessible")]
#[case("boot --set-credential=a x", "--set-credential")]
#[case("boot --set-credential=../a:b x", "../a")]
#[case("boot --load-credential=../a:/c x", "../a")]
#[case("boot --set-credential=a:b --load-credential=a:/c x", "\"a\" is given twice")]
#[case("boot --memory=lots x", "lots")]
#[case("boot --memory=0 x", "--memory")]
#[case("boot --memory=101% x", "101%")]
#[case("boot --pids-max=0 x", "--pids-max")]
#[case("boot --pids-max=-1 x", "-1")]
#[case("boot --cpus=0 x", "--cpus")]
#[case("boot --cpus=many x", "many")]
#[case("boot --rlimit=FILES=1 x", "FILES")]
#[case("boot --rlimit=CORE=2:1 x", "CORE=2:1")]
#[case("boot --oom-score-adjust=1001 x", "1001")]
#[case("boot --timezone=mars x", "mars")]
#[case("boot --resolv-conf=copy x", "copy")]
#[case("boot --console=loud x", "loud")]
#[case("boot --kill-signal=SIGNONE x", "SIGNONE")]
#[case("boot --kill-signal=65 x", "65")]
#[case("boot --stop-timeout=soon x", "soon")]
#[case("boot --notify-ready=maybe x", "maybe")]
#[case("boot --volatile=all x", "all")]
#[case("boot -x --volatile x", "--volatile")]
#[case("boot -x --read-only x", "--read-only")]
#[case("boot --read-only --volatile=overlay x", "--volatile")]
#[case("boot -u root x", "-u")]
#[case("boot --chdir=/ x", "--chdir")]
#[case("run --chdir=srv x y", "srv")]
#[case("run --chdir=/proc/1 x y", "/proc/1")]
#[case("boot --port=80 x", "--port is not supported yet")]
#[case("boot --network-namespace-path=/run/netns/a x", "--network-namespace-path is not supported yet")]
#[case("boot --image=a x", "--image is not supported yet")]
#[case("boot --frobnicate x", "--frobnicate")]
#[case("frobnicate", "frobnicate")]
fn refusals_name_what_they_refuse(#[case] line: &str, #[case] named: &str) {
    match request(line) {
        Err(Answer::Refused { text, .. }) => assert!(text.contains(named), "{line}: {text}"),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn help_is_text_and_fits_a_few_screens() {
    for line in ["--help", "boot -h", "run -h"] {
        let Err(Answer::Text(text)) = request(line) else { panic!("{line}") };
        assert!(text.lines().count() < 180, "{line} has {} lines", text.lines().count());
    }
}

/// Verbs whose options are those of a start have a page of those.
#[test]
fn help_of_a_verb_has_three_examples_and_fits_a_screen() {
    let whole = command();
    let starts = ["boot", "run", "start", "enable", "try", "plan", "config", "check", "doctor", "gc"];
    for verb in whole.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = verb.get_name();
        let help = verb.clone().bin_name(format!("redd {name}")).render_help().to_string();
        if starts.contains(&name) {
            continue;
        }
        let examples = help.split_once("Examples:").unwrap_or_else(|| panic!("{help}")).1;
        let examples = examples.lines().filter(|line| line.contains("redd ")).count();
        assert!(examples >= 3, "{help}");
        assert!(help.lines().count() <= 32, "{name} has {} lines:\n{help}", help.lines().count());
    }
}

#[test]
fn help_can_be_asked_for_in_each_way_somebody_tries() {
    let text = |line: &str| match request(line) {
        Err(Answer::Text(text)) => text,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(text("help"), text("--help"));
    assert_eq!(text("help stop"), text("stop --help"));
    assert!(matches!(request(""), Ok(Request::First)));
    let unknown = request("help frobnicate").unwrap_err();
    assert!(matches!(unknown, Answer::Refused { status: crate::exit_status::USAGE, .. }));
}

/// What people type who come from machinectl, or from a shell.
#[rstest]
#[case("poweroff web", "stop web")]
#[case("ls", "list")]
#[case("cp a web:/b", "copy a web:/b")]
fn other_names_of_verbs_mean_the_same(#[case] one: &str, #[case] other: &str) {
    assert_eq!(format!("{:?}", request(one)), format!("{:?}", request(other)));
}

#[test]
fn the_definition_is_consistent() {
    command().debug_assert();
}

#[test]
fn the_version_is_what_the_whole_definition_says() {
    let whole = command().try_get_matches_from(["redd", "--version"]).unwrap_err().render().to_string();
    for option in ["--version", "-V"] {
        assert_eq!(request(option).unwrap_err(), Answer::Text(whole.clone()));
    }
}

#[test]
fn the_options_of_one_verb_mean_what_they_mean_among_all() {
    let words = "--machine=web -x --private-users=no /tree -- --help -x";
    assert_eq!(
        format!("{:?}", spec(&format!("run {words}"))),
        format!("{:?}", spec(&format!("plan run {words}")))
    );
}

#[rstest]
#[case(r"boot --set-credential=name:secret\q x")]
#[case(r"boot --set-credential name:secret\q x")]
#[case("boot --set-credential=name:secret --set-credential=name:secret x")]
fn a_credential_that_is_refused_is_not_printed(#[case] line: &str) {
    match request(line) {
        Err(Answer::Refused { text, .. }) => {
            assert!(
                !text.contains("secret\\q") && !text.contains(":secret") && text.contains("name"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// A word of a command line: one that means something, or any.
fn word() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 24] = [
        "boot",
        "run",
        "plan",
        "gc",
        "--json",
        "-D",
        "-M",
        "-x",
        "-u",
        "-E",
        "-P",
        "-n",
        "--",
        "/srv",
        "debian",
        "--volatile",
        "--read-only",
        "--as-pid1",
        "--private-users=no",
        "--bind=/a:/b",
        "--tmpfs=/t",
        "--cpus=1",
        "--set-credential=a:b",
        "--memory=1G",
    ];
    prop_oneof![3 => prop::sample::select(&KNOWN[..]).prop_map(str::to_owned), 1 => ".{0,12}"]
}

proptest! {
    #[test]
    fn any_words_are_answered(words in prop::collection::vec(word(), 0..8)) {
        let words = std::iter::once("redd".to_owned()).chain(words).map(OsString::from);
        if let Err(Answer::Text(text) | Answer::Refused { text, .. }) = parse(words, &caller(), &Bare) {
            prop_assert!(!text.is_empty());
        }
    }
}
