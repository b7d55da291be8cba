//! All verbs on one screen.

/// A verb, and a few words on it.
type Line = (&'static str, &'static str);

/// What verbs are for, and which there are, in the order in which somebody meets them.
const GROUPS: [(&str, &[Line]); 6] = [
    (
        "Life",
        &[
            ("start", "boot in the background"),
            ("stop", "end, orderly if possible"),
            ("restart", "stop, and start again"),
            ("terminate", "end at once"),
            ("pause", "freeze"),
            ("resume", "let it go on"),
            ("kill", "send a signal"),
            ("wait", "until it is in a state"),
            ("enable", "start with the host"),
            ("disable", "no longer"),
            ("upgrade", "another redd, live"),
            ("boot", "boot on this terminal"),
            ("run", "run one command"),
            ("try", "boot a copy of this host"),
        ],
    ),
    (
        "Looking",
        &[
            ("list", "all machines"),
            ("status", "how one is, and why"),
            ("top", "how busy they are"),
            ("logs", "what it wrote"),
            ("events", "what happens, as JSON"),
            ("show", "everything, for programs"),
            ("boot-plot", "what a boot cost, as SVG"),
        ],
    ),
    (
        "Entering",
        &[
            ("exec", "run a command in it"),
            ("shell", "a login session in it"),
            ("console", "go to its console"),
            ("login", "a prompt of its own"),
        ],
    ),
    ("Files", &[("copy", "in, out, and between"), ("mount", "files of the host, live")]),
    (
        "Changes",
        &[
            ("set", "limits, while it runs"),
            ("device", "give it a device"),
            ("network", "give it an interface"),
            ("config", "what holds for it"),
        ],
    ),
    (
        "Judging",
        &[
            ("check", "a container manager"),
            ("plan", "show what would be done"),
            ("doctor", "what this host can do"),
            ("gc", "mend what was killed"),
            ("install", "units, man pages, itself"),
        ],
    ),
];

/// The screen, with the verbs that there are.
pub(super) fn screen(command: &clap::Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text =
        format!("{about}.\n\nUsage: redd VERB [OPTIONS] [NAME…]     (redd VERB --help says more of one)\n\n");
    for (title, lines) in GROUPS {
        let there: Vec<&Line> =
            lines.iter().filter(|(verb, _)| command.find_subcommand(verb).is_some()).collect();
        for (row, pair) in there.chunks(2).enumerate() {
            let title = if row == 0 { title } else { "" };
            let cells = pair.iter().map(|(verb, words)| format!("{verb:<10} {words:<24}"));
            text += &format!("{title:<8} {}", cells.collect::<Vec<_>>().join(" "));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_line::command;

    #[test]
    fn every_verb_is_on_one_screen() {
        let command = command();
        let screen = screen(&command);
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = verb.get_name();
            assert!(GROUPS.iter().any(|(_, lines)| lines.iter().any(|(verb, _)| *verb == name)), "{name}");
        }
        assert!(screen.lines().count() <= 24, "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
    }
}
