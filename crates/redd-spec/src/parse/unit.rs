//! Properties of units, by the types that systemd takes them in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::amounts::{INFINITY, number, size, time_span};
use super::{ParseError, boolean, signal};
use crate::unit::{PropertyValue, UnitProperty};

/// What systemd takes for no limit.
const UNLIMITED: u64 = u64::MAX;
/// Amounts that are parts of a whole are told as parts of this.
const WHOLE: u64 = u32::MAX as u64;
/// The longest value.
const VALUE_MAX: usize = 4096;
/// The highest number of a processor or memory node.
const BIT_MAX: u64 = 8191;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Text,
    Words,
    /// Bytes, or per cent, in a property of its own.
    Size,
    /// A number, or per cent, in a property of its own.
    Count,
    Weight,
    Time,
    /// Processor time in each second, in per cent.
    Quota,
    /// Per cent, as a part of a whole.
    Share,
    Set,
    Signal,
    Device,
    Network,
    DeviceWeight,
    DeviceRate,
    DeviceTime,
}

/// What scopes and services have, by the names of unit files.
const PROPERTIES: &[(Kind, &[&str])] = &[
    (
        Kind::Bool,
        &[
            "CPUAccounting",
            "MemoryAccounting",
            "IOAccounting",
            "TasksAccounting",
            "IPAccounting",
            "MemoryZSwapWriteback",
            "CoredumpReceive",
            "SendSIGHUP",
            "SendSIGKILL",
            "DefaultDependencies",
            "IgnoreOnIsolate",
        ],
    ),
    (
        Kind::Text,
        &[
            "Description",
            "KillMode",
            "OOMPolicy",
            "CollectMode",
            "DevicePolicy",
            "ManagedOOMSwap",
            "ManagedOOMMemoryPressure",
            "ManagedOOMPreference",
        ],
    ),
    (
        Kind::Words,
        &[
            "Documentation",
            "Requires",
            "Requisite",
            "Wants",
            "BindsTo",
            "PartOf",
            "Upholds",
            "Conflicts",
            "Before",
            "After",
            "OnFailure",
            "OnSuccess",
            "RequiresMountsFor",
            "WantsMountsFor",
            "DisableControllers",
            "IPIngressFilterPath",
            "IPEgressFilterPath",
        ],
    ),
    (
        Kind::Size,
        &[
            "MemoryMin",
            "DefaultMemoryMin",
            "MemoryLow",
            "DefaultMemoryLow",
            "StartupMemoryLow",
            "MemoryHigh",
            "StartupMemoryHigh",
            "MemoryMax",
            "StartupMemoryMax",
            "MemorySwapMax",
            "StartupMemorySwapMax",
            "MemoryZSwapMax",
            "StartupMemoryZSwapMax",
        ],
    ),
    (Kind::Count, &["TasksMax"]),
    (Kind::Weight, &["CPUWeight", "StartupCPUWeight", "IOWeight", "StartupIOWeight"]),
    (
        Kind::Time,
        &[
            "RuntimeMaxSec",
            "RuntimeRandomizedExtraSec",
            "TimeoutStopSec",
            "JobTimeoutSec",
            "JobRunningTimeoutSec",
            "CPUQuotaPeriodSec",
            "MemoryPressureThresholdSec",
            "ManagedOOMMemoryPressureDurationSec",
        ],
    ),
    (Kind::Quota, &["CPUQuota"]),
    (Kind::Share, &["ManagedOOMMemoryPressureLimit"]),
    (Kind::Set, &["AllowedCPUs", "StartupAllowedCPUs", "AllowedMemoryNodes", "StartupAllowedMemoryNodes"]),
    (Kind::Signal, &["KillSignal", "FinalKillSignal", "RestartKillSignal", "WatchdogSignal"]),
    (Kind::Device, &["DeviceAllow"]),
    (Kind::Network, &["IPAddressAllow", "IPAddressDeny"]),
    (Kind::DeviceWeight, &["IODeviceWeight"]),
    (Kind::DeviceRate, &["IOReadBandwidthMax", "IOWriteBandwidthMax", "IOReadIOPSMax", "IOWriteIOPSMax"]),
    (Kind::DeviceTime, &["IODeviceLatencyTargetSec"]),
];

/// What redd itself sets, and what would break the machine otherwise.
const REDDS_OWN: [&str; 6] = ["Delegate", "DelegateSubgroup", "PIDs", "Slice", "Controller", "ControlGroup"];

/// `--property=NAME=VALUE`, as systemd-run(1) takes it. What is not known here is handed on as text: systemd says
/// what is wrong with it.
///
/// # Errors
/// No name, what redd sets itself, and values that the property cannot have.
pub fn unit_property(text: &str) -> Result<UnitProperty, ParseError> {
    let refuse = |reason: &str| ParseError::new(text, reason);
    let (name, value) = text.split_once('=').ok_or_else(|| refuse("write NAME=VALUE"))?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refuse("a property's name consists of letters and digits"));
    }
    if value.len() > VALUE_MAX || value.contains('\0') {
        return Err(refuse("the value is too long"));
    }
    match name {
        "Slice" => return Err(refuse("use --slice=")),
        _ if REDDS_OWN.contains(&name) => return Err(refuse("redd sets this one itself")),
        _ => {}
    }
    let kind =
        PROPERTIES.iter().find(|(_, names)| names.contains(&name)).map_or(Kind::Text, |(kind, _)| *kind);
    let (name, value) = typed(kind, name, value.trim()).ok_or_else(|| refuse(expected(kind)))?;
    Ok(UnitProperty { name, value, text: text.to_owned() })
}

/// A property as systemd's bus has it, which has other names for times and parts.
fn typed(kind: Kind, name: &str, value: &str) -> Option<(String, PropertyValue)> {
    let in_microseconds = || name.strip_suffix("Sec").map(|stem| format!("{stem}USec"));
    let value = match kind {
        Kind::Bool => PropertyValue::Bool(boolean(value).ok()?),
        Kind::Text => PropertyValue::Text(value.to_owned()),
        Kind::Words => PropertyValue::Texts(value.split_whitespace().map(str::to_owned).collect()),
        Kind::Size | Kind::Count => return amount(kind, name, value),
        Kind::Weight => PropertyValue::U64(weight(value)?),
        Kind::Time => return Some((in_microseconds()?, PropertyValue::U64(microseconds(value)?))),
        Kind::Quota => return Some(("CPUQuotaPerSecUSec".to_owned(), PropertyValue::U64(quota(value)?))),
        Kind::Share => PropertyValue::U32(u32::try_from(share(value)?).ok()?),
        Kind::Set => PropertyValue::Bits(set(value)?),
        Kind::Signal => PropertyValue::I32(signal(value).ok()?.get()),
        Kind::Device => PropertyValue::Pairs(device(value)?),
        Kind::Network => PropertyValue::Networks(networks(value)?),
        Kind::DeviceWeight => PropertyValue::Amounts(with_path(value, weight)?),
        Kind::DeviceRate => PropertyValue::Amounts(with_path(value, decimal_size)?),
        Kind::DeviceTime => {
            return Some((in_microseconds()?, PropertyValue::Amounts(with_path(value, microseconds)?)));
        }
    };
    Some((name.to_owned(), value))
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "write yes or no",
        Kind::Text | Kind::Words => "it cannot have this value",
        Kind::Size => "write bytes like 512M or 2G, per cent like 50%, or infinity",
        Kind::Count => "write a number, per cent like 50%, or infinity",
        Kind::Weight => "write a weight from 1 to 10000, or idle",
        Kind::Time => "write a time like 90, 1min 30s or 500ms, or infinity",
        Kind::Quota => "write per cent of one processor like 150%, or nothing for no limit",
        Kind::Share => "write per cent like 60%",
        Kind::Set => "write numbers like 0-3,5",
        Kind::Signal => "write a signal like SIGTERM",
        Kind::Device => "write a device and what may be done with it, like /dev/loop0 rwm",
        Kind::Network => "write addresses like 192.0.2.0/24, or any, localhost, link-local, multicast",
        Kind::DeviceWeight => "write a path and a weight, like /dev/sda 200",
        Kind::DeviceRate => "write a path and an amount, like /dev/sda 5M",
        Kind::DeviceTime => "write a path and a time, like /dev/sda 25ms",
    }
}

/// Per cent of what the host has are a property of their own.
fn amount(kind: Kind, name: &str, value: &str) -> Option<(String, PropertyValue)> {
    if value.ends_with('%') {
        let part = u32::try_from(share(value)?).ok()?;
        return Some((format!("{name}Scale"), PropertyValue::U32(part)));
    }
    let amount = match value {
        INFINITY | "" => UNLIMITED,
        _ if kind == Kind::Size => size(value)?,
        _ => number(value)?,
    };
    Some((name.to_owned(), PropertyValue::U64(amount)))
}

/// As a part of [`WHOLE`]; per cent may have two decimals.
fn share(value: &str) -> Option<u64> {
    let hundredths = hundredths(value)?;
    (hundredths <= 10_000).then(|| hundredths * WHOLE / 10_000)
}

fn hundredths(value: &str) -> Option<u64> {
    let (whole, decimals) =
        value.strip_suffix('%')?.split_once('.').unwrap_or((value.strip_suffix('%')?, "0"));
    if decimals.is_empty() || decimals.len() > 2 {
        return None;
    }
    number(whole)?.checked_mul(100)?.checked_add(number(&format!("{decimals:0<2}"))?)
}

fn weight(value: &str) -> Option<u64> {
    match value {
        "idle" => Some(0),
        "" => Some(UNLIMITED),
        _ => number(value).filter(|weight| (1..=10_000).contains(weight)),
    }
}

fn quota(value: &str) -> Option<u64> {
    match value {
        "" | INFINITY => Some(UNLIMITED),
        // A hundredth of a per cent of a second.
        _ => hundredths(value)?.checked_mul(100).filter(|quota| *quota > 0),
    }
}

fn microseconds(value: &str) -> Option<u64> {
    match value {
        INFINITY => Some(UNLIMITED),
        _ => u64::try_from(time_span(value).ok()?.as_micros()).ok(),
    }
}

/// Rates count to the base 1000, as systemd.resource-control(5) has it.
fn decimal_size(value: &str) -> Option<u64> {
    let (digits, factor) = match value.chars().last()? {
        'K' => (value.strip_suffix('K')?, 1000),
        'M' => (value.strip_suffix('M')?, 1_000_000),
        'G' => (value.strip_suffix('G')?, 1_000_000_000),
        'T' => (value.strip_suffix('T')?, 1_000_000_000_000),
        _ if value == INFINITY => return Some(UNLIMITED),
        _ => (value, 1),
    };
    number(digits)?.checked_mul(factor)
}

/// Nothing takes back what was said before.
fn with_path(value: &str, amount: impl Fn(&str) -> Option<u64>) -> Option<Vec<(String, u64)>> {
    if value.is_empty() {
        return Some(Vec::new());
    }
    let (path, amount_text) = value.split_once(char::is_whitespace)?;
    path.starts_with('/').then_some(())?;
    Some(vec![(path.to_owned(), amount(amount_text.trim())?)])
}

fn device(value: &str) -> Option<Vec<(String, String)>> {
    if value.is_empty() {
        return Some(Vec::new());
    }
    let (path, access) = value.split_once(char::is_whitespace).unwrap_or((value, "rwm"));
    let access = access.trim();
    let fits = !access.is_empty() && access.chars().all(|letter| "rwm".contains(letter));
    fits.then(|| vec![(path.to_owned(), access.to_owned())])
}

fn set(value: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for part in value.split([',', ' ']).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last || last > BIT_MAX {
            return None;
        }
        for bit in first..=last {
            let (byte, mask) = (usize::try_from(bit / 8).ok()?, 1 << (bit % 8));
            if bits.len() <= byte {
                bits.resize(byte + 1, 0);
            }
            bits[byte] |= mask;
        }
    }
    Some(bits)
}

fn networks(value: &str) -> Option<Vec<(IpAddr, u32)>> {
    let v4 = |a, b, prefix| (IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), prefix);
    let v6 = |first, prefix| (IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0)), prefix);
    let mut networks = Vec::new();
    for word in value.split_whitespace() {
        match word {
            "any" => networks.extend([v4(0, 0, 0), v6(0, 0)]),
            "localhost" => networks.extend([v4(127, 0, 8), (IpAddr::V6(Ipv6Addr::LOCALHOST), 128)]),
            "link-local" => networks.extend([v4(169, 254, 16), v6(0xfe80, 64)]),
            "multicast" => networks.extend([v4(224, 0, 4), v6(0xff00, 8)]),
            _ => networks.push(network(word)?),
        }
    }
    Some(networks)
}

fn network(word: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) =
        word.split_once('/').map_or((word, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(longest), |prefix| number(prefix)?.try_into().ok())?;
    (prefix <= longest).then_some((address, prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("MemoryMax=512M", "MemoryMax", PropertyValue::U64(512 << 20))]
    #[case("MemoryMax=50%", "MemoryMaxScale", PropertyValue::U32(u32::MAX / 2))]
    #[case("MemoryHigh=infinity", "MemoryHigh", PropertyValue::U64(u64::MAX))]
    #[case("TasksMax=12", "TasksMax", PropertyValue::U64(12))]
    #[case("CPUQuota=150%", "CPUQuotaPerSecUSec", PropertyValue::U64(1_500_000))]
    #[case("CPUWeight=idle", "CPUWeight", PropertyValue::U64(0))]
    #[case("RuntimeMaxSec=1min", "RuntimeMaxUSec", PropertyValue::U64(60_000_000))]
    #[case("SendSIGKILL=no", "SendSIGKILL", PropertyValue::Bool(false))]
    #[case("KillSignal=SIGTERM", "KillSignal", PropertyValue::I32(15))]
    #[case("AllowedCPUs=0-2,9", "AllowedCPUs", PropertyValue::Bits(vec![0b111, 0b10]))]
    #[case("DeviceAllow=/dev/loop0 rw", "DeviceAllow", PropertyValue::Pairs(vec![("/dev/loop0".into(), "rw".into())]))]
    #[case("IOReadBandwidthMax=/dev/sda 5M", "IOReadBandwidthMax", PropertyValue::Amounts(vec![("/dev/sda".into(), 5_000_000)]))]
    #[case("IPAddressDeny=10.0.0.0/8", "IPAddressDeny", PropertyValue::Networks(vec![("10.0.0.0".parse().unwrap(), 8)]))]
    #[case("After=a.service b.service", "After", PropertyValue::Texts(vec!["a.service".into(), "b.service".into()]))]
    #[case("Frobnicate=x", "Frobnicate", PropertyValue::Text("x".into()))]
    fn properties_have_the_types_of_the_bus(
        #[case] text: &str,
        #[case] name: &str,
        #[case] value: PropertyValue,
    ) {
        let property = unit_property(text).unwrap();
        assert_eq!((property.name.as_str(), property.value), (name, value));
    }

    #[rstest]
    #[case("MemoryMax")]
    #[case("=1")]
    #[case("Memory Max=1")]
    #[case("MemoryMax=much")]
    #[case("MemoryMax=101%")]
    #[case("CPUQuota=1")]
    #[case("CPUWeight=0")]
    #[case("Slice=a.slice")]
    #[case("Delegate=no")]
    #[case("SendSIGKILL=perhaps")]
    #[case("IPAddressAllow=1.2.3.4/33")]
    #[case("AllowedCPUs=3-1")]
    fn values_that_a_property_cannot_have_are_refused(#[case] text: &str) {
        assert!(unit_property(text).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[A-Za-z]{0,20}=?.{0,40}") {
            if let Ok(property) = unit_property(&text) {
                prop_assert_eq!(UnitProperty::try_from(String::from(property.clone())).unwrap(), property);
            }
        }

        #[test]
        fn any_value_of_a_known_property_is_taken(at in 0..PROPERTIES.len(), value in "[-0-9a-zA-Z/%., ]{0,20}") {
            drop(unit_property(&format!("{}={value}", PROPERTIES[at].1[0])));
        }
    }
}
