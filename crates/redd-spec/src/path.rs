//! Paths inside a container's tree.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

/// An absolute, normalised path inside the container: no `.`, no `..`, no doubled slash.
///
/// It says nothing about the host: it is resolved below the tree's root handle, or after pivoting into it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PathInRoot(PathBuf);

/// Why a text is no path inside a container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is no absolute path without '.' and '..'")]
pub struct PathInRootError {
    path: PathBuf,
}

impl PathInRoot {
    /// `/`
    #[must_use]
    pub fn root() -> Self {
        Self(PathBuf::from("/"))
    }

    /// Checks the path.
    ///
    /// # Errors
    /// A relative path, or one with `.`, `..` or a NUL byte.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, PathInRootError> {
        use std::os::unix::ffi::OsStrExt;
        let path = path.as_ref();
        let normal = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let dotted = path.as_os_str().as_bytes().split(|&byte| byte == b'/').any(|part| part == b".");
        if !path.is_absolute() || !normal || dotted || path.as_os_str().as_bytes().contains(&0) {
            return Err(PathInRootError { path: path.to_owned() });
        }
        Ok(Self(path.components().collect()))
    }

    /// The path with its leading slash.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Whether this is the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// Whether this path is `prefix` or lies below it.
    #[must_use]
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.0.starts_with(prefix)
    }
}

impl fmt::Display for PathInRoot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::escape_path(&self.0).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/")]
    #[case("/a/b")]
    fn absolute_paths_are_accepted(#[case] path: &str) {
        assert_eq!(PathInRoot::new(path).unwrap().as_path(), Path::new(path));
    }

    #[rstest]
    #[case("")]
    #[case("a")]
    #[case("/a/../b")]
    #[case("/..")]
    #[case("/a/./b")]
    #[case("/a\0b")]
    fn paths_that_could_leave_the_tree_are_refused(#[case] path: &str) {
        assert!(PathInRoot::new(path).is_err());
    }

    #[test]
    fn slashes_are_normalised() {
        assert_eq!(PathInRoot::new("//a///b/").unwrap().as_path(), Path::new("/a/b"));
    }

    proptest! {
        #[test]
        fn a_path_is_absolute_and_normal(text in "[/.a\0]{0,12}|.{0,20}") {
            if let Ok(path) = PathInRoot::new(&text) {
                let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
                prop_assert!(path.as_path().is_absolute() && path.as_path().components().all(is_plain));
                prop_assert_eq!(PathInRoot::new(path.as_path()), Ok(path));
            }
        }
    }
}
