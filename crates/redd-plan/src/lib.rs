//! A [`Spec`](redd_spec::Spec) and the facts of a host become a [`Plan`]: an ordered list of everything that
//! will happen, on which side of the clone, for which clause, and how it is undone.
//!
//! Nothing here touches the system. All decisions are made here; the runtime makes none.
#![forbid(unsafe_code)]

pub mod action;
pub mod cgroup;
pub mod clause;
pub mod descriptor;
pub mod facts;
pub mod init;
pub mod limits;
pub mod link;
pub mod planner;
pub mod render;
pub mod sample;
pub mod step;
pub mod supervision;

pub use clause::Clause;
pub use planner::{PlanError, journal_of, plan, uuid};
pub use step::{Plan, Side, Step};
