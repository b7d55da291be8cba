//! Shells complete the names of machines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use redd_tests::{Background, Need, needs, redd, tiny_tree};

const COMPLETIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/completions");

/// A directory in which redd has its name.
fn named() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let program = PathBuf::from(redd().get_program()).canonicalize().unwrap();
    symlink(program, directory.path().join("redd")).unwrap();
    directory
}

fn completed(shell: &str, script: &str, directory: &Path) -> Vec<String> {
    let path = format!("{}:{}", directory.display(), std::env::var("PATH").unwrap());
    let output = Command::new(shell).args(["-c", script]).env("PATH", path).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

fn in_bash(words: &[&str], directory: &Path) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = quoted.len();
    let script = format!(
        "source {COMPLETIONS}/redd.bash; COMP_WORDS=(redd {}); COMP_CWORD={last}; \
         _redd_with_names redd {} ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        quoted[last - 1]
    );
    completed("bash", &script, directory)
}

#[test]
fn bash_completes_names_where_a_verb_takes_one() {
    needs!(Need::Root);
    let (tree, directory) = (tiny_tree(), named());
    let machine = Background::start(tree.path(), &["--read-only"]);
    let name = machine.name.as_str();
    let has = |words: &[&str]| in_bash(words, directory.path()).iter().any(|word| word == name);
    for words in [
        &["stop", ""][..],
        &["stop", "--timeout", "5", &name[..2]],
        &["stop", "other", ""],
        &["exec", ""],
        &["mount", "add", ""],
        &["status", ""],
    ] {
        assert!(has(words), "{words:?}: {:?}", in_bash(words, directory.path()));
    }
    for words in [&["stop", "--timeout", ""][..], &["exec", name, ""], &["doctor", ""]] {
        assert!(!has(words), "{words:?}: {:?}", in_bash(words, directory.path()));
    }
    let places = in_bash(&["copy", ""], directory.path());
    assert!(places.contains(&format!("{name}:")), "{places:?}");
    machine.stop();
}

#[test]
fn fish_completes_names_where_a_verb_takes_one() {
    needs!(Need::Root, Need::Fish);
    let (tree, directory) = (tiny_tree(), named());
    let machine = Background::start(tree.path(), &["--read-only"]);
    let completed = |line: &str| {
        let script = format!("source {COMPLETIONS}/redd.fish; complete -C '{line}'");
        completed("fish", &script, directory.path())
    };
    for line in ["redd stop ", "redd exec ", "redd mount add "] {
        assert!(completed(line).contains(&machine.name), "{line}: {:?}", completed(line));
    }
    let after = format!("redd exec {} ", machine.name);
    assert!(!completed(&after).contains(&machine.name), "{:?}", completed(&after));
    machine.stop();
}

#[test]
fn the_completions_of_zsh_are_a_script_that_asks_for_names() {
    needs!(Need::Zsh);
    let checked = Command::new("zsh").args(["-n", &format!("{COMPLETIONS}/_redd")]).status().unwrap();
    assert!(checked.success());
    let text = std::fs::read_to_string(format!("{COMPLETIONS}/_redd")).unwrap();
    assert!(text.contains("names -- The machines:_redd_running_machines'"));
    assert!(text.contains("_call_program machines redd list -q"));
}
