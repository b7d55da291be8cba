//! What bundles of the Open Container Initiative say, and options do not.

use super::ParseError;
use super::mounts::refuse_root;
use crate::kernel_parameter::KernelParameter;
use crate::mounts::CustomMount;
use crate::path::PathInRoot;
use crate::payload::UserIds;

/// `UID:GID:GROUPS`, groups with commas between.
///
/// # Errors
/// Ids that the kernel does not have.
pub fn user_ids(value: &str) -> Result<UserIds, ParseError> {
    let refuse = || ParseError::new(value, "write UID:GID:GROUPS, numbers below 4294967295");
    let id = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&id| is_number && id != u32::MAX).ok_or_else(refuse)
    };
    let mut fields = value.splitn(3, ':');
    let mut next = || fields.next().unwrap_or_default();
    let (uid, gid) = (id(next())?, id(next())?);
    let groups = next().split(',').filter(|group| !group.is_empty()).map(id).collect::<Result<_, _>>()?;
    Ok(UserIds { uid, gid, groups })
}

/// `NAME=VALUE`
///
/// # Errors
/// A parameter that is not of a namespace of the container's own.
pub fn kernel_parameter(value: &str) -> Result<KernelParameter, ParseError> {
    let parameter = value.split_once('=').and_then(|(name, value)| KernelParameter::new(name, value));
    let reason =
        "there are net., fs.mqueue., kernel.domainname and those of System V messages and shared memory";
    parameter.ok_or_else(|| ParseError::new(value, reason))
}

/// A path that is covered where it is there.
///
/// # Errors
/// A relative path, or the root.
pub fn masked_path(value: &str) -> Result<CustomMount, ParseError> {
    path(value).map(CustomMount::Masked)
}

/// A path that is made read-only where it is there.
///
/// # Errors
/// A relative path, or the root.
pub fn read_only_path(value: &str) -> Result<CustomMount, ParseError> {
    path(value).map(CustomMount::ReadOnly)
}

fn path(value: &str) -> Result<PathInRoot, ParseError> {
    let path = PathInRoot::new(value).map_err(|error| ParseError::new(value, error.to_string()))?;
    refuse_root(&path, value)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_read() {
        let expected = UserIds { uid: 1000, gid: 5, groups: vec![27, 29] };
        assert_eq!(user_ids("1000:5:27,29"), Ok(expected));
        assert_eq!(user_ids("1:2:"), Ok(UserIds { uid: 1, gid: 2, groups: Vec::new() }));
        for value in ["", "1", "1:", "a:1:", "+1:1:", "4294967295:0:", "1:1:x", "1:1:4294967295"] {
            assert!(user_ids(value).is_err(), "{value}");
        }
    }

    #[test]
    fn parameters_of_the_host_are_refused() {
        assert_eq!(kernel_parameter("net.core.somaxconn=64").unwrap().value, "64");
        assert!(kernel_parameter("kernel.core_pattern=|/x").is_err());
        assert!(kernel_parameter("net.core.somaxconn").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((user_ids(&text), kernel_parameter(&text), masked_path(&text), read_only_path(&text)));
        }
    }
}
