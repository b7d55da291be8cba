//! Sockets that whoever started redd has opened for the payload (AI4).

use serde::{Deserialize, Serialize};

/// The most that are passed on.
pub const SOCKETS_MAX: u32 = 1024;
/// The most descriptors that a payload can have kept over a reboot.
pub const STORE_MAX: u32 = 128;
/// What the names of a payload's descriptors have before them where redd's own supervisor keeps them.
const OF_PAYLOAD: &str = "payload-";
/// What a descriptor without a name is called, see sd_listen_fds_with_names(3).
const UNKNOWN: &str = "unknown";

/// Open sockets from descriptor 3 on, see sd_listen_fds(3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedSockets {
    /// How many there are.
    pub count: u32,
    /// Their names, separated by colons, where they have some; those of the payload's own descriptors as redd's supervisor
    /// keeps them.
    pub names: Option<String>,
    /// How many descriptors the payload can have kept (`$FDSTORE`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub store: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The name of a descriptor that a payload has kept: printable ASCII without a colon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct KeptName(String);

impl TryFrom<String> for KeptName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name.as_bytes()).ok_or("no name of a descriptor")
    }
}

impl KeptName {
    /// Checks a name; it has to fit into 255 bytes together with what comes before it.
    #[must_use]
    pub fn new(name: &[u8]) -> Option<Self> {
        let is_plain = name.iter().all(|&byte| (0x20..0x7f).contains(&byte) && byte != b':');
        let fits = !name.is_empty() && name.len() <= 255 - OF_PAYLOAD.len();
        std::str::from_utf8(name).ok().filter(|_| is_plain && fits).map(|name| Self(name.to_owned()))
    }

    /// As redd's own supervisor knows it.
    #[must_use]
    pub fn outside(&self) -> String {
        format!("{OF_PAYLOAD}{}", self.0)
    }
}

/// The name of one that has none, see sd_notify(3).
impl Default for KeptName {
    fn default() -> Self {
        Self("stored".to_owned())
    }
}

/// One of the sockets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passed {
    /// Of whoever started redd.
    Given(String),
    /// The payload's own, of a boot before.
    Kept(KeptName),
}

impl Passed {
    /// As redd was told.
    fn outside(&self) -> String {
        match self {
            Self::Given(name) => name.clone(),
            Self::Kept(name) => name.outside(),
        }
    }

    /// As the payload knows it.
    fn inside(&self) -> &str {
        match self {
            Self::Given(name) | Self::Kept(KeptName(name)) => name,
        }
    }
}

/// `$LISTEN_FDS` is no number, or too large a one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("LISTEN_FDS={value:?} is no number of sockets; at most {SOCKETS_MAX} are passed on")]
pub struct InvalidCount {
    value: String,
}

impl PassedSockets {
    /// Reads what the variables say: `for_process` is `$LISTEN_PID`, without which, or with another process's number,
    /// there are none.
    ///
    /// # Errors
    /// The number is none.
    pub fn parse(
        process: u32,
        for_process: Option<&str>,
        count: Option<&str>,
        names: Option<&str>,
    ) -> Result<Self, InvalidCount> {
        let (Some(for_process), Some(count)) = (for_process, count) else { return Ok(Self::default()) };
        if for_process.parse() != Ok(process) {
            return Ok(Self::default());
        }
        let number = count.parse().ok().filter(|&number| number <= SOCKETS_MAX);
        let count = number.ok_or_else(|| InvalidCount { value: count.chars().take(64).collect() })?;
        Ok(Self { count, names: names.filter(|_| count > 0).map(str::to_owned), store: 0 })
    }

    /// Each of them, in their order.
    #[must_use]
    pub fn each(&self) -> Vec<Passed> {
        let names = self.names.iter().flat_map(|names| names.split(':')).map(Some);
        let names = names.chain(std::iter::repeat(None)).take(self.count as usize);
        let passed =
            |name: &str| match name.strip_prefix(OF_PAYLOAD).map(str::as_bytes).and_then(KeptName::new) {
                Some(kept) => Passed::Kept(kept),
                None => Passed::Given(name.to_owned()),
            };
        names.map(|name| passed(name.unwrap_or(UNKNOWN))).collect()
    }

    /// The same with these instead; one that nobody named needs no names.
    #[must_use]
    pub fn with(&self, passed: &[Passed]) -> Self {
        let names: Vec<String> = passed.iter().map(Passed::outside).collect();
        let are_named = names.iter().any(|name| name != UNKNOWN);
        let count = u32::try_from(names.len()).unwrap_or(SOCKETS_MAX).min(SOCKETS_MAX);
        Self { count, names: are_named.then(|| names.join(":")), store: self.store }
    }

    /// The names as the payload knows them.
    #[must_use]
    pub fn names_inside(&self) -> Option<String> {
        let names = self.names.as_ref()?;
        if !names.contains(OF_PAYLOAD) {
            return Some(names.clone());
        }
        Some(self.each().iter().map(Passed::inside).collect::<Vec<_>>().join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_those_for_this_very_process() {
        let parse = |process, count| PassedSockets::parse(7, process, count, Some("http:ssh"));
        let expected = PassedSockets { count: 2, names: Some("http:ssh".to_owned()), store: 0 };
        assert_eq!(parse(Some("7"), Some("2")), Ok(expected));
        for (process, count) in
            [(None, Some("2")), (Some("8"), Some("2")), (Some("7"), None), (Some("7"), Some("0"))]
        {
            assert_eq!(parse(process, count), Ok(PassedSockets::default()), "{process:?} {count:?}");
        }
    }

    #[test]
    fn what_the_payload_had_kept_has_its_own_name_inside() {
        let sockets =
            PassedSockets::parse(7, Some("7"), Some("3"), Some("http:payload-log")).expect("well-formed");
        assert_eq!(sockets.names_inside().as_deref(), Some("http:log:unknown"));
        let each = sockets.each();
        assert_eq!(each[0], Passed::Given("http".to_owned()));
        assert_eq!(each[1], Passed::Kept(KeptName("log".to_owned())));
        assert_eq!(sockets.with(&each[..2]).names.as_deref(), Some("http:payload-log"));
        assert_eq!(sockets.with(&each[2..]), PassedSockets { count: 1, names: None, store: 0 });
    }

    #[test]
    fn a_name_that_would_be_two_is_none() {
        let long = vec![b'a'; 248];
        for name in [&b""[..], b"a:b", b"a\n", b"\xff", &long] {
            assert_eq!(KeptName::new(name), None);
        }
        assert_eq!(KeptName::new(b"a b").map(|name| name.outside()).as_deref(), Some("payload-a b"));
    }

    #[test]
    fn a_count_that_is_none_is_refused() {
        for count in ["", "-1", "1025", "many", "99999999999999999999"] {
            assert!(PassedSockets::parse(7, Some("7"), Some(count), None).is_err(), "{count}");
        }
    }
}
