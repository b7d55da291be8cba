//! `--bind=`, `--tmpfs=`, `--inaccessible=`

use std::path::PathBuf;

use super::ParseError;
use crate::mounts::{Bind, BindIdMap, BindSource, CustomMount, Submounts, Tmpfs, TmpfsOption};
use crate::path::PathInRoot;
use crate::root::Access;

/// `[+]SOURCE[:DESTINATION[:OPTIONS]]`; `\:` is a colon, `+` a path in the tree, no source an empty directory.
///
/// # Errors
/// Relative paths, and options that are none.
pub fn bind(value: &str, access: Access) -> Result<CustomMount, ParseError> {
    let refuse = |reason: &str| ParseError::new(value, reason);
    let fields = split(value);
    if fields.len() > 3 {
        return Err(refuse("write SOURCE[:DESTINATION[:OPTIONS]]; a colon in a path is written \\:"));
    }
    let source_text = fields[0].as_str();
    let destination = fields.get(1).filter(|text| !text.is_empty()).map(String::as_str);
    let path = |text: &str| PathInRoot::new(text).map_err(|error| ParseError::new(value, error.to_string()));
    let source = match source_text.strip_prefix('+') {
        Some(in_tree) => BindSource::Tree(path(in_tree)?),
        None if source_text.is_empty() => BindSource::Temporary,
        None if source_text.starts_with('/') => BindSource::Host(PathBuf::from(source_text)),
        None => return Err(refuse("the source is an absolute path")),
    };
    let destination = path(match (destination, &source) {
        (Some(destination), _) => destination,
        (None, BindSource::Temporary) => return Err(refuse("without a source it needs a destination")),
        (None, _) => source_text.trim_start_matches('+'),
    })?;
    refuse_root(&destination, value)?;
    let mut bind =
        Bind { source, destination, access, submounts: Submounts::Included, id_map: BindIdMap::Unmapped };
    for option in fields.get(2).iter().flat_map(|options| options.split(',')) {
        match option {
            "rbind" => bind.submounts = Submounts::Included,
            "norbind" => bind.submounts = Submounts::Excluded,
            "noidmap" => bind.id_map = BindIdMap::Unmapped,
            "idmap" => bind.id_map = BindIdMap::Identity,
            "rootidmap" => bind.id_map = BindIdMap::Root,
            "owneridmap" => bind.id_map = BindIdMap::Owner,
            _ => return Err(refuse("options are rbind, norbind, noidmap, idmap, rootidmap and owneridmap")),
        }
    }
    Ok(CustomMount::Bind(bind))
}

/// `PATH[:OPTIONS]`, options as mount(8) takes them for a tmpfs.
///
/// # Errors
/// A relative path, or an option without a name.
pub fn tmpfs(value: &str) -> Result<CustomMount, ParseError> {
    let fields = split(value);
    if fields.len() > 2 {
        return Err(ParseError::new(value, "write PATH[:OPTIONS]; a colon in a path is written \\:"));
    }
    let destination =
        PathInRoot::new(&fields[0]).map_err(|error| ParseError::new(value, error.to_string()))?;
    refuse_root(&destination, value)?;
    let options = fields.get(1).map_or("", String::as_str);
    let options = options.split(',').filter(|option| !option.is_empty());
    let options = options.map(|option| tmpfs_option(option, value)).collect::<Result<_, _>>()?;
    Ok(CustomMount::Tmpfs(Tmpfs { destination, options }))
}

/// Options of tmpfs(5), and flags of mount(8) that make sense here.
const TMPFS_OPTIONS: [&str; 14] = [
    "gid",
    "huge",
    "mode",
    "nodev",
    "noexec",
    "nosuid",
    "nosymfollow",
    "nr_blocks",
    "nr_inodes",
    "ro",
    "rw",
    "size",
    "uid",
    "noswap",
];

fn tmpfs_option(option: &str, value: &str) -> Result<TmpfsOption, ParseError> {
    let (name, setting) = match option.split_once('=') {
        Some((name, setting)) => (name, Some(setting.to_owned())),
        None => (option, None),
    };
    if !TMPFS_OPTIONS.contains(&name) {
        return Err(ParseError::new(
            value,
            format!("{name:?} is no option of a tmpfs; there are {}", TMPFS_OPTIONS.join(", ")),
        ));
    }
    Ok(TmpfsOption { name: name.to_owned(), value: setting })
}

/// `--inaccessible=PATH`
///
/// # Errors
/// A relative path, or the root.
pub fn inaccessible(value: &str) -> Result<CustomMount, ParseError> {
    let path = PathInRoot::new(value).map_err(|error| ParseError::new(value, error.to_string()))?;
    refuse_root(&path, value)?;
    Ok(CustomMount::Inaccessible(path))
}

fn refuse_root(path: &PathInRoot, value: &str) -> Result<(), ParseError> {
    if path.is_root() {
        Err(ParseError::new(value, "nothing can be mounted over the root itself"))
    } else {
        Ok(())
    }
}

/// The fields between colons; `\:` is a colon, `\\` a backslash.
fn split(value: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let is_escape = character == '\\' && matches!(characters.peek(), Some(':' | '\\'));
        if character == ':' {
            fields.push(String::new());
        } else if let Some(field) = fields.last_mut() {
            field.extend(if is_escape { characters.next() } else { Some(character) });
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn parsed(value: &str) -> Bind {
        match bind(value, Access::ReadWrite).unwrap() {
            CustomMount::Bind(bind) => bind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_source_alone_appears_at_its_own_place() {
        let bind = parsed("/srv");
        assert_eq!(bind.source, BindSource::Host("/srv".into()));
        assert_eq!(bind.destination.to_string(), "/srv");
    }

    #[test]
    fn escapes_prefixes_and_options_are_read() {
        let bind = parsed(r"+/a\:b:/c\\d:norbind,rootidmap");
        assert_eq!(bind.source, BindSource::Tree(PathInRoot::new("/a:b").unwrap()));
        assert_eq!(bind.destination.as_path(), std::path::Path::new(r"/c\d"));
        assert_eq!((bind.submounts, bind.id_map), (Submounts::Excluded, BindIdMap::Root));
        assert_eq!(parsed(":/scratch").source, BindSource::Temporary);
    }

    #[rstest]
    #[case("")]
    #[case(":")]
    #[case("relative")]
    #[case("/a:relative")]
    #[case("/a:/b:what")]
    #[case("/a:/b:idmap:x")]
    #[case("/a:/../b")]
    #[case("/a:/")]
    #[case("+b")]
    fn malformed_binds_are_refused_by_name(#[case] value: &str) {
        assert!(bind(value, Access::ReadWrite).unwrap_err().to_string().contains(&format!("{value:?}")));
    }

    #[rstest]
    #[case("relative")]
    #[case("/a:color=red")]
    #[case("/a:size=1M:x")]
    #[case("/")]
    fn malformed_tmpfs_are_refused(#[case] value: &str) {
        assert!(tmpfs(value).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            drop((bind(&text, Access::ReadOnly), tmpfs(&text), inaccessible(&text)));
        }

        #[test]
        fn a_bind_never_leads_out_of_the_tree(text in "[/.a:+\\\\]{0,30}") {
            if let Ok(CustomMount::Bind(bind)) = bind(&text, Access::ReadOnly) {
                let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
                prop_assert!(bind.destination.as_path().components().all(is_plain), "{}", bind.destination);
            }
        }
    }
}
