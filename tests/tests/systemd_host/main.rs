//! redd on a host that systemd runs: each test makes one, a module each subject.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod cgroups;
mod hosts;
mod judgement;
mod life;
mod odd_hosts;
mod passing;
mod registration;
mod service;
mod shaken_hosts;
mod stacked;
mod units;
mod upgrade;
