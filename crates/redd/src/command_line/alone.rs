//! Verbs that scripts call often are read without the definitions of all the others, which take longer than such a verb.
//!
//! Only words that are understood come from here. Whatever else there is to say, help for one, is said with the whole
//! command line at hand.

use std::ffi::OsString;

use clap::Args;

use super::machines::look::Look;
use super::machines::{MachineVerb, life};

/// What the words mean, where the verb is one of those, and the words are as they should be.
pub(super) fn read(verb: &str, words: &[OsString]) -> Option<MachineVerb> {
    Some(match verb {
        "exec" => MachineVerb::Exec(Box::new(arguments(words)?)),
        "stop" | "poweroff" => MachineVerb::Stop(arguments(words)?),
        "terminate" => MachineVerb::Terminate(arguments(words)?),
        "pause" => MachineVerb::Pause(arguments(words)?),
        "resume" => MachineVerb::Resume(arguments(words)?),
        "restart" => MachineVerb::Life(life::Life::Restart(arguments(words)?)),
        "wait" => MachineVerb::Life(life::Life::Wait(arguments(words)?)),
        "list" | "ls" => MachineVerb::Look(Look::List(arguments(words)?)),
        "status" => MachineVerb::Look(Look::Status(arguments(words)?)),
        "show" => MachineVerb::Look(Look::Show(arguments(words)?)),
        _ => return None,
    })
}

fn arguments<A: Args>(words: &[OsString]) -> Option<A> {
    let command = A::augment_args(clap::Command::new("redd").no_binary_name(true));
    let matches = command.try_get_matches_from(words).ok()?;
    A::from_arg_matches(&matches).ok()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use rstest::rstest;

    use super::super::Request;
    use super::super::help;
    use super::*;

    #[rstest]
    #[case("exec web true")]
    #[case("exec -t -u alice:audio -w /srv -e A=b -e C web sh -c -- x --help")]
    #[case("exec web -- ls -l")]
    #[case("stop --timeout=10s web db")]
    #[case("poweroff --now web")]
    #[case("terminate web")]
    #[case("pause web")]
    #[case("resume web db")]
    #[case("restart --no-wait --start-timeout 1min web")]
    #[case("wait web --for=unit=x.service")]
    #[case("list -qa --running")]
    #[case("ls --json")]
    #[case("status -n 5 web")]
    #[case("show --json web")]
    fn a_verb_means_the_same_with_and_without_the_others(#[case] line: &str) {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let alone = read(line.split(' ').next().unwrap(), &words[1..]);
        let alone = alone.map(|verb| Request::Machine(Box::new(verb)));
        let whole = help::Arguments::try_parse_from(std::iter::once("redd".into()).chain(words)).unwrap();
        assert_eq!(format!("{:?}", alone.unwrap()), format!("{:?}", whole.request().unwrap()));
    }

    #[rstest]
    #[case("exec web")]
    #[case("exec --help")]
    #[case("exec -V web true")]
    #[case("stop --now --timeout=1s web")]
    #[case("stop .web")]
    #[case("list web")]
    #[case("no-such-verb")]
    fn what_cannot_be_used_is_left_to_the_whole(#[case] line: &str) {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        assert!(read(line.split(' ').next().unwrap(), &words[1..]).is_none());
        assert!(help::Arguments::try_parse_from(std::iter::once("redd".into()).chain(words)).is_err());
    }
}
