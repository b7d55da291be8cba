//! Numbers with units.

use std::time::Duration;

use super::ParseError;
use crate::resources::{
    Limit, MemoryAmount, MilliCpus, OomScoreAdjust, RLIMIT_NAMES, ResourceLimit, RlimitResource,
};

/// The word for no limit.
pub(super) const INFINITY: &str = "infinity";

/// `--memory=`: bytes with K, M, G or T to the base 1024, per cent of the host's memory, or `infinity`.
///
/// # Errors
/// Anything else.
pub fn memory(value: &str) -> Result<Limit<MemoryAmount>, ParseError> {
    if value == INFINITY {
        return Ok(Limit::Unlimited);
    }
    if let Some(percent) = value.strip_suffix('%') {
        return match percent.parse() {
            Ok(percent @ 1..=100) => Ok(Limit::At(MemoryAmount::Percent(percent))),
            _ => Err(ParseError::new(value, "per cent go from 1% to 100%")),
        };
    }
    match size(value) {
        Some(bytes) if bytes > 0 => Ok(Limit::At(MemoryAmount::Bytes(bytes))),
        _ => Err(ParseError::new(value, "write bytes like 512M or 2G, per cent like 50%, or infinity")),
    }
}

/// Bytes with an optional unit to the base 1024.
pub(super) fn size(value: &str) -> Option<u64> {
    let (digits, shift) = match value.char_indices().last()? {
        (at, 'B') => (&value[..at], 0),
        (at, 'K') => (&value[..at], 10),
        (at, 'M') => (&value[..at], 20),
        (at, 'G') => (&value[..at], 30),
        (at, 'T') => (&value[..at], 40),
        (at, 'P') => (&value[..at], 50),
        (at, 'E') => (&value[..at], 60),
        _ => (value, 0),
    };
    number(digits)?.checked_mul(1 << shift)
}

/// Digits only: `parse` would take a sign.
pub(super) fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// `--pids-max=`: a number of processes, or `infinity`.
///
/// # Errors
/// Anything else, and zero.
pub fn pids(value: &str) -> Result<Limit<u32>, ParseError> {
    if value == INFINITY {
        return Ok(Limit::Unlimited);
    }
    match number(value).and_then(|number| u32::try_from(number).ok()) {
        Some(pids) if pids > 0 => Ok(Limit::At(pids)),
        _ => Err(ParseError::new(value, "write a number of processes of at least 1, or infinity")),
    }
}

/// `--cpus=`: processors, with up to three decimals.
///
/// # Errors
/// Anything else, and less than a hundredth.
pub fn cpus(value: &str) -> Result<Limit<MilliCpus>, ParseError> {
    let refuse = || ParseError::new(value, "write processors like 1.5, at least 0.01 and at most 10000");
    if value == INFINITY {
        return Ok(Limit::Unlimited);
    }
    let (whole, decimals) = value.split_once('.').unwrap_or((value, "0"));
    if decimals.len() > 3 {
        return Err(refuse());
    }
    if decimals.is_empty() {
        return Err(refuse());
    }
    let whole = number(whole).ok_or_else(refuse)?;
    let decimals = number(&format!("{decimals:0<3}")).ok_or_else(refuse)?;
    match whole.checked_mul(1000).and_then(|milli| u32::try_from(milli + decimals).ok()) {
        Some(milli @ 10..=10_000_000) => Ok(Limit::At(MilliCpus(milli))),
        _ => Err(refuse()),
    }
}

/// `--oom-score-adjust=`
///
/// # Errors
/// Anything that is no number from −1000 to 1000.
pub fn oom_score_adjust(value: &str) -> Result<OomScoreAdjust, ParseError> {
    let refuse = || ParseError::new(value, "write a number from -1000 to 1000");
    value.parse().ok().and_then(OomScoreAdjust::new).ok_or_else(refuse)
}

/// `--rlimit=NAME=SOFT[:HARD]`; the name may start with `RLIMIT_` or `LIMIT`.
///
/// # Errors
/// Unknown names, values that are none, and a soft limit above the hard one.
pub fn resource_limit(value: &str) -> Result<ResourceLimit, ParseError> {
    let refuse = |reason: &str| ParseError::new(value, reason);
    let (name, limits) = value.split_once('=').ok_or_else(|| refuse("write NAME=SOFT or NAME=SOFT:HARD"))?;
    let resource = resource(name).ok_or_else(|| refuse("there is no such limit; see setrlimit(2)"))?;
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let limit = |text: &str| if text == INFINITY { Some(None) } else { amount_of(resource, text).map(Some) };
    let (Some(soft), Some(hard)) = (limit(soft), limit(hard)) else {
        return Err(refuse(match resource {
            RlimitResource::Cpu | RlimitResource::Rttime => "this limit is a time like 90s, or infinity",
            RlimitResource::Nice => {
                "this limit is a nice level from -20 to +19 with its sign, or 0 to 40, or infinity"
            }
            _ => "a limit is a number, with K, M, G, T, P or E if you like, or infinity",
        }));
    };
    if soft.unwrap_or(u64::MAX) > hard.unwrap_or(u64::MAX) {
        return Err(refuse("the soft limit is above the hard one"));
    }
    Ok(ResourceLimit { resource, soft, hard })
}

/// What a limit is counted in differs: seconds, microseconds, nice levels, or what has no unit.
fn amount_of(resource: RlimitResource, text: &str) -> Option<u64> {
    let whole = |time: Duration, unit| u64::try_from(time.as_micros().div_ceil(unit)).ok();
    match resource {
        RlimitResource::Cpu => whole(span(text, "s")?, 1_000_000),
        RlimitResource::Rttime => whole(span(text, "us")?, 1),
        RlimitResource::Nice => nice_limit(text),
        _ => size(text),
    }
}

/// The kernel counts from 40 for the level -20 down to 1 for 19, and starts with 0, which is no level.
fn nice_limit(text: &str) -> Option<u64> {
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(level), _) => number(level).filter(|&level| level <= 19).map(|level| 20 - level),
        (_, Some(level)) => number(level).filter(|&level| level <= 20).map(|level| 20 + level),
        (None, None) => number(text).filter(|&limit| limit <= 40),
    }
}

fn resource(name: &str) -> Option<RlimitResource> {
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("RLIMIT_").or_else(|| upper.strip_prefix("LIMIT_"));
    let short = short.or_else(|| upper.strip_prefix("LIMIT")).unwrap_or(&upper);
    RLIMIT_NAMES.iter().find(|(name, _)| *name == short).map(|(_, resource)| *resource)
}

/// The longest time that is told from "for ever".
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A time span as systemd.time(7) writes it: `90`, `1min 30s`, `500ms`, `infinity`.
///
/// # Errors
/// Unknown units and numbers that are none.
pub fn time_span(value: &str) -> Result<Duration, ParseError> {
    if value.trim() == INFINITY {
        return Ok(FOR_EVER);
    }
    let refuse = || ParseError::new(value, "write a time like 90, 1min 30s or 500ms, or infinity");
    span(value, "s").map(|total| total.min(FOR_EVER)).ok_or_else(refuse)
}

/// A sum of times, in a unit of their own or in this one.
fn span(value: &str, default_unit: &str) -> Option<Duration> {
    let mut total: Option<Duration> = None;
    let mut rest = value.trim();
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let amount = number(&rest[..digits])?;
        let after = rest[digits..].trim_start();
        let letters = after.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(after.len());
        let unit = if letters == 0 { default_unit } else { &after[..letters] };
        let part = amount.checked_mul(unit_in_microseconds(unit)?).map(Duration::from_micros)?;
        total = Some(total.unwrap_or_default().checked_add(part)?);
        rest = after[letters..].trim_start();
    }
    total
}

fn unit_in_microseconds(unit: &str) -> Option<u64> {
    const SECOND: u64 = 1_000_000;
    Some(match unit {
        "us" | "usec" => 1,
        "ms" | "msec" => 1000,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "m" | "min" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hr" | "hour" | "hours" => 3600 * SECOND,
        "d" | "day" | "days" => 24 * 3600 * SECOND,
        "w" | "week" | "weeks" => 7 * 24 * 3600 * SECOND,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("512M", Limit::At(MemoryAmount::Bytes(512 << 20)))]
    #[case("1", Limit::At(MemoryAmount::Bytes(1)))]
    #[case("50%", Limit::At(MemoryAmount::Percent(50)))]
    #[case("infinity", Limit::Unlimited)]
    fn memory_is_read(#[case] value: &str, #[case] expected: Limit<MemoryAmount>) {
        assert_eq!(memory(value).unwrap(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("0")]
    #[case("-1")]
    #[case("+5M")]
    #[case("1.5G")]
    #[case("0%")]
    #[case("101%")]
    #[case("99999999999T")]
    #[case("5X")]
    #[case("M")]
    fn memory_that_is_none_is_refused(#[case] value: &str) {
        assert!(memory(value).unwrap_err().to_string().contains(value));
    }

    #[rstest]
    #[case("1.5", 1500)]
    #[case("2", 2000)]
    #[case("0.01", 10)]
    #[case("0.125", 125)]
    fn processors_are_read(#[case] value: &str, #[case] expected: u32) {
        assert_eq!(cpus(value).unwrap(), Limit::At(MilliCpus(expected)));
    }

    #[rstest]
    #[case("0")]
    #[case("0.001")]
    #[case("1.2345")]
    #[case("1.")]
    #[case(".5")]
    #[case("-1")]
    #[case("1e3")]
    #[case("99999999999999999999")]
    fn processors_that_are_none_are_refused(#[case] value: &str) {
        assert!(cpus(value).is_err());
    }

    #[rstest]
    #[case("90", 90_000)]
    #[case("1min 30s", 90_000)]
    #[case("500ms", 500)]
    #[case("2h", 7_200_000)]
    fn times_are_read(#[case] value: &str, #[case] milliseconds: u64) {
        assert_eq!(time_span(value).unwrap(), Duration::from_millis(milliseconds));
    }

    #[rstest]
    #[case("")]
    #[case("soon")]
    #[case("-5")]
    #[case("5 fortnights")]
    #[case("99999999999999999999")]
    fn times_that_are_none_are_refused(#[case] value: &str) {
        assert!(time_span(value).is_err());
    }

    #[rstest]
    #[case("NOFILE=1024:4096", RlimitResource::Nofile, Some(1024), Some(4096))]
    #[case("RLIMIT_CORE=infinity", RlimitResource::Core, None, None)]
    #[case("LimitMEMLOCK=8M", RlimitResource::Memlock, Some(8 << 20), Some(8 << 20))]
    #[case("LIMIT_STACK=1G:infinity", RlimitResource::Stack, Some(1 << 30), None)]
    #[case("CPU=90:2min", RlimitResource::Cpu, Some(90), Some(120))]
    #[case("CPU=1500ms", RlimitResource::Cpu, Some(2), Some(2))]
    #[case("RTTIME=200:1s", RlimitResource::Rttime, Some(200), Some(1_000_000))]
    #[case("NICE=+19:-20", RlimitResource::Nice, Some(1), Some(40))]
    #[case("NICE=0:40", RlimitResource::Nice, Some(0), Some(40))]
    fn limits_are_read(
        #[case] value: &str,
        #[case] resource: RlimitResource,
        #[case] soft: Option<u64>,
        #[case] hard: Option<u64>,
    ) {
        assert_eq!(resource_limit(value).unwrap(), ResourceLimit { resource, soft, hard });
    }

    #[rstest]
    #[case("NOFILE")]
    #[case("NOFILE=")]
    #[case("FILES=5")]
    #[case("NOFILE=10:5")]
    #[case("NOFILE=infinity:5")]
    #[case("NOFILE=-1")]
    #[case("NOFILE=1:2:3")]
    #[case("CPU=1K")]
    #[case("NICE=41")]
    #[case("NICE=+20")]
    #[case("NICE=-21")]
    #[case("AS=infinite")]
    #[case("AS=16E")]
    fn limits_that_are_none_are_refused(#[case] value: &str) {
        assert!(resource_limit(value).is_err());
    }

    #[rstest]
    #[case("0")]
    #[case("-1")]
    #[case("4294967296")]
    #[case("many")]
    fn numbers_of_processes_that_are_none_are_refused(#[case] value: &str) {
        assert!(pids(value).is_err());
    }

    #[rstest]
    #[case("1001")]
    #[case("-1001")]
    #[case("x")]
    fn scores_that_are_none_are_refused(#[case] value: &str) {
        assert!(oom_score_adjust(value).is_err());
    }

    proptest! {
        #[test]
        fn a_time_reads_as_its_microseconds(microseconds in 0..=FOR_EVER.as_secs() * 1_000_000) {
            prop_assert_eq!(time_span(&format!("{microseconds}us")), Ok(Duration::from_micros(microseconds)));
        }

        #[test]
        fn an_amount_of_memory_is_what_its_unit_says(amount in 1..=u32::MAX, unit in 0..5_usize) {
            let read = memory(&format!("{amount}{}", ["", "K", "M", "G", "T"][unit]));
            let bytes = u64::from(amount).checked_mul(1 << (10 * unit));
            prop_assert_eq!(read.ok(), bytes.map(|bytes| Limit::At(MemoryAmount::Bytes(bytes))));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((memory(&text), pids(&text), cpus(&text), oom_score_adjust(&text), resource_limit(&text), time_span(&text)));
        }
    }
}
