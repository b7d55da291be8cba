//! What the user's mounts are made of, opened once: what was looked at is what is mounted.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use redd_plan::action::LayerPlace;
use redd_plan::descriptor::Slot;
use redd_plan::facts::{BindFacts, FileKind, LayerFacts, TreeIdentity};
use redd_spec::Spec;
use redd_spec::ids::HostId;
use redd_spec::mounts::{
    Bind, BindIdMap, BindSource, CustomMount, LayerSource, Overlay, Submounts, UpperSource,
};
use redd_spec::root::Access;
use redd_sys::Errno;
use redd_sys::mount::{self, Recursion};
use redd_sys::root_dir::Links;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags, fstat, openat, readlinkat, statx};

use crate::facts::Tree;
use crate::template::another_handle;
use crate::{Error, facts};

/// Where a mount comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file or directory whose mount is still to be copied.
    Opened(OwnedFd),
    /// A copy, attached nowhere, without the id maps that the source may have.
    Copied(OwnedFd),
}

impl Source {
    fn status(&self) -> Result<rustix::fs::Stat, Error> {
        let (Self::Opened(descriptor) | Self::Copied(descriptor)) = self;
        fstat(descriptor).map_err(Error::host("looking at the source of a mount"))
    }
}

/// The sources by the slots they are for, and what is known of them, in the order of the Spec's mounts.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) opened: BTreeMap<Slot, Source>,
    pub(crate) binds: Vec<BindFacts>,
    pub(crate) layers: Vec<Vec<LayerFacts>>,
}

/// Opens everything.
pub(crate) fn open(spec: &Spec, tree: &Tree) -> Result<Sources, Error> {
    let mut sources = Sources::default();
    if let Some(template) = &tree.template {
        for (slot, directory, path) in [
            (Slot::RootLayer(0), &template.directory, "."),
            (Slot::RootLayer(1), tree.whole(), "."),
            (Slot::TreeParent, tree.whole(), ".."),
        ] {
            sources.opened.insert(slot, Source::Opened(another_handle(directory, path)?));
        }
    }
    for (index, mount) in spec.mounts.iter().enumerate() {
        let mut facts = BindFacts {
            kind: FileKind::Missing,
            device: None,
            source_owner: HostId(0),
            destination_owner: None,
        };
        let mut layers = Vec::new();
        match mount {
            CustomMount::Bind(bind) => {
                facts.destination_owner = destination_owner(tree, bind);
                if let Some(source) = open_source(bind, tree)? {
                    let status = source.status()?;
                    facts.kind = facts::tree::file_kind(&status);
                    facts.device = facts::devices::device_number(&status);
                    facts.source_owner = HostId(status.st_uid);
                    sources.opened.insert(Slot::custom(index), source);
                }
            }
            CustomMount::Overlay(overlay) => layers = open_layers(index, overlay, tree, &mut sources)?,
            CustomMount::Tmpfs(_)
            | CustomMount::Inaccessible(_)
            | CustomMount::Masked(_)
            | CustomMount::ReadOnly(_) => {}
        }
        sources.binds.push(facts);
        sources.layers.push(layers);
    }
    Ok(sources)
}

fn destination_owner(tree: &Tree, bind: &Bind) -> Option<HostId> {
    let status = tree.root.status(bind.destination.as_path());
    status.ok().flatten().map(|status| HostId(status.st_uid))
}

fn open_source(bind: &Bind, tree: &Tree) -> Result<Option<Source>, Error> {
    let about = || format!("opening the source of the bind mount on {}", bind.destination);
    let opened = match &bind.source {
        BindSource::Temporary => return Ok(None),
        BindSource::Host(path) => open_path(path),
        BindSource::Tree(path) => tree.root.resolve(path.as_path(), Links::Followed),
    };
    let opened = match opened {
        Err(Errno::NOENT) => return Ok(None),
        result => result.map_err(Error::host(about()))?,
    };
    let recursion = match bind.submounts {
        Submounts::Included => Recursion::Recursive,
        Submounts::Excluded => Recursion::Single,
    };
    match bind.id_map {
        BindIdMap::Unmapped => Ok(Some(Source::Opened(opened))),
        // Maps do not lie over each other.
        BindIdMap::Identity | BindIdMap::Root | BindIdMap::Owner => {
            without_id_map(opened, recursion).map(Some).map_err(Error::host(about()))
        }
    }
}

pub(crate) fn open_path(path: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
}

/// Older kernels cannot take a map off; there a source that has one is refused when it is to get another.
pub(crate) fn without_id_map(opened: OwnedFd, recursion: Recursion) -> Result<Source, Errno> {
    let copy = mount::copy_tree_unmapped(opened.as_fd(), recursion)?;
    Ok(copy.map_or(Source::Opened(opened), Source::Copied))
}

fn open_layers(
    index: usize,
    overlay: &Overlay,
    tree: &Tree,
    sources: &mut Sources,
) -> Result<Vec<LayerFacts>, Error> {
    let upper = match &overlay.upper {
        UpperSource::Given(source) => Some(source),
        UpperSource::Temporary => None,
    };
    let mut all = Vec::new();
    for (number, source) in overlay.lower.iter().chain(upper).enumerate() {
        let is_written = number == overlay.lower.len() && overlay.access == Access::ReadWrite;
        let failed = |errno| Error::Host {
            what: format!("opening layer {number} of the overlay on {}", overlay.destination),
            cause: errno,
        };
        let (facts, opened) = open_layer(source, is_written, tree).map_err(failed)?;
        all.push(facts);
        if let Some(opened) = opened {
            sources.opened.insert(Slot::layer(index, number), opened);
        }
    }
    Ok(all)
}

/// What is known of a layer, and what is copied for it: of one that is written to the directory it is in, because the
/// directory an overlay works in has to be on the same mount.
fn open_layer(
    source: &LayerSource,
    is_written: bool,
    tree: &Tree,
) -> Result<(LayerFacts, Option<Source>), Errno> {
    let opened = match source {
        LayerSource::Host(path) => open_path(path),
        LayerSource::Tree(path) => tree.root.resolve(path.as_path(), Links::Followed),
    };
    let opened = match opened {
        Err(Errno::NOENT) => return Ok((missing(), None)),
        result => result?,
    };
    let status = fstat(&opened)?;
    let mut facts = LayerFacts {
        kind: facts::tree::file_kind(&status),
        owner: HostId(status.st_uid),
        mode: status.st_mode & 0o7777,
        identity: TreeIdentity { device: status.st_dev, inode: status.st_ino },
        place: None,
    };
    if facts.kind != FileKind::Directory {
        return Ok((facts, None));
    }
    let is_of_host = matches!(source, LayerSource::Host(_));
    if !is_written {
        let source = is_of_host.then(|| without_id_map(opened, Recursion::Single)).transpose()?;
        return Ok((facts, source));
    }
    let parent = openat(&opened, "..", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if mount_id(&parent)? == mount_id(&opened)? {
        let root = if is_of_host { PathBuf::from("/") } else { tree.path.clone() };
        let within = if is_of_host { PathBuf::from("/") } else { path_of(&tree.root)? };
        facts.place = place(root, &within, &path_of(&opened)?);
    }
    let source = is_of_host.then(|| without_id_map(parent, Recursion::Single)).transpose()?;
    Ok((facts, source))
}

const fn missing() -> LayerFacts {
    let identity = TreeIdentity { device: 0, inode: 0 };
    LayerFacts { kind: FileKind::Missing, owner: HostId(0), mode: 0, identity, place: None }
}

/// A directory by its real path; `None` where that has no name that could be written down.
pub(crate) fn place(root: PathBuf, within: &Path, path: &Path) -> Option<LayerPlace> {
    let name = path.file_name()?.to_str()?.to_owned();
    let parent = Path::new("/").join(path.parent()?.strip_prefix(within).ok()?);
    parent.to_str()?;
    Some(LayerPlace { root, parent, name })
}

/// The path of an open file without links.
pub(crate) fn path_of(file: impl std::os::fd::AsFd) -> Result<PathBuf, Errno> {
    use std::os::unix::ffi::OsStringExt as _;
    let link = readlinkat(CWD, format!("/proc/self/fd/{}", file.as_fd().as_raw_fd()), Vec::new())?;
    Ok(PathBuf::from(std::ffi::OsString::from_vec(link.into_bytes())))
}

fn mount_id(file: &OwnedFd) -> Result<u64, Errno> {
    statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).map(|status| status.stx_mnt_id)
}
