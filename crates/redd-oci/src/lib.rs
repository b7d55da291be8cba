//! OCI bundles: the `config.json` of a container becomes values of redd's own options.
//!
//! What redd does for every container is passed over, what it cannot do is refused under its name, and what only
//! makes a container weaker than redd makes it is left out with a warning. Nothing here touches the system.
#![forbid(unsafe_code)]

mod config;
mod linux;
mod mounts;
mod process;
mod resources;
mod seccomp;

use std::path::{Path, PathBuf};

use config::{Config, Unsupported};

/// What the file is called.
pub const CONFIG: &str = "config.json";
/// The largest file that is read, in bytes.
pub const CONFIG_MAX: u64 = 1 << 20;

/// What a bundle says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Where the tree is: absolute.
    pub root: PathBuf,
    /// Values of options.
    pub settings: Vec<Setting>,
    /// Nodes of the host that it names, to be compared with what is there.
    pub devices: Vec<DeviceNode>,
    /// What it says without effect.
    pub warnings: Vec<String>,
}

/// One value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The property of the file that says so: `process.args`
    pub property: &'static str,
    /// The option's name.
    pub option: &'static str,
    /// Its value; flags have none.
    pub value: Option<String>,
}

/// A node of a device, as the bundle describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceNode {
    /// Where it is on the host and inside.
    pub path: PathBuf,
    /// Which of the two numbers spaces.
    pub kind: DeviceKind,
    /// Its number in there.
    pub major: u32,
    /// Its second number.
    pub minor: u32,
}

/// Whether a device is read by characters or by blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// By characters.
    Character,
    /// By blocks.
    Block,
}

/// Why a bundle cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It is no configuration of a container, or says something that no version of the specification knows.
    #[error("it is no configuration of a container: {reason}")]
    Malformed {
        /// What the parser says.
        reason: String,
    },
    /// It asks for something that redd does not have.
    #[error("{property} is not supported{reason}")]
    Unsupported {
        /// The property.
        property: String,
        /// Empty, or a reason with what leads to it.
        reason: String,
    },
    /// It asks for something that makes no sense.
    #[error("{property}: {reason}")]
    Invalid {
        /// The property.
        property: String,
        /// Why.
        reason: String,
    },
}

impl BundleError {
    fn unsupported(property: impl Into<String>, reason: &str) -> Self {
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        Self::Unsupported { property: property.into(), reason }
    }

    fn invalid(property: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { property: property.into(), reason: reason.into() }
    }
}

/// Reads a bundle's configuration; `directory` is the bundle's own, to which its paths are relative.
///
/// # Errors
/// It is none, or it asks for what redd does not have.
pub fn parse(contents: &[u8], directory: &Path) -> Result<Bundle, BundleError> {
    let config: Config = serde_json::from_slice(contents)
        .map_err(|error| BundleError::Malformed { reason: error.to_string() })?;
    let mut bundle = Bundle::default();
    check_version(&config.oci_version)?;
    let root = config.root.ok_or_else(|| BundleError::invalid("root", "a container needs a tree"))?;
    bundle.root = directory.join(check_text("root.path", &root.path)?);
    if root.readonly {
        bundle.flag("root.readonly", "read-only");
    }
    if let Some(hostname) = config.hostname.filter(|hostname| !hostname.is_empty()) {
        bundle.set("hostname", "hostname", hostname);
    }
    if let Some(domain) = config.domainname.filter(|domain| !domain.is_empty()) {
        bundle.set("domainname", "sysctl", format!("kernel.domainname={domain}"));
    }
    if config.hooks.is_some_and(|hooks| !hooks.is_empty()) {
        bundle.warn("hooks are never run");
    }
    process::apply(config.process, &mut bundle)?;
    mounts::apply(&config.mounts, directory, &mut bundle)?;
    linux::apply(config.linux.unwrap_or_default(), &mut bundle)?;
    Ok(bundle)
}

fn check_version(version: &str) -> Result<(), BundleError> {
    if version == "1" || version.starts_with("1.") {
        return Ok(());
    }
    Err(BundleError::unsupported("ociVersion", "it is no version 1 of the specification"))
}

/// Text for the kernel ends at a NUL byte.
fn check_text<'a>(property: &str, text: &'a str) -> Result<&'a str, BundleError> {
    if text.is_empty() {
        return Err(BundleError::invalid(property, "it is empty"));
    }
    if text.contains('\0') {
        return Err(BundleError::invalid(property, "there is a NUL byte in it"));
    }
    Ok(text)
}

/// Known, and refused where they say anything.
fn refuse_all(properties: &[(&str, &Unsupported)]) -> Result<(), BundleError> {
    match properties.iter().find(|(_, value)| value.is_some()) {
        Some((property, _)) => Err(BundleError::unsupported(*property, "")),
        None => Ok(()),
    }
}

impl Bundle {
    fn set(&mut self, property: &'static str, option: &'static str, value: impl Into<String>) {
        self.settings.push(Setting { property, option, value: Some(value.into()) });
    }

    fn flag(&mut self, property: &'static str, option: &'static str) {
        self.settings.push(Setting { property, option, value: None });
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}

#[cfg(test)]
mod tests;
