//! redd on a host that systemd runs: each test makes one, a module each subject.

mod hosts;
mod registration;
mod units;
mod upgrade;
