//! Verbs in any order, several at once, some of them killed, and supervisors killed: machines end in a state that the
//! model allows, and what everybody says of them is the same.
//!
//! A sample by default; `cargo xtask interleave` for as many as are wanted. `REDD_SEED` repeats a run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::cell::Cell;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use redd_tests::model::{Code, Life, Machine, Step, Verb};
use redd_tests::world::{await_start, processes, settled};
use redd_tests::{Background, Need, finish, needs, sweep, tiny_tree, unique_name};

const MACHINES: usize = 5;
/// How many are tried in every test run, and in a complete one.
const SAMPLE: u32 = 12;
const ALL: u32 = 1000;
/// How long a verb may take.
const BOUND: Duration = Duration::from_secs(20);

const VERBS: [Verb; 16] = [
    Verb::Restart,
    Verb::Exec,
    Verb::Set(100),
    Verb::Set(200),
    Verb::List,
    Verb::Stop,
    Verb::StopNow,
    Verb::Terminate,
    Verb::Kill,
    Verb::Crash,
    Verb::Pause,
    Verb::Resume,
    Verb::CollectGarbage,
    Verb::KillSupervisor,
    Verb::Start,
    Verb::Start,
];

/// What is done to one machine, and after how long a verb that is cut is killed.
#[derive(Debug, Clone, Copy)]
struct Act {
    machine: usize,
    step: Step,
    cut: Duration,
}

/// What is done at once.
type Round = Vec<Act>;

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![5 => select(&VERBS[..]), 1 => Just(Verb::Start)]
}

/// A program that runs while its machine is frozen ends when that goes on, and somebody would have to wait for both.
fn can_go_together(one: Verb, other: Verb) -> bool {
    let pair = [one, other];
    !(pair.contains(&Verb::Exec) && pair.contains(&Verb::Pause))
}

fn step() -> impl Strategy<Value = Step> {
    let two =
        (verb(), verb()).prop_filter("one waits for the other", |(one, other)| can_go_together(*one, *other));
    prop_oneof![
        6 => verb().prop_map(Step::One),
        3 => two.prop_map(|(one, other)| Step::Two(one, other)),
        2 => verb().prop_map(Step::Cut),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    let machines = subsequence((0..MACHINES).collect::<Vec<_>>(), 1..=3);
    machines.prop_flat_map(|machines| {
        let acts: Vec<_> = machines
            .into_iter()
            .map(|machine| {
                (step(), 0_u64..40).prop_map(move |(step, milliseconds)| Act {
                    machine,
                    step,
                    cut: Duration::from_millis(milliseconds),
                })
            })
            .collect();
        acts
    })
}

/// The machines, and what is known of them.
struct World<'a> {
    tree: &'a Path,
    machines: Vec<(Background, Machine)>,
    /// What was done, for whoever has to understand.
    story: Vec<String>,
}

impl<'a> World<'a> {
    fn new(tree: &'a Path) -> Self {
        let machine = |_| (Background::named(&unique_name()), Machine::default());
        Self { tree, machines: (0..MACHINES).map(machine).collect(), story: Vec::new() }
    }

    fn play(&mut self, round: &Round) -> Result<(), String> {
        let tree = self.tree;
        let codes: Vec<Vec<Code>> = std::thread::scope(|scope| {
            let acts: Vec<_> = round
                .iter()
                .map(|act| {
                    let machine = &self.machines[act.machine].0;
                    scope.spawn(move || carry_out(tree, machine, *act))
                })
                .collect();
            acts.into_iter().map(|act| act.join().unwrap()).collect()
        });
        for (act, codes) in round.iter().zip(codes) {
            let (background, machine) = &mut self.machines[act.machine];
            self.story.push(format!("{}: {:?} ended with {codes:?}", background.name, act.step));
            *machine = machine.after(act.step, &codes)?;
        }
        Ok(())
    }

    /// Each machine is in one of the states that it may be in, and stays there.
    fn check(&self) -> Result<(), String> {
        for (background, machine) in &self.machines {
            let allowed = machine.settled();
            let seen = settled(&background.name, &allowed)
                .map_err(|seen| format!("{} is {seen:?}, not one of {allowed:?}", background.name))?;
            if seen == Life::Stopped {
                background.assert_gone();
                assert_eq!(processes(&background.name), Vec::<String>::new());
            }
        }
        Ok(())
    }

    /// One command ends whatever there is.
    fn end(&self) {
        for (background, _) in &self.machines {
            drop(background.verb(&["terminate"], &[]));
        }
        assert_eq!(redd_tests::run(["gc"]).status, 0);
        self.machines.iter().for_each(|(background, _)| background.assert_gone());
    }
}

fn carry_out(tree: &Path, machine: &Background, act: Act) -> Vec<Code> {
    match act.step {
        Step::One(verb) => vec![ended(tree, machine, verb)],
        Step::Two(one, other) => std::thread::scope(|scope| {
            let both = [one, other].map(|verb| scope.spawn(move || ended(tree, machine, verb)));
            both.map(|verb| verb.join().unwrap()).to_vec()
        }),
        Step::Cut(verb) => {
            if let Some(mut command) = machine.carried_out(verb, tree) {
                let mut process = command.stdout(std::process::Stdio::null()).spawn().unwrap();
                sleep(act.cut);
                drop(process.kill());
                process.wait().unwrap();
                await_start(&machine.name);
            } else {
                machine.kill_supervisor();
            }
            Vec::new()
        }
    }
}

fn ended(tree: &Path, machine: &Background, verb: Verb) -> Code {
    let Some(command) = machine.carried_out(verb, tree) else {
        machine.kill_supervisor();
        return Code::DONE;
    };
    let mut bounded = Command::new("timeout");
    bounded.args(["-s", "KILL", &BOUND.as_secs().to_string()]);
    let run = finish({
        bounded.arg(command.get_program()).args(command.get_args()).stdin(std::process::Stdio::null());
        bounded
    });
    Code(run.status)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn verbs_in_any_order_leave_machines_as_the_model_says() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let seed = number("REDD_SEED").unwrap_or(1);
    let cases = number("REDD_COUNT").and_then(|count| u32::try_from(count).ok());
    let cases = cases.unwrap_or(if sweep::is_complete() { ALL } else { SAMPLE });
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let played = Cell::new(0);
    let result = runner.run(&vec(round(), 4..12), |rounds| {
        let mut world = World::new(tree.path());
        let outcome = rounds.iter().try_for_each(|round| world.play(round)).and_then(|()| world.check());
        world.end();
        played.set(played.get() + 1);
        if played.get() % 50 == 0 {
            eprintln!("{} interleavings", played.get());
        }
        outcome.map_err(|reason| {
            let reason = format!("{reason}\n{}", world.story.join("\n"));
            eprintln!("{reason}");
            TestCaseError::fail(reason)
        })
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, rounds)) => panic!("seed {seed}: {reason}\n{rounds:#?}"),
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
    }
}
