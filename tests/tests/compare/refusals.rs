//! Values that no start is made with: systemd-nspawn and redd under its name refuse them with 1, redd under its own name with
//! 125, with a message that names option and value, and nothing is touched.

use std::process::Command;

use redd_tests::{Need, needs, redd};

use crate::reference::Reference;
use crate::sight;
use crate::surroundings::{Outcome, Scene, start};
use crate::{AT_ONCE, Persona, in_parallel};

/// Everything that a start makes, or changes.
const LIST: &str = r#"
list() {
    find /mnt /run /var/lib/redd /var/lib/machines -path /run/outside -prune -o -printf '%p %y %m %s %C@\n' | sort
    find "$cgroup" -mindepth 1 -type d 2>/dev/null || true
    # Others come and go while this looks.
    for name in /sys/fs/cgroup/*tree*; do echo "$name"; done
    cat /proc/self/mountinfo
}
list > before"#;
const COMPARE: &str = "list > after; cmp -s before after && echo '@@ host = untouched' || diff before after";

/// Who is asked beside the persona.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// systemd-nspawn of any version, and redd under its own name.
    Everybody,
    /// systemd-nspawn from a version on, and redd under its own name.
    From(u32),
    /// redd alone: it is stricter.
    Redd,
    /// systemd-nspawn, for an option that redd has under no other name.
    Nspawn,
}
use Asked::{Everybody, From, Nspawn, Redd};

const REFUSED: &[(&str, &str, Asked)] = &[
    ("--machine", "-leading", Everybody),
    ("--machine", "a b", Everybody),
    ("--machine", "..", Everybody),
    ("--machine", "a/b", Everybody),
    ("--machine", "a1234567890123456789012345678901234567890123456789012345678901234", Everybody),
    ("--hostname", "a b", Everybody),
    ("--hostname", "-leading", Everybody),
    ("--hostname", "a..b", Everybody),
    ("--uuid", "no-id", Everybody),
    ("--uuid", "00000000-0000-0000-0000-000000000000", Everybody),
    ("--uuid", "0123", Everybody),
    ("--chdir", "relative", Everybody),
    ("--chdir", "/a/../b", Everybody),
    ("--setenv", "=value", Everybody),
    ("--setenv", "A-B=value", Everybody),
    ("--uid", "a:b", From(261)),
    ("--kill-signal", "SIGNONE", Everybody),
    ("--kill-signal", "65", Everybody),
    ("--kill-signal", "RTMAX+1", Everybody),
    ("--notify-ready", "perhaps", Everybody),
    ("--suppress-sync", "perhaps", Everybody),
    ("--private-users", "perhaps", Everybody),
    ("--private-users", "5:0", Everybody),
    ("--private-users", "4294967295:2", Everybody),
    ("--private-users", "-1", Everybody),
    ("--private-users", "5:x", Everybody),
    ("--private-users-ownership", "perhaps", Everybody),
    ("--capability", "CAP_NONE", Everybody),
    ("--capability", "64", Everybody),
    ("--drop-capability", "CAP_NONE", Everybody),
    ("--ambient-capability", "CAP_NONE", Everybody),
    ("--no-new-privileges", "perhaps", Everybody),
    ("--restrict-address-families", "AF_NONE", From(261)),
    ("--rlimit", "NOFILE", Everybody),
    ("--rlimit", "NONE=1", Everybody),
    ("--rlimit", "NOFILE=many", Everybody),
    ("--rlimit", "NOFILE=2:1", Everybody),
    ("--oom-score-adjust", "1001", Everybody),
    ("--oom-score-adjust", "-1001", Everybody),
    ("--oom-score-adjust", "x", Everybody),
    ("--cpu-affinity", "x", Everybody),
    ("--cpu-affinity", "0-x", Everybody),
    ("--personality", "pdp11", Everybody),
    ("--resolv-conf", "perhaps", Everybody),
    ("--timezone", "perhaps", Everybody),
    ("--link-journal", "perhaps", Everybody),
    ("--volatile", "perhaps", Everybody),
    ("--settings", "perhaps", Everybody),
    ("--console", "perhaps", Everybody),
    ("--register", "perhaps", Nspawn),
    ("--pivot-root", "relative", Everybody),
    ("--pivot-root", "/a/../b", Everybody),
    ("--bind", "relative:/x", Everybody),
    ("--bind", "/run/outside:relative", Everybody),
    ("--bind", "/run/outside:/x:no-such-option", Everybody),
    ("--bind", "/run/outside:/x/../y", Redd),
    ("--bind-ro", "relative:/x", Everybody),
    ("--bind-ro", "/run/outside:/x:idmap:more", Everybody),
    ("--tmpfs", "relative", Everybody),
    ("--inaccessible", "relative", Everybody),
    ("--overlay", "/alone", Everybody),
    ("--overlay", "relative:/a:/b", Everybody),
    ("--overlay-ro", "/run/outside:relative", Everybody),
    ("--bind-user", "a/b", Everybody),
    ("--set-credential", "no-colon", Everybody),
    ("--set-credential", "a/b:value", Everybody),
    ("--load-credential", "no-colon", Everybody),
    ("--load-credential", "a/b:/run/outside", Everybody),
];

#[test]
fn values_that_cannot_be_used_are_refused_and_nothing_is_touched() {
    needs!(Need::Root, Need::Debian13);
    let (tree, persona, references) = (sight::small_tree(), Persona::new(), Reference::all());
    let scene = Scene { tree: tree.path(), prepare: LIST, after: COMPARE, signal: None };
    let complaints = in_parallel(AT_ONCE, REFUSED, |&(option, value, asked)| {
        let mut found = Vec::new();
        let word = format!("{option}={value}");
        let tree_words = ["--register=no", "--keep-unit", "-D", "/mnt/tree"];
        let run = |mut program: Command, words: &[&str]| {
            program.args(words).args([word.as_str(), "/bin/true"]);
            start(&program, scene)
        };
        found.extend(complaint("systemd-nspawn's persona", &word, &run(persona.command(), &tree_words), 1));
        if asked != Nspawn {
            let outcome = run(redd(), &["run", "-D", "/mnt/tree"]);
            found.extend(complaint("redd", &word, &outcome, 125));
        }
        for reference in references.iter().filter(|reference| asked.contains(reference.version)) {
            let outcome = run(reference.command(), &tree_words);
            if outcome.status != 1 {
                found.push(format!("systemd-nspawn {} takes {word}: {}", reference.version, outcome.status));
            }
        }
        found
    });
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

impl Asked {
    const fn contains(self, version: u32) -> bool {
        match self {
            Everybody | Nspawn => true,
            From(first) => version >= first,
            Redd => false,
        }
    }
}

/// What is wrong with a refusal.
fn complaint(who: &str, word: &str, outcome: &Outcome, status: i32) -> Option<String> {
    let (option, value) = word.split_once('=').unwrap();
    let Outcome { sight, output, errors, .. } = outcome;
    // A credential's value is nobody's business.
    let shown = match value.split_once(':') {
        _ if !option.ends_with("credential") => value,
        Some((name, _)) => name,
        None => "",
    };
    let is_named = errors.contains(option) && errors.contains(shown);
    let is_untouched = sight.get("host").is_some_and(|host| host == "untouched");
    let is_fine = outcome.status == status && is_named && is_untouched;
    (!is_fine).then(|| format!("{who}: {word}: {}: {output}{errors}", outcome.status))
}
