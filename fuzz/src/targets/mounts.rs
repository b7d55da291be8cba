//! `--bind=`, `--tmpfs=`, `--inaccessible=`

use std::path::{Component, Path};

use redd_spec::mounts::{
    Bind, BindIdMap, BindSource, CustomMount, LayerSource, Overlay, Submounts, Tmpfs, UpperSource,
};
use redd_spec::parse;
use redd_spec::path::PathInRoot;
use redd_spec::root::Access;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let bind = |text: &str| parse::bind(text, Access::ReadOnly);
    let overlay = |text: &str| parse::overlay(text, Access::ReadWrite);
    for parse in [&bind as &dyn Fn(&str) -> _, &parse::tmpfs, &overlay, &parse::inaccessible] {
        match parse(&text) {
            Ok(mount) => {
                check_destination(mount.destination());
                assert_eq!(parse(&written(&mount)).as_ref(), Ok(&mount));
            }
            Err(error) => super::assert_printable(&error.to_string()),
        }
    }
}

fn check_destination(destination: &PathInRoot) {
    assert!(!destination.is_root());
    let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
    assert!(destination.as_path().components().all(is_plain), "{destination}");
}

/// The mount as an option would have it, with nothing left out.
fn written(mount: &CustomMount) -> String {
    match mount {
        CustomMount::Bind(bind) => written_bind(bind),
        CustomMount::Tmpfs(tmpfs) => written_tmpfs(tmpfs),
        CustomMount::Overlay(overlay) => written_overlay(overlay),
        // Without fields a colon needs no escape.
        CustomMount::Inaccessible(path) | CustomMount::Masked(path) | CustomMount::ReadOnly(path) => {
            path.as_path().to_str().expect("it was text").to_owned()
        }
    }
}

fn written_bind(bind: &Bind) -> String {
    let source = match &bind.source {
        BindSource::Host(path) => escaped(path),
        BindSource::Tree(path) => format!("+{}", escaped(path.as_path())),
        BindSource::Temporary => String::new(),
    };
    let submounts = match bind.submounts {
        Submounts::Included => "rbind",
        Submounts::Excluded => "norbind",
    };
    let id_map = match bind.id_map {
        BindIdMap::Unmapped => "noidmap",
        BindIdMap::Identity => "idmap",
        BindIdMap::Root => "rootidmap",
        BindIdMap::Owner => "owneridmap",
    };
    format!("{source}:{}:{submounts},{id_map}", escaped(bind.destination.as_path()))
}

fn written_tmpfs(tmpfs: &Tmpfs) -> String {
    let options = tmpfs.options.iter().map(|option| match &option.value {
        Some(value) => format!("{}={value}", option.name),
        None => option.name.clone(),
    });
    let options: Vec<String> = options.collect();
    format!("{}:{}", escaped(tmpfs.destination.as_path()), escaped(Path::new(&options.join(","))))
}

fn written_overlay(overlay: &Overlay) -> String {
    let layer = |source: &LayerSource| match source {
        LayerSource::Host(path) => escaped(path),
        LayerSource::Tree(path) => format!("+{}", escaped(path.as_path())),
    };
    let upper = match &overlay.upper {
        UpperSource::Given(source) => layer(source),
        UpperSource::Temporary => String::new(),
    };
    let lower: Vec<String> = overlay.lower.iter().map(layer).collect();
    format!("{}:{upper}:{}", lower.join(":"), escaped(overlay.destination.as_path()))
}

fn escaped(path: &Path) -> String {
    path.to_str().expect("it was text").replace('\\', "\\\\").replace(':', "\\:")
}
