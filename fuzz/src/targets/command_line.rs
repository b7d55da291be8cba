//! Whole command lines, a word a line, and the plans that come of them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use redd::command_line::{Answer, Request, parse};
use redd::surroundings::Bare;
use redd_nspawn::{Caller, Terminal};
use redd_plan::action::LayerPlace;
use redd_plan::facts::{BindFacts, FileKind, Grants, LayerFacts, TreeFacts, TreeIdentity, UserFacts};
use redd_plan::sample;
use redd_spec::Spec;
use redd_spec::ids::{HostId, UserNamespace};
use redd_spec::mounts::CustomMount;

pub(crate) fn run(input: &[u8]) {
    let words = input.split(|&byte| byte == b'\n').map(|word| OsString::from_vec(word.to_vec()));
    // The first line is how redd is called: the persona of systemd-nspawn too.
    match parse(words, &caller(), &Bare) {
        Ok(Request::Start(start) | Request::Plan { start, .. }) => plan(&start.spec),
        Ok(_) => {}
        Err(Answer::Text(text) | Answer::Refused { text, .. }) => assert!(!text.is_empty()),
    }
}

pub(super) fn caller() -> Caller {
    Caller {
        current_directory: "/here".into(),
        environment: vec![("TERM".into(), "xterm".into()), ("LANG".into(), "C".into())],
        input: Terminal::No,
        output: Terminal::No,
        process: 7,
        random: [0xab; 8],
    }
}

/// A directory that may be written to.
fn layer() -> LayerFacts {
    let place = LayerPlace { root: "/".into(), parent: "/srv".into(), name: "layer".to_owned() };
    let identity = TreeIdentity { device: 1, inode: 3 };
    LayerFacts { kind: FileKind::Directory, owner: HostId(5), mode: 0o755, identity, place: Some(place) }
}

/// On both kinds of host, with a tree that has whatever is asked for.
fn plan(spec: &Spec) {
    let user = UserFacts {
        name: "alice".to_owned(),
        uid: 1000,
        gid: 1000,
        groups: vec![29],
        home: "/home/alice".to_owned(),
        shell: "/bin/sh".to_owned(),
    };
    let bind = BindFacts {
        kind: FileKind::Directory,
        device: None,
        source_owner: HostId(0),
        destination_owner: None,
    };
    let layers = |mount: &CustomMount| match mount {
        CustomMount::Overlay(overlay) => vec![layer(); overlay.lower.len() + 1],
        CustomMount::Bind(_)
        | CustomMount::Tmpfs(_)
        | CustomMount::Inaccessible(_)
        | CustomMount::Masked(_)
        | CustomMount::ReadOnly(_) => Vec::new(),
    };
    let tree = TreeFacts { user: Some(user), ..sample::tree() };
    let grants = Grants {
        ids: match spec.users {
            UserNamespace::Host => None,
            UserNamespace::Range(range) => Some(range),
            UserNamespace::Pick | UserNamespace::FromTreeOwner | UserNamespace::Identity => {
                sample::grants().ids
            }
        },
        binds: spec.mounts.iter().map(|_mount| bind).collect(),
        layers: spec.mounts.iter().map(layers).collect(),
        ..sample::grants()
    };
    for host in [sample::unified_host(), sample::hybrid_host()] {
        super::plan(spec, &host, &tree, &grants);
    }
}
