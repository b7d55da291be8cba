//! `--bind=`, `--tmpfs=`, `--overlay=`, `--inaccessible=`

use std::path::PathBuf;

use super::ParseError;
use crate::mounts::{
    Bind, BindIdMap, BindSource, CustomMount, LOWER_LAYERS_MAX, LayerSource, Overlay, Submounts, Tmpfs,
    TmpfsOption, UpperSource,
};
use crate::path::PathInRoot;
use crate::root::{Access, PivotRoot};

/// `[+]SOURCE[:DESTINATION[:OPTIONS]]`; `\:` is a colon, `+` a path in the tree, no source an empty directory.
///
/// # Errors
/// Relative paths, and options that are none.
pub fn bind(value: &str, access: Access) -> Result<CustomMount, ParseError> {
    let refuse = |reason: &str| ParseError::new(value, reason);
    let fields = split(value)?;
    if fields.len() > 3 {
        return Err(refuse("write SOURCE[:DESTINATION[:OPTIONS]]; a colon in a path is written \\:"));
    }
    let source_text = fields[0].as_str();
    let destination = fields.get(1).filter(|text| !text.is_empty()).map(String::as_str);
    let source = match source_text.strip_prefix('+') {
        Some(in_tree) => BindSource::Tree(path_in_root(in_tree, value)?),
        None if source_text.is_empty() => BindSource::Temporary,
        None if source_text.starts_with('/') => BindSource::Host(PathBuf::from(source_text)),
        None => return Err(refuse("the source is an absolute path")),
    };
    let destination = match (destination, &source) {
        (Some(destination), _) => destination,
        (None, BindSource::Temporary) => return Err(refuse("without a source it needs a destination")),
        (None, _) => source_text.strip_prefix('+').unwrap_or(source_text),
    };
    let destination = path_in_root(destination, value)?;
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
    let fields = split(value)?;
    if fields.len() > 2 {
        return Err(ParseError::new(value, "write PATH[:OPTIONS]; a colon in a path is written \\:"));
    }
    let destination = path_in_root(&fields[0], value)?;
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

/// `LOWER…:UPPER:DESTINATION`, the lowest first; of two paths the second one is the highest layer and the destination.
/// `\:` is a colon, `+` a path in the tree, an empty highest layer a temporary directory.
///
/// # Errors
/// Fewer than two paths, relative ones, more layers than there may be.
pub fn overlay(value: &str, access: Access) -> Result<CustomMount, ParseError> {
    let refuse = |reason: &str| ParseError::new(value, reason);
    let mut fields = split(value)?;
    let last = fields.pop().unwrap_or_default();
    let (upper, destination) = match fields.len() {
        0 => return Err(refuse("write LOWER[:LOWER…]:UPPER:PATH; a colon in a path is written \\:")),
        1 => (UpperSource::Given(layer(&last, value)?), last.strip_prefix('+').unwrap_or(&last).to_owned()),
        _ => (upper_layer(&fields.pop().unwrap_or_default(), value)?, last),
    };
    if fields.len() > LOWER_LAYERS_MAX {
        return Err(refuse(&format!("there are at most {LOWER_LAYERS_MAX} layers below the highest one")));
    }
    let lower = fields.iter().map(|field| layer(field, value)).collect::<Result<_, _>>()?;
    let destination = path_in_root(&destination, value)?;
    refuse_root(&destination, value)?;
    Ok(CustomMount::Overlay(Overlay { lower, upper, destination, access }))
}

fn upper_layer(text: &str, value: &str) -> Result<UpperSource, ParseError> {
    if text.is_empty() { Ok(UpperSource::Temporary) } else { layer(text, value).map(UpperSource::Given) }
}

fn layer(text: &str, value: &str) -> Result<LayerSource, ParseError> {
    match text.strip_prefix('+') {
        Some(in_tree) => path_in_root(in_tree, value).map(LayerSource::Tree),
        None if text.starts_with('/') => Ok(LayerSource::Host(PathBuf::from(text))),
        None => Err(ParseError::new(value, "a layer is an absolute path")),
    }
}

/// `--pivot-root=NEW[:OLD]`
///
/// # Errors
/// Relative paths, paths with `.` and `..`, and the root itself.
pub fn pivot_root(value: &str) -> Result<PivotRoot, ParseError> {
    let fields = split(value)?;
    let (new, old) = match fields.as_slice() {
        [new] => (new, None),
        [new, old] => (new, Some(old)),
        _ => return Err(ParseError::new(value, "write NEW[:OLD]; a colon in a path is written \\:")),
    };
    let path = |text: &String| {
        let path = path_in_root(text, value)?;
        refuse_root(&path, value).map(|()| path)
    };
    Ok(PivotRoot { new: path(new)?, old: old.map(path).transpose()? })
}

/// `--inaccessible=PATH`
///
/// # Errors
/// A relative path, or the root.
pub fn inaccessible(value: &str) -> Result<CustomMount, ParseError> {
    let path = path_in_root(value, value)?;
    refuse_root(&path, value)?;
    Ok(CustomMount::Inaccessible(path))
}

pub(super) fn refuse_root(path: &PathInRoot, value: &str) -> Result<(), ParseError> {
    if path.is_root() {
        Err(ParseError::new(value, "nothing can be mounted over the root itself"))
    } else {
        Ok(())
    }
}

fn path_in_root(text: &str, value: &str) -> Result<PathInRoot, ParseError> {
    PathInRoot::new(text).map_err(|error| ParseError::new(value, error.to_string()))
}

/// The fields between colons; a backslash takes its meaning from the character behind it.
fn split(value: &str) -> Result<Vec<String>, ParseError> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' => fields.push(std::mem::take(&mut field)),
            '\\' => field.push(
                characters
                    .next()
                    .ok_or_else(|| ParseError::new(value, "a backslash at the end takes nothing"))?,
            ),
            _ => field.push(character),
        }
    }
    fields.push(field);
    Ok(fields)
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

    fn parsed_overlay(value: &str) -> Overlay {
        match overlay(value, Access::ReadWrite).unwrap() {
            CustomMount::Overlay(overlay) => overlay,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn of_two_paths_the_second_is_the_highest_layer_and_the_destination() {
        let host = |path: &str| LayerSource::Host(path.into());
        let overlay = parsed_overlay("/a:/b");
        assert_eq!((overlay.lower, overlay.upper), (vec![host("/a")], UpperSource::Given(host("/b"))));
        assert_eq!(overlay.destination.to_string(), "/b");
        assert_eq!(parsed_overlay("/a:+/b").destination.to_string(), "/b");
    }

    #[test]
    fn layers_are_listed_from_the_lowest_up() {
        let overlay = parsed_overlay(r"/a:+/b:/c\:d::/e");
        let in_tree = LayerSource::Tree(PathInRoot::new("/b").unwrap());
        let lower = vec![LayerSource::Host("/a".into()), in_tree, LayerSource::Host("/c:d".into())];
        assert_eq!((overlay.lower, overlay.upper), (lower, UpperSource::Temporary));
        assert_eq!(overlay.destination.to_string(), "/e");
    }

    #[rstest]
    #[case("")]
    #[case("/a")]
    #[case("/a:")]
    #[case(":/b")]
    #[case("a:/b")]
    #[case("/a:b:/c")]
    #[case("::/c")]
    #[case("/a::c")]
    #[case("/a:/b:/")]
    #[case("/a:/b:/../c")]
    #[case("/a:/b\\")]
    fn malformed_overlays_are_refused_by_name(#[case] value: &str) {
        let error = overlay(value, Access::ReadWrite).unwrap_err().to_string();
        assert!(error.contains(&format!("{value:?}")), "{error}");
    }

    #[test]
    fn too_many_layers_are_refused() {
        let value = format!("{}/upper:/mnt", "/l:".repeat(LOWER_LAYERS_MAX + 1));
        assert!(overlay(&value, Access::ReadWrite).unwrap_err().to_string().contains("at most"));
        assert!(overlay(&value[3..], Access::ReadWrite).is_ok());
    }

    #[test]
    fn a_root_to_pivot_to_may_name_a_place_for_the_old_one() {
        let path = |text| PathInRoot::new(text).unwrap();
        assert_eq!(pivot_root("/a").unwrap(), PivotRoot { new: path("/a"), old: None });
        assert_eq!(pivot_root(r"/a\:b:/c").unwrap(), PivotRoot { new: path("/a:b"), old: Some(path("/c")) });
        for value in ["", "a", "/", "/a:", "/a:b", "/a/../b", "/a:/", "/a:/b:/c", "/./a"] {
            assert!(pivot_root(value).is_err(), "{value}");
        }
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
            drop((overlay(&text, Access::ReadOnly), pivot_root(&text)));
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
