//! Lines of mountinfo.

use serde::{Deserialize, Serialize};

/// One mount, as its own mount namespace shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Which part of the file system.
    pub root: String,
    /// Where.
    pub place: String,
    /// Flags of the mount, with commas.
    pub flags: String,
    /// `shared:1 master:2`, with spaces.
    pub propagation: String,
    /// The kind of file system.
    pub kind: String,
    /// Options of the file system, with commas.
    pub options: String,
    /// `major:minor`
    pub device: String,
}

impl Mount {
    /// Whether the mount, or all of its file system, is read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.has("ro")
    }

    /// Whether a flag or an option is among those it has.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.flags.split(',').chain(self.options.split(',')).any(|there| there == word)
    }

    /// What it is, in short.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { place, kind, device, flags, options, propagation, .. } = self;
        format!("{place} {kind} {device} {flags} {options} {propagation}")
    }
}

/// The mounts in a mountinfo file; lines that are none are left out.
#[must_use]
pub fn mounts_of(text: &str) -> Vec<Mount> {
    text.lines().filter_map(mount).collect()
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn mount(line: &str) -> Option<Mount> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(2);
    let mut after = after.split(' ');
    let mut next = || before.next().map(str::to_owned);
    let (device, root, place, flags) = (next()?, next()?, next()?, next()?);
    let propagation = before.collect::<Vec<_>>().join(" ");
    let kind = after.next()?.to_owned();
    let options = after.nth(1).unwrap_or_default().to_owned();
    Some(Mount { root, place, flags, propagation, kind, options, device })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_nonsense_is_left_out() {
        let text =
            "36 35 98:0 / /sys ro,nosuid shared:1 master:2 - sysfs sysfs rw,seclabel\n\nnonsense\n1 2 - x\n";
        let [mount] = &mounts_of(text)[..] else { panic!("one mount") };
        assert!(mount.is_read_only() && mount.has("nosuid") && mount.has("seclabel") && !mount.has("r"));
        assert_eq!((mount.kind.as_str(), mount.device.as_str()), ("sysfs", "98:0"));
        assert_eq!(mount.propagation, "shared:1 master:2");
    }
}
