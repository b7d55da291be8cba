use std::time::{Duration, Instant};

use proptest::prelude::*;
use redd_plan::sample;

use super::bytes::Bytes;
use super::descriptors::check;
use super::moment::Moment;
use super::state::{State, VERSION, join_spec, part_spec};
use super::*;

/// What a supervisor of this version has written. A later redd reads it as long as the version is this one.
const WRITTEN: &str = include_str!("written-1.json");

fn read(text: &str) -> Result<State, Refusal> {
    State::read(text.as_bytes(), |number| number < 100)
}

#[test]
fn what_a_redd_of_this_version_has_written_is_read() {
    let state = read(WRITTEN).unwrap();
    assert_eq!(read(&String::from_utf8(state.write().unwrap()).unwrap()).unwrap().redd, state.redd);
}

#[test]
fn what_would_be_lost_is_refused_by_its_name() {
    let mut value: serde_json::Value = serde_json::from_str(WRITTEN).unwrap();
    value["life"]["spec"]["root"]["colour"] = "blue".into();
    let error = read(&value.to_string()).unwrap_err();
    assert_eq!(error, Refusal::Unknown { path: "life.spec.root.colour".to_owned() });
}

#[test]
fn another_version_is_refused_before_anything_else_is_looked_at() {
    let text = format!(r#"{{"version": {}, "anything": 1}}"#, VERSION + 1);
    assert_eq!(read(&text).unwrap_err(), Refusal::Version { found: VERSION + 1 });
    assert!(matches!(read("{}").unwrap_err(), Refusal::Malformed(_)));
}

#[test]
fn descriptors_are_there_once_and_are_not_the_standard_ones() {
    assert_eq!(check(&[3, 4, 5], |_| true), Ok(()));
    assert_eq!(check(&[3, 4, 3], |_| true), Err(Refusal::Descriptor(3)));
    assert_eq!(check(&[3, 2], |_| true), Err(Refusal::Descriptor(2)));
    assert_eq!(check(&[3, 7], |number| number != 7), Err(Refusal::Descriptor(7)));
    assert_eq!(check(&[-1], |_| true), Err(Refusal::Descriptor(-1)));
    let mut value: serde_json::Value = serde_json::from_str(WRITTEN).unwrap();
    value["boot"]["child"]["pidfd"]["fd"] = 3_000_000_000_u64.into();
    assert!(read(&value.to_string()).is_err());
}

#[test]
fn parts_of_two_machines_are_none() {
    let mut value: serde_json::Value = serde_json::from_str(WRITTEN).unwrap();
    value["life"]["name"] = "another".into();
    assert!(matches!(read(&value.to_string()), Err(Refusal::Malformed(_))));
}

#[test]
fn a_spec_is_read_as_it_was_written() {
    for spec in [sample::boot(), sample::command(), sample::with_bound_user()] {
        let (open, hidden) = part_spec(&spec);
        let text = serde_json::to_string(&(&open, &hidden)).unwrap();
        let (open, hidden) = serde_json::from_str(&text).unwrap();
        assert_eq!(join_spec(open, hidden), redd_spec::Spec { credentials: Vec::new(), ..spec });
    }
}

#[test]
fn a_moment_is_the_same_afterwards() {
    let now = Instant::now();
    for moment in [now, now + Duration::from_secs(90), now - Duration::from_millis(5)] {
        let text = serde_json::to_string(&Moment(moment)).unwrap();
        let Moment(again) = serde_json::from_str(&text).unwrap();
        let apart = again.max(moment) - again.min(moment);
        // Two clocks are read one after the other.
        assert!(apart < Duration::from_secs(1), "{apart:?}");
    }
    assert!(serde_json::from_str::<Moment>("18446744073709551615").is_ok());
    assert!(serde_json::from_str::<Moment>("-1").is_err());
}

proptest! {
    #[test]
    fn bytes_are_read_as_they_were_written(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
        let text = serde_json::to_string(&Bytes(bytes.clone())).unwrap();
        prop_assert_eq!(serde_json::from_str::<Bytes>(&text).unwrap().0, bytes);
    }

    #[test]
    fn no_damage_to_a_state_is_more_than_a_refusal(at in 0..WRITTEN.len(), byte in any::<u8>()) {
        let mut text = WRITTEN.as_bytes().to_vec();
        text[at] = byte;
        drop(State::read(&text, |_| true));
        drop(State::read(&text[..at], |_| true));
    }
}
