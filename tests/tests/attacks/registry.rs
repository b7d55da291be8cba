//! Every attack, where it is held off, and what tries it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::Run;

/// Where an attack is held off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// With a user namespace and without.
    Always,
    /// With a user namespace only.
    WithUsers,
}

/// What tries it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trial {
    /// A script that root inside runs; it exits with 0 where the attack succeeds.
    Script(&'static str),
    /// A test of this program.
    Test(#[expect(dead_code, reason = "the compiler has seen that it is there")] fn()),
}

/// One row of the table in docs/threat-model.md.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) held: Held,
    pub(crate) trial: Trial,
}

pub(crate) const fn script(name: &'static str, held: Held, text: &'static str) -> Attack {
    Attack { name, held, trial: Trial::Script(text) }
}

pub(crate) const fn test(name: &'static str, held: Held, test: fn()) -> Attack {
    Attack { name, held, trial: Trial::Test(test) }
}

/// Whose ids the payload's root has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Users {
    /// Ids of its own: there is a user namespace.
    Own,
    /// The host's.
    Hosts,
}

impl Users {
    pub(crate) const BOTH: [Self; 2] = [Self::Own, Self::Hosts];

    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Own => "--private-users=pick",
            Self::Hosts => "--private-users=no",
        }
    }
}

/// Runs redd with these words, and the option for the ids after the first of them.
pub(crate) fn run_as(users: Users, words: &[&str]) -> Run {
    redd_tests::run([&words[..1], &[users.option()], &words[1..]].concat())
}

/// Looks again and again until something is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(20));
    }
}
