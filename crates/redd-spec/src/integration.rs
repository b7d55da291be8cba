//! What is taken over from the host.

use serde::{Deserialize, Serialize};

/// `--timezone=` (AI1)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimezoneMode {
    /// A link, or a copy where the host has no link; bound where the tree is read-only; removed where the host has none.
    Auto,
    /// Left as it is.
    Off,
    /// The host's file is copied.
    Copy,
    /// The host's file is bound over the payload's, read-only.
    Bind,
    /// A relative link into the payload's own zoneinfo; a copy where that has not the host's zone.
    Symlink,
    /// The payload's file is removed: UTC.
    Delete,
}

/// `--resolv-conf=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolvConfMode {
    /// Off with a private network. Otherwise the host's file, or that of systemd-resolved's stub where one answers: copied, bound where
    /// the tree is read-only, removed where the host has none.
    Auto,
    /// Left as it is.
    Off,
    /// The payload's file is removed.
    Delete,
    /// One of the host's files, taken over in one of three ways.
    From(ResolvConfMethod, ResolvConfSource),
}

/// How a resolv.conf is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolvConfMethod {
    /// Copied, unless the payload's is a symbolic link.
    Copy,
    /// Copied, in place of whatever is there.
    Replace,
    /// Bound over the payload's, read-only.
    Bind,
}

/// Which of the host's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolvConfSource {
    /// `/etc/resolv.conf`
    Host,
    /// systemd-resolved's static file.
    Static,
    /// systemd-resolved's list of upstream servers.
    Uplink,
    /// systemd-resolved's stub file.
    Stub,
}

/// Whether the payload's journal is linked with the host's (`--link-journal=`, AI2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkJournal {
    /// It is not.
    #[default]
    No,
    /// Where the host has a directory for it already.
    Auto,
    /// The files are in a directory of the host's, which is bound in.
    Host,
    /// The same, where that can be.
    TryHost,
    /// The files are in the tree, where a link of the host's leads to.
    Guest,
    /// The same, where that can be.
    TryGuest,
}

/// What is taken over from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// `--timezone=`
    pub timezone: TimezoneMode,
    /// `--resolv-conf=`
    pub resolv_conf: ResolvConfMode,
    /// `--link-journal=`
    pub link_journal: LinkJournal,
}
