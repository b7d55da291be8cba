//! What tests of whole machines are written with.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::print_stderr, reason = "a test that is passed over says why")]

mod background;
mod host;
mod host_users;
mod leftovers;
mod machine;
pub mod model;
mod must_run;
mod named;
mod needs;
mod redd;
pub mod schema;
pub mod small;
pub mod sweep;
mod terminal;
mod tree;
pub mod world;

pub use background::{Background, finish_within};
pub use host::{boot_host, host_options};
pub use host_users::{ALICE, HostUsers};
pub use leftovers::Leftovers;
pub use machine::{CgroupView, Machine, in_view};
pub use must_run::listed;
pub use named::NamedTree;
pub use needs::Need;
pub use redd::{Run, finish, held_by, nspawn, redd, run, unique_name};
pub use redd_lab::time_limit;
pub use terminal::at_a_terminal;
pub use tree::{minimal_tree, own_tree, program_of, tiny_tree};

/// Names the clauses that a test covers, by their constants.
#[macro_export]
macro_rules! covers {
    ($($clause:ident),+ $(,)?) => {
        let _: &[redd_plan::Clause] = &[$(redd_plan::Clause::$clause),+];
    };
}

/// Passes a test over, with the reason, where the machine lacks something it does not have to have.
#[macro_export]
macro_rules! needs {
    ($($need:expr),+ $(,)?) => {
        $(
            if let Err(reason) = $crate::Need::check($need) {
                $crate::skip(&reason);
                return;
            }
        )+
    };
}

/// Says why a test is passed over.
///
/// # Panics
/// `REDD_REQUIRE` is `all`, or it is one of those that have to run, see `must_run`.
pub fn skip(reason: &str) {
    assert_ne!(std::env::var("REDD_REQUIRE").as_deref(), Ok("all"), "{reason}, and may not be passed over");
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    assert!(
        !must_run::is_listed(&test),
        "{test} has to run on a host of the lab, and is passed over: {reason}"
    );
    eprintln!("SKIP: {reason}");
}
