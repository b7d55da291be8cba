//! Words as getopt_long(3) reads them.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::option::all;

fn line(persona: Persona, words: &[&str]) -> Result<CommandLine, Answer> {
    read(persona, words.iter().map(OsString::from))
}

/// Each option with its value, as text.
fn options(words: &[&str]) -> Vec<String> {
    let line = line(Persona::Nspawn, words).unwrap_or_else(|answer| panic!("{words:?}: {answer:?}"));
    let text = |assignment: &Assignment| match &assignment.value {
        Some(value) => format!("{}={}", assignment.definition.name, value.display()),
        None => assignment.definition.name.to_owned(),
    };
    line.assignments.iter().map(text).collect()
}

fn refusal(persona: Persona, words: &[&str]) -> String {
    match line(persona, words) {
        Err(Answer::Refused(refusal)) => refusal.to_string(),
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn values_stand_behind_a_sign_or_in_the_next_word() {
    for words in [
        &["-D/srv"][..],
        &["-D", "/srv"],
        &["--directory=/srv"],
        &["--directory", "/srv"],
        &["--dir", "/srv"],
    ] {
        assert_eq!(options(words), ["directory=/srv"], "{words:?}");
    }
    assert_eq!(options(&["-qbxD", "-D"]), ["quiet", "boot", "ephemeral", "directory=-D"]);
    assert_eq!(options(&["-xM", "web", "-E", "A=1=2"]), ["ephemeral", "machine=web", "setenv=A=1=2"]);
}

#[test]
fn an_optional_value_is_never_the_next_word() {
    assert_eq!(options(&["--volatile", "state"]), ["volatile=yes"]);
    assert_eq!(options(&["--volatile=state"]), ["volatile=state"]);
    assert_eq!(options(&["--private-users"]), ["private-users=yes"]);
    assert_eq!(options(&["-n"]), ["network-veth=yes"]);
}

#[rstest]
#[case(&["-b", "--", "-x"], &["-x"])]
#[case(&["-b", "x", "-x"], &["x", "-x"])]
#[case(&["-b", "-", "-x"], &["-", "-x"])]
#[case(&["-b", "x", "--", "y"], &["x", "--", "y"])]
#[case(&["--volatile", "state", "-x"], &["state", "-x"])]
fn options_stop_at_the_first_other_word(#[case] words: &[&str], #[case] expected: &[&str]) {
    let line = line(Persona::Nspawn, words).unwrap();
    assert_eq!(line.words, expected);
    assert_eq!(line.assignments.len(), 1);
}

#[rstest]
#[case(&["--frob"], "no option --frob")]
#[case(&["--bin=/a"], "--bind, --bind-ro")]
#[case(&["-y"], "no option -y")]
#[case(&["-xy"], "no option -y")]
#[case(&["-D"], "-D needs a value")]
#[case(&["--machine"], "--machine needs a value")]
#[case(&["--boot=yes"], "--boot takes no value, \"yes\"")]
#[case(&["--network-veth=yes"], "--network-veth takes no value")]
#[case(&["---U"], "no option ---U")]
#[case(&["--as-pid1"], "no option --as-pid1")]
fn words_that_are_none_are_refused_by_name(#[case] words: &[&str], #[case] named: &str) {
    let refusal = refusal(Persona::Nspawn, words);
    assert!(refusal.contains(named), "{refusal}");
}

#[test]
fn what_takes_a_value_elsewhere_means_yes_without_one() {
    for words in [&["-n"][..], &["--network-veth"], &["--private-network"]] {
        let line = line(Persona::Nspawn, words).unwrap();
        assert_eq!(line.assignments[0].value.as_deref(), Some("yes".as_ref()), "{words:?}");
        assert!(line.assignments[0].apply(&mut crate::Settings::default()).is_ok());
    }
}

#[test]
fn natively_nothing_is_abbreviated_and_more_can_be_chosen() {
    assert!(refusal(Persona::Run, &["--hostn=a"]).contains("--hostn"));
    assert!(line(Persona::Boot, &["--network-veth=no", "--memory=1G"]).is_ok());
    assert!(refusal(Persona::Boot, &["-u", "root"]).contains("-u"));
}

#[test]
fn help_versions_and_values_are_asked_for() {
    assert!(matches!(line(Persona::Nspawn, &["-xh"]), Err(Answer::Help)));
    assert!(matches!(line(Persona::Nspawn, &["--help"]), Err(Answer::Help)));
    assert!(matches!(line(Persona::Nspawn, &["--version"]), Err(Answer::Version)));
    assert!(matches!(line(Persona::Nspawn, &["--vers"]), Err(Answer::Version)));
    let Err(Answer::Values(definition)) = line(Persona::Nspawn, &["--resolv-conf=help"]) else { panic!() };
    assert!(definition.values.unwrap()().contains(&"copy-host".to_owned()));
}

#[test]
fn the_table_has_no_name_twice() {
    for persona in [Persona::Boot, Persona::Run, Persona::Nspawn] {
        let mut names: Vec<String> = offered(persona).map(Definition::shown).collect();
        names.extend(offered(persona).filter_map(|known| known.alias).map(|alias| format!("--{alias}")));
        names.extend(offered(persona).filter_map(|known| known.short).map(|short| format!("-{short}.")));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{persona:?}");
    }
    assert!(all().all(|definition| !definition.help.is_empty()));
}

proptest! {
    #[test]
    fn any_words_are_answered(words in prop::collection::vec("-{0,2}[a-zA-Z=-]{0,12}|.{0,8}", 0..8)) {
        for persona in [Persona::Boot, Persona::Run, Persona::Nspawn] {
            drop(read(persona, words.iter().map(OsString::from)));
        }
    }

    #[test]
    fn the_start_of_a_long_name_never_means_another_option(index in 0..80_usize, length in 1..30_usize) {
        let known: Vec<&Definition> = offered(Persona::Nspawn).filter(|known| known.has_long_name()).collect();
        let wanted = known[index % known.len()];
        let start: String = wanted.name.chars().take(length).collect();
        if let Ok(line) = line(Persona::Nspawn, &[&format!("--{start}"), "1"]) {
            let found = line.assignments[0].definition;
            prop_assert!(found.name.starts_with(&start));
        }
    }
}
