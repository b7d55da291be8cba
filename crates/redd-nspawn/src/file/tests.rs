//! Files, what they come to, and who wins.

use proptest::prelude::*;
use redd_spec::address_family::AddressFamilies;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::payload::{CommandInit, Payload};
use redd_spec::root::Access;
use rstest::rstest;

use super::syntax::words;
use super::*;
use crate::caller::{Caller, Terminal};
use crate::persona::Persona;
use crate::specify::{Selection, Specified, Start};
use crate::{Refusal, words as command_line};

fn caller() -> Caller {
    Caller {
        current_directory: "/here".into(),
        environment: Vec::new(),
        input: Terminal::No,
        output: Terminal::No,
        random: [1; 8],
        process: 7,
    }
}

fn file(trust: Trust, text: &str) -> SettingsFile {
    SettingsFile { path: "/f.nspawn".into(), trust, text: text.to_owned() }
}

fn start(persona: Persona, line: &str, files: Vec<SettingsFile>) -> Result<Specified, Refusal> {
    let Ok(line) = command_line::read(persona, line.split_whitespace().map(OsString::from)) else {
        panic!("{line}")
    };
    let caller = caller();
    let selection = Selection::of(persona, line, &caller)?;
    Start { selection, tree: "/srv/tree".into(), template: None, bundle: None, files, caller: &caller }
        .specify()
}

fn trusted(line: &str, text: &str) -> Specified {
    start(Persona::Nspawn, line, vec![file(Trust::Trusted, text)]).unwrap()
}

#[test]
fn every_key_stands_for_an_option() {
    for key in &KEYS {
        assert!(crate::option::named(key.option).is_some(), "{}", key.shown());
    }
}

#[test]
fn a_file_sets_what_nobody_else_does() {
    let specified = trusted(
        "-D /srv/tree",
        "[Exec]\nBoot=yes\nParameters=a \"b c\" \\\n  d\nPrivateUsers=pick\nLimitNOFILE=5\n\
         Environment=A=1 \"B=2 3\"\n# no\n[Files]\nReadOnly=yes\nBind=/x:/y\n[Network]\nVirtualEthernet=yes\n\
         [X-Redd]\nMemory=1G\n[X-Other]\nAnything=goes\n",
    );
    assert_eq!(specified.warnings, Vec::<String>::new());
    let spec = specified.spec;
    let Payload::Boot { arguments, .. } = &spec.payload else { panic!("{:?}", spec.payload) };
    let words: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["a", "b c", "d"]);
    assert_eq!((spec.users, spec.ownership), (UserNamespace::Pick, Ownership::Auto));
    assert_eq!((spec.environment.len(), spec.mounts.len(), spec.resources.rlimits.len()), (2, 1, 1));
    assert_eq!(spec.root.access, Access::ReadOnly);
    assert!(spec.network.is_private());
}

#[test]
fn a_command_line_masks_whole_groups_of_a_file() {
    let text = "[Exec]\nBoot=yes\nEnvironment=A=1\nLimitCORE=1\nLimitNOFILE=2\n[Files]\nBind=/a\nTemporaryFileSystem=/b\n";
    let spec = trusted("-D /srv/tree -E B=2 --tmpfs=/c --rlimit=RLIMIT_CORE=5 true", text).spec;
    let Payload::Command(command) = &spec.payload else { panic!("words choose a command") };
    assert_eq!(command.init, CommandInit::Command);
    assert_eq!((spec.environment.len(), spec.mounts.len()), (1, 1));
    let limits: Vec<Option<u64>> = spec.resources.rlimits.iter().map(|limit| limit.soft).collect();
    assert_eq!(limits, [Some(2), Some(5)]);
}

#[test]
fn an_overriding_file_wins_group_by_group() {
    let text = "[Exec]\nHostname=file\n[Files]\nBind=/a\n";
    let spec = trusted("-D /srv/tree --settings=override --hostname=line --bind=/b --bind=/c --uuid=0123456789abcdef0123456789abcdef true", text).spec;
    assert_eq!(spec.identity.hostname.map(|name| name.to_string()).as_deref(), Some("file"));
    assert_eq!(spec.mounts.len(), 1);
    assert!(spec.identity.uuid.is_some());
}

#[test]
fn a_file_beside_a_tree_grants_it_nothing() {
    let text = "[Exec]\nCapability=CAP_SYS_TIME\nPrivateUsers=no\nHostname=h\nSystemCallFilter=@clock\nSystemCallFilter=~@mount\n\
                [Files]\nBind=/etc\nReadOnly=yes\n[Network]\nPrivate=no\n[X-Redd]\nMemory=infinity\n";
    let specified = start(Persona::Boot, "-D /srv/tree", vec![file(Trust::Untrusted, text)]).unwrap();
    assert_eq!(specified.warnings.len(), 6, "{:?}", specified.warnings);
    assert!(specified.warnings[0].contains("/f.nspawn:2") && specified.warnings[0].contains("Capability="));
    let spec = specified.spec;
    assert!(spec.privileges.added.is_empty() && spec.mounts.is_empty());
    assert_eq!((spec.users, spec.root.access), (UserNamespace::Pick, Access::ReadOnly));
    assert!(spec.identity.hostname.is_some() && !spec.privileges.system_calls.is_empty());
}

#[test]
fn a_file_beside_a_tree_restricts_sockets_but_allows_none_that_nobody_has() {
    let families = |value: &str| {
        let text = format!("[Exec]\nRestrictAddressFamilies={value}\n");
        let specified = start(Persona::Boot, "-D /srv/tree", vec![file(Trust::Untrusted, &text)]).unwrap();
        (specified.spec.privileges.address_families, specified.warnings.len())
    };
    assert!(matches!(families("AF_UNIX AF_INET"), (AddressFamilies::Only(_), 0)));
    assert!(matches!(families("~AF_VSOCK"), (AddressFamilies::AllBut(_), 0)));
    assert_eq!(families("AF_UNIX AF_VSOCK"), (AddressFamilies::Default, 1));
}

#[rstest]
#[case("[Exec]\nColour=red\n", "Colour")]
#[case("[Exe]\nBoot=yes\n", "[Exe]")]
#[case("Boot=yes\n", "section")]
#[case("[Exec]\nnonsense\n", "KEY=VALUE")]
fn what_nobody_knows_is_ignored_with_a_word(#[case] text: &str, #[case] named: &str) {
    let specified = trusted("-D /srv/tree true", text);
    assert!(specified.warnings[0].contains(named), "{:?}", specified.warnings);
}

#[rstest]
#[case("[Exec]\nPrivateUsers=perhaps\n", "/f.nspawn:2: Exec.PrivateUsers")]
#[case("[Exec]\nBoot=perhaps\n", "Boot=perhaps")]
#[case("[Exec]\nEnvironment=\"A=1\n", "quote")]
#[case("[Files]\nBind=relative\n", "Files.Bind")]
#[case("[X-Redd]\nMemory=lots\n", "X-Redd.Memory")]
fn what_is_known_and_wrong_is_no_start(#[case] text: &str, #[case] named: &str) {
    let refusal = start(Persona::Nspawn, "-D /srv/tree true", vec![file(Trust::Trusted, text)]).unwrap_err();
    assert!(refusal.to_string().contains(named), "{refusal}");
}

#[test]
fn a_later_file_adds_and_an_empty_value_takes_back() {
    let files = vec![
        file(Trust::Trusted, "[Files]\nBind=/a\n[Exec]\nHostname=one\n"),
        file(Trust::Trusted, "[Files]\nBind=\nBind=/b\n[Exec]\nHostname=two\n"),
    ];
    let spec = start(Persona::Boot, "-D /srv/tree", files).unwrap().spec;
    assert_eq!(spec.identity.hostname.map(|name| name.to_string()).as_deref(), Some("two"));
    assert_eq!(spec.mounts.len(), 1);
    assert_eq!(spec.mounts[0].destination().to_string(), "/b");
}

#[test]
fn words_for_an_init_are_taken_apart_as_a_kernel_does() {
    let line = "-D /srv/tree -b systemd.unit=rescue.target debug-shell=1 --confirm 1=2 quiet";
    let spec = start(Persona::Nspawn, line, Vec::new()).unwrap().spec;
    let Payload::Boot { arguments, .. } = &spec.payload else { panic!() };
    let words: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["systemd.unit=rescue.target", "--confirm", "1=2", "quiet"]);
    assert_eq!(spec.environment[0].name.to_string(), "debug_shell");
    let native = start(Persona::Boot, "-D /srv/tree -- debug-shell=1", Vec::new()).unwrap().spec;
    assert!(native.environment.is_empty());
}

#[test]
fn an_init_is_root_and_starts_in_the_root() {
    for (line, named) in [("-b -u daemon", "--uid"), ("-b --chdir=/srv", "--chdir")] {
        let refusal = start(Persona::Nspawn, &format!("-D /srv/tree {line}"), Vec::new()).unwrap_err();
        assert!(refusal.to_string().contains(named), "{refusal}");
    }
    let file = file(Trust::Trusted, "[Exec]\nUser=daemon\n");
    assert!(start(Persona::Boot, "-D /srv/tree", vec![file]).unwrap_err().to_string().contains("--uid"));
    assert!(start(Persona::Nspawn, "-D /srv/tree -b -u root --chdir=/", Vec::new()).is_ok());
}

#[test]
fn a_verb_is_stronger_than_a_file() {
    let text = "[Exec]\nBoot=no\nParameters=x\n";
    let specified = start(Persona::Boot, "-D /srv/tree", vec![file(Trust::Trusted, text)]).unwrap();
    let Payload::Boot { arguments, .. } = specified.spec.payload else { panic!() };
    assert_eq!(arguments.len(), 1);
}

#[test]
fn words_are_split_as_systemd_splits_them() {
    let expected: Vec<String> = ["a", "b c", "d'", "", "e\tf"].map(str::to_owned).into();
    assert_eq!(words(r#"a "b c"  d\' '' e\tf"#), Ok(expected));
    assert!(words("\"open").is_err() && words("end\\").is_err());
}

proptest! {
    #[test]
    fn any_file_is_answered(text in "(\\[(Exec|Files|Network|X-Redd)\\]|[A-Za-z]{1,10}=.{0,20}|\\PC{0,20}|Bind=/[a-z:,]{0,9}|\\\\|\n){0,12}") {
        for trust in [Trust::Trusted, Trust::Untrusted] {
            drop(start(Persona::Nspawn, "-D /srv/tree", vec![file(trust, &text)]));
        }
    }
}
