//! SELinux.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A security context, such as `system_u:system_r:container_t:s0`. What it may be is the loaded policy's affair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelinuxContext(String);

impl SelinuxContext {
    /// The longest one that redd takes, in bytes: a page is what the kernel reads.
    pub const LENGTH_MAX: usize = 4095;

    /// Text without spaces and control characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::LENGTH_MAX;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SelinuxContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The contexts that a user chose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelinuxContexts {
    /// The payload's processes (`--selinux-context=`).
    pub process: Option<SelinuxContext>,
    /// Files of the file systems in memory and of devpts (`--selinux-apifs-context=`).
    pub api_file_systems: Option<SelinuxContext>,
}
