//! Words that choose one of several ways.

use super::ParseError;
use crate::ids::{HostId, IdRange, Ownership, RANGE_SIZE, UserNamespace};
use crate::integration::{LinkJournal, ResolvConfMethod, ResolvConfMode, ResolvConfSource, TimezoneMode};
use crate::path::PathInRoot;
use crate::root::Volatile;

/// A word for yes or no, as systemd reads them.
///
/// # Errors
/// Anything else.
pub fn boolean(value: &str) -> Result<bool, ParseError> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Ok(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Ok(false),
        _ => Err(ParseError::new(value, "write yes or no")),
    }
}

/// `--private-users=`
///
/// # Errors
/// Anything but pick, yes, no, identity and START[:N].
pub fn private_users(value: &str) -> Result<UserNamespace, ParseError> {
    match value {
        "pick" => return Ok(UserNamespace::Pick),
        "identity" => return Ok(UserNamespace::Identity),
        "managed" => {
            return Err(ParseError::new(
                value,
                "ranges given out by systemd-nsresourced are not supported; use pick",
            ));
        }
        _ => {}
    }
    let is_number = value.starts_with(|first: char| first.is_ascii_digit());
    if !is_number && let Ok(wanted) = boolean(value) {
        return Ok(if wanted { UserNamespace::FromTreeOwner } else { UserNamespace::Host });
    }
    let refuse = || ParseError::new(value, "write pick, yes, no, identity or START:N");
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().ok_or_else(refuse)
    };
    let (start, count) = match value.split_once(':') {
        Some((start, count)) => (number(start)?, number(count)?),
        None => (number(value)?, RANGE_SIZE),
    };
    let range =
        IdRange::new(HostId(start), count).map_err(|error| ParseError::new(value, error.to_string()))?;
    Ok(UserNamespace::Range(range))
}

/// `--private-users-ownership=`
///
/// # Errors
/// Anything but auto, map, foreign, chown and off.
pub fn private_users_ownership(value: &str) -> Result<Ownership, ParseError> {
    match value {
        "auto" => Ok(Ownership::Auto),
        "map" => Ok(Ownership::Map),
        "off" => Ok(Ownership::Off),
        "chown" => Ok(Ownership::Chown),
        "foreign" => Ok(Ownership::Foreign),
        _ => Err(ParseError::new(value, "write auto, map, foreign, chown or off")),
    }
}

/// `--volatile[=]`
///
/// # Errors
/// Anything but yes, no, state and overlay.
pub fn volatile(value: &str) -> Result<Volatile, ParseError> {
    match value {
        "overlay" => Ok(Volatile::Overlay),
        "state" => Ok(Volatile::State),
        _ => match boolean(value) {
            Ok(true) => Ok(Volatile::Yes),
            Ok(false) => Ok(Volatile::No),
            Err(_) => Err(ParseError::new(value, "write yes, no, state or overlay")),
        },
    }
}

/// `--timezone=`
///
/// # Errors
/// Anything but off, copy, bind, symlink, delete and auto.
pub fn timezone(value: &str) -> Result<TimezoneMode, ParseError> {
    match value {
        "auto" => Ok(TimezoneMode::Auto),
        "off" => Ok(TimezoneMode::Off),
        "copy" => Ok(TimezoneMode::Copy),
        "bind" => Ok(TimezoneMode::Bind),
        "symlink" => Ok(TimezoneMode::Symlink),
        "delete" => Ok(TimezoneMode::Delete),
        _ => Err(ParseError::new(value, "write off, copy, bind, symlink, delete or auto")),
    }
}

/// `--resolv-conf=`
///
/// # Errors
/// Anything but off, delete, auto, and copy, replace or bind with -host, -static, -uplink or -stub.
pub fn resolv_conf(value: &str) -> Result<ResolvConfMode, ParseError> {
    let refuse = || {
        ParseError::new(
            value,
            "write off, delete, auto, or copy, replace or bind with -host, -static, -uplink or -stub",
        )
    };
    match value {
        "off" => return Ok(ResolvConfMode::Off),
        "delete" => return Ok(ResolvConfMode::Delete),
        "auto" => return Ok(ResolvConfMode::Auto),
        _ => {}
    }
    let (method, source) = value.split_once('-').ok_or_else(refuse)?;
    let method = match method {
        "copy" => ResolvConfMethod::Copy,
        "replace" => ResolvConfMethod::Replace,
        "bind" => ResolvConfMethod::Bind,
        _ => return Err(refuse()),
    };
    let source = match source {
        "host" => ResolvConfSource::Host,
        "static" => ResolvConfSource::Static,
        "uplink" => ResolvConfSource::Uplink,
        "stub" => ResolvConfSource::Stub,
        _ => return Err(refuse()),
    };
    Ok(ResolvConfMode::From(method, source))
}

/// `--link-journal=`
///
/// # Errors
/// Anything that is no mode.
pub fn link_journal(value: &str) -> Result<LinkJournal, ParseError> {
    match value {
        "no" => Ok(LinkJournal::No),
        "auto" => Ok(LinkJournal::Auto),
        "try-host" => Ok(LinkJournal::TryHost),
        "try-guest" => Ok(LinkJournal::TryGuest),
        "host" => Ok(LinkJournal::Host),
        "guest" => Ok(LinkJournal::Guest),
        _ => Err(ParseError::new(value, "write no, host, try-host, guest, try-guest or auto")),
    }
}

/// `--chdir=`: absolute, and in no file system that the kernel makes up.
///
/// # Errors
/// A relative path, or one below /dev, /proc, /run or /sys.
pub fn working_directory(value: &str) -> Result<PathInRoot, ParseError> {
    let path = PathInRoot::new(value).map_err(|error| ParseError::new(value, error.to_string()))?;
    if ["/dev", "/proc", "/run", "/sys"].iter().any(|api| path.starts_with(api)) {
        return Err(ParseError::new(value, "it lies below /dev, /proc, /run or /sys"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("pick", UserNamespace::Pick)]
    #[case("yes", UserNamespace::FromTreeOwner)]
    #[case("no", UserNamespace::Host)]
    #[case("off", UserNamespace::Host)]
    #[case("0", UserNamespace::Range(IdRange { start: HostId(0), count: 65536 }))]
    #[case("identity", UserNamespace::Identity)]
    #[case("65536", UserNamespace::Range(IdRange { start: HostId(65536), count: 65536 }))]
    #[case("100000:1000", UserNamespace::Range(IdRange { start: HostId(100_000), count: 1000 }))]
    fn user_namespaces_are_read(#[case] value: &str, #[case] expected: UserNamespace) {
        assert_eq!(private_users(value).unwrap(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("managed")]
    #[case("4294967295:2")]
    #[case("5:0")]
    #[case("-1")]
    #[case("5:x")]
    #[case(":5")]
    fn user_namespaces_that_are_none_are_refused(#[case] value: &str) {
        assert!(private_users(value).is_err());
    }

    #[test]
    fn ownerships_are_read() {
        assert_eq!(private_users_ownership("chown").unwrap(), Ownership::Chown);
        assert_eq!(private_users_ownership("foreign").unwrap(), Ownership::Foreign);
        assert_eq!(private_users_ownership("auto").unwrap(), Ownership::Auto);
        assert!(private_users_ownership("all").is_err());
    }

    #[test]
    fn every_resolver_mode_is_read() {
        assert_eq!(
            resolv_conf("bind-stub").unwrap(),
            ResolvConfMode::From(ResolvConfMethod::Bind, ResolvConfSource::Stub)
        );
        assert!(resolv_conf("copy").is_err());
        assert!(resolv_conf("copy-foo").is_err());
    }

    #[test]
    fn every_mode_of_linking_journals_is_read() {
        assert_eq!(link_journal("no"), Ok(LinkJournal::No));
        assert_eq!(link_journal("host"), Ok(LinkJournal::Host));
        assert_eq!(link_journal("try-guest"), Ok(LinkJournal::TryGuest));
        assert!(link_journal("yes").is_err());
    }

    #[rstest]
    #[case("relative")]
    #[case("/proc/1")]
    #[case("/sys")]
    #[case("/a/../b")]
    fn directories_that_no_payload_starts_in_are_refused(#[case] value: &str) {
        assert!(working_directory(value).is_err());
    }

    proptest! {
        #[test]
        fn a_range_of_ids_reads_as_it_prints(start: u32, count: u32) {
            if let Ok(range) = IdRange::new(HostId(start), count) {
                prop_assert_eq!(private_users(&range.to_string()), Ok(UserNamespace::Range(range)));
            }
        }

        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((private_users(&text), resolv_conf(&text), volatile(&text), timezone(&text)));
            drop((working_directory(&text), private_users_ownership(&text)));
        }
    }
}
