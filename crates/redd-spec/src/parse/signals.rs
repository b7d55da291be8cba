//! Names of signals.

use std::fmt;

use super::ParseError;
use crate::lifecycle::SignalNumber;

/// The names of signal(7), number 1 first.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
const RTMIN: i32 = 34;
const RTMAX: i32 = 64;

/// `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`, `SIGRTMAX-1`.
///
/// # Errors
/// Anything else.
pub fn signal(value: &str) -> Result<SignalNumber, ParseError> {
    number(value)
        .and_then(SignalNumber::new)
        .ok_or_else(|| ParseError::new(value, "write a signal like SIGTERM, SIGRTMIN+3 or 15"))
}

/// Every name of a signal, without `SIG`.
#[must_use]
pub fn signal_names() -> Vec<String> {
    let real_time = (1..=RTMAX - RTMIN).map(|offset| format!("RTMIN+{offset}"));
    NAMES.map(str::to_owned).into_iter().chain(["RTMIN".to_owned()]).chain(real_time).collect()
}

/// As it is read: `SIGTERM`, `SIGRTMIN+3`.
impl fmt::Display for SignalNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = usize::try_from(self.get() - 1).ok().and_then(|index| NAMES.get(index));
        match (name, self.get()) {
            (Some(name), _) => write!(formatter, "SIG{name}"),
            (None, RTMIN) => formatter.write_str("SIGRTMIN"),
            (None, number) if number > RTMIN => write!(formatter, "SIGRTMIN+{}", number - RTMIN),
            (None, number) => write!(formatter, "{number}"),
        }
    }
}

fn number(value: &str) -> Option<i32> {
    let digits = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i32>().ok()).flatten()
    };
    if let Some(number) = digits(value) {
        return Some(number);
    }
    let upper = value.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |number: i32| (RTMIN..=RTMAX).contains(&number).then_some(number);
    match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(""), _) => Some(RTMIN),
        (_, Some("")) => Some(RTMAX),
        (Some(offset), _) => real_time(RTMIN.checked_add(digits(offset.strip_prefix('+')?)?)?),
        (_, Some(offset)) => real_time(RTMAX.checked_sub(digits(offset.strip_prefix('-')?)?)?),
        (None, None) => {
            let index = NAMES.iter().position(|&known| known == name)?;
            i32::try_from(index + 1).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("SIGTERM", 15)]
    #[case("term", 15)]
    #[case("9", 9)]
    #[case("SIGRTMIN+3", 37)]
    #[case("RTMAX-1", 63)]
    #[case("SIGRTMIN", 34)]
    #[case("SIGSYS", 31)]
    fn signals_are_read(#[case] value: &str, #[case] expected: i32) {
        assert_eq!(signal(value).unwrap().get(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("0")]
    #[case("65")]
    #[case("SIGNONE")]
    #[case("SIGRTMIN+31")]
    #[case("SIGRTMIN-1")]
    #[case("-9")]
    #[case("SIGRTMIN+99999999999")]
    fn signals_that_are_none_are_refused(#[case] value: &str) {
        assert!(signal(value).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "(SIG)?(RTMIN|RTMAX|TERM)?[+-]?.{0,12}") {
            if let Ok(signal) = signal(&text) {
                prop_assert_eq!(super::signal(&signal.get().to_string()), Ok(signal));
                prop_assert_eq!(super::signal(&signal.to_string()), Ok(signal));
            }
        }
    }
}
