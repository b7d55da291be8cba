//! redd on a host that systemd runs: each test makes one, a module each subject.

mod cgroups;
mod hosts;
mod life;
mod odd_hosts;
mod registration;
mod shaken_hosts;
mod units;
mod upgrade;
