//! What stands behind `--option=`, each text given to every option.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use redd_spec::address_family::AddressFamilies;
use redd_spec::ids::UserNamespace;
use redd_spec::parse::{self, ParseError};
use redd_spec::resources::{CpuSet, Limit, MemoryAmount, MilliCpus};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    check_words(&text);
    check_amounts(&text);
    check_round_trips(&text);
    if let Some(variable) = answered(parse::environment_variable(OsStr::from_bytes(input), &[])) {
        assert!(!variable.name.as_bytes().contains(&b'='));
    }
}

/// The value; a refusal can be shown.
fn answered<T>(result: Result<T, ParseError>) -> Option<T> {
    result.map_err(|error| super::assert_printable(&error.to_string())).ok()
}

fn check_words(text: &str) {
    answered(parse::boolean(text));
    answered(parse::private_users_ownership(text));
    answered(parse::volatile(text));
    answered(parse::timezone(text));
    answered(parse::resolv_conf(text));
    answered(parse::console(text));
    answered(parse::terminals(text));
    if let Some(Some(background)) = answered(parse::background(text)) {
        super::assert_printable(background.parameters());
    }
    answered(parse::working_directory(text));
    answered(parse::personality(text));
    answered(parse::selinux_context(text));
    answered(parse::api_access(text));
    answered(parse::manager_name(text));
    if let Some(device) = answered(parse::device(text)) {
        assert!(device.host_path().starts_with("/dev/") && !device.name().is_empty());
    }
    answered(parse::restrict_address_families(AddressFamilies::Default, text));
    drop(parse::system_call_filter(text));
}

fn check_amounts(text: &str) {
    if let Some(Limit::At(amount)) = answered(parse::memory(text)) {
        assert!(!matches!(amount, MemoryAmount::Bytes(0) | MemoryAmount::Percent(0 | 101..)));
    }
    assert_ne!(answered(parse::pids(text)), Some(Limit::At(0)));
    if let Some(Limit::At(MilliCpus(milli))) = answered(parse::cpus(text)) {
        assert!((10..=10_000_000).contains(&milli));
    }
    if let Some(limit) = answered(parse::resource_limit(text)) {
        assert!(limit.soft.unwrap_or(u64::MAX) <= limit.hard.unwrap_or(u64::MAX));
    }
    if let Some(processors) = answered(parse::cpu_affinity(text)) {
        assert!(processors.numbers().last().is_some_and(|last| last <= CpuSet::NUMBER_MAX));
    }
    if let Some(score) = answered(parse::oom_score_adjust(text)) {
        assert_eq!(parse::oom_score_adjust(&score.get().to_string()), Ok(score));
    }
}

fn check_round_trips(text: &str) {
    if let Some(signal) = answered(parse::signal(text)) {
        assert_eq!(parse::signal(&signal.get().to_string()), Ok(signal));
    }
    if let Some(span) = answered(parse::time_span(text)) {
        assert_eq!(parse::time_span(&format!("{}us", span.as_micros())), Ok(span));
    }
    if let Some(UserNamespace::Range(range)) = answered(parse::private_users(text)) {
        assert_eq!(parse::private_users(&range.to_string()), Ok(UserNamespace::Range(range)));
    }
    if let Some(address) = answered(parse::mac_address(text)) {
        assert_eq!(parse::mac_address(&address.to_string()), Ok(address));
    }
    if let Some(set) = answered(parse::capabilities(text)) {
        let names: Vec<&str> = set.names().collect();
        assert_eq!(parse::capabilities(&names.join(",")), Ok(set));
    }
}
