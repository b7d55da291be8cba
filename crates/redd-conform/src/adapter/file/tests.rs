//! Files of adapters: what is taken, what is refused, and what is run.

use proptest::prelude::*;
use rstest::rstest;

use super::super::tests::{container, words};
use super::*;

const COMPLETE: &str = r#"
# a manager
name = my-manager
mode = "with a veth"
version = echo 3.1
network = veth
create = echo {name}
start = my-manager run --tree={tree} {wishes} {name}
stop = kill -TERM {supervisor}
exec = nsenter -t {pid} -a -- {words}
pid = echo 17
bind = my-manager bind {name} {source}:{target}
credential = --credential={credential-name}:{credential-value}
bound-user = --user {user}
unix-export = /run/my-manager/{name}
restart-status = 133
"#;

#[test]
fn a_complete_file_is_an_adapter() {
    let adapter = FileAdapter::parse(COMPLETE).unwrap();
    let manager = adapter.manager();
    assert_eq!((manager.name.as_str(), manager.mode.as_str()), ("my-manager", "with a veth"));
    assert_eq!(manager.version.as_deref(), Some("3.1"));
    assert_eq!(adapter.network(), Network::Veth);
    assert_eq!(adapter.restart_status(), Some(133));
    assert_eq!(adapter.unix_export(&container()), Some(PathBuf::from("/run/my-manager/c1")));
    let bind = adapter.bind(&container(), Path::new("/a"), Path::new("/b c")).unwrap();
    assert_eq!(words(&bind), "my-manager bind c1 /a:/b c");
    adapter.create(&container()).unwrap();
    let wish = Wish::Credential { name: "n".to_owned(), value: "a b".to_owned() };
    let start = adapter.start(&container(), &[wish, Wish::BoundUser("u".to_owned())]).unwrap();
    assert_eq!(words(&start), "my-manager run --tree=/trees/c1 --credential=n:a b --user u c1");
    // A value is one word, whatever is in it.
    assert_eq!(start.get_args().count(), 6);
    assert_eq!(words(&adapter.stop(&container(), 7).unwrap()), "kill -TERM 7");
}

#[test]
fn exec_knows_the_init_once_it_was_found() {
    let adapter = FileAdapter::parse(COMPLETE).unwrap();
    let error = adapter.exec(&container(), &["true"]).unwrap_err();
    assert_eq!(error.to_string(), "{pid} is not known yet");
    assert_eq!(adapter.pid(&container(), 7).unwrap(), Some(17));
    let exec = adapter.exec(&container(), &["ls", "-l", "a b"]).unwrap();
    assert_eq!(words(&exec), "nsenter -t 17 -a -- ls -l a b");
}

#[test]
fn what_the_file_does_not_say_cannot_be_wished() {
    let adapter = FileAdapter::parse(COMPLETE).unwrap();
    let error = adapter.start(&container(), &[Wish::FewCapabilities]).unwrap_err();
    assert_eq!(error.to_string(), "my-manager has no option for few-capabilities");
}

#[rstest]
#[case(
    "name = a\nboot = b",
    "line 2: \"boot\" is none of name, mode, version, network, create, start, stop, exec, pid, remove, bind, credential, few-capabilities, bound-user, unix-export, restart-status"
)]
#[case("name = a\n\nname = b", "line 3: name stands twice")]
#[case("name a", "line 1: there is no = in it")]
#[case("name =", "line 1: name is empty")]
#[case("stop = kill {leader}", "line 1: stop takes no {leader}, only name, tree, directory, supervisor, pid")]
#[case("start = a {supervisor}", "line 1: start takes no {supervisor}, only name, tree, directory, wishes")]
#[case("version = a {name}", "line 1: version takes no {name}")]
#[case("exec = a b", "line 1: exec is without the word {words}")]
#[case("exec = a x{words}", "line 1: \"x{words}\": {words} and {wishes} stand alone")]
#[case("start = a {name", "line 1: a { is not closed")]
#[case("start = a name}", "line 1: a } was not opened")]
#[case("start = a 'b", "line 1: a ' is not closed")]
#[case("start = a\x1b[2J", "line 1: there is a control character in it")]
#[case("network = bridge", "line 1: network is host, private or veth, not \"bridge\"")]
#[case("restart-status = 256", "line 1: restart-status is a number up to 255, not \"256\"")]
#[case("# nothing\nname = a\nstart = a\nexec = a {words}\n", "line 4: the file ends without stop")]
#[case("", "line 0: the file ends without name")]
fn what_is_wrong_is_refused_with_its_line(#[case] text: &str, #[case] error: &str) {
    assert_eq!(FileAdapter::parse(text).unwrap_err().to_string(), error);
}

#[rstest]
#[case("start = a '{name} x' \"\" b", "a|c1 x||b")]
#[case("start = a {{name}} {name}{name}", "a|{name}|c1c1")]
#[case("start = a=b=c", "a=b=c")]
fn words_are_split_before_values_are_put_in(#[case] start: &str, #[case] expected: &str) {
    let text = format!("name = a\n{start}\nstop = s\nexec = e {{words}}\n");
    let command = FileAdapter::parse(&text).unwrap().start(&container(), &[]).unwrap();
    let mut words = vec![command.get_program()];
    words.extend(command.get_args());
    let words: Vec<_> = words.into_iter().map(|word| word.to_str().unwrap()).collect();
    assert_eq!(words.join("|"), expected);
}

/// The example of the document is one that works.
#[test]
fn the_documented_example_is_an_adapter() {
    let document = include_str!("../../../../../docs/check-adapters.md");
    let (_, rest) = document.split_once("```ini\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    FileAdapter::parse(example).unwrap();
    for key in Key::ALL {
        assert!(document.contains(&format!("| `{}` |", key.name())), "{} is not described", key.name());
    }
}

proptest! {
    #[test]
    fn no_file_makes_the_parser_panic(text in "([a-z-]{0,8} ?=? ?[a-z{} '\"=\\\\\n\u{0}-\u{ff}]{0,30}\n?){0,8}") {
        if let Err(error) = FileAdapter::parse(&text) {
            prop_assert!(!error.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn a_quoted_word_stays_one_word(value in "[^'\\pC{}]{1,30}") {
        let text = format!("name = a\nstart = a '{value}'\nstop = s\nexec = e {{words}}\n");
        let command = FileAdapter::parse(&text).unwrap().start(&container(), &[]).unwrap();
        prop_assert_eq!(command.get_args().collect::<Vec<_>>(), [value.as_str()]);
    }
}
