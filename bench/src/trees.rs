//! Trees that machines run in.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::Paths;

/// A tree with a few static programs; nothing else is needed to run them. Its init is ready at once.
pub(crate) fn small(paths: &Paths) -> PathBuf {
    let tree = paths.scratch.join("small");
    for directory in ["dev", "proc", "sys", "run", "tmp", "etc", "root", "var", "usr/bin", "usr/lib/systemd"]
    {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    fs::write(tree.join("etc/os-release"), "ID=bench\n").unwrap();
    for name in ["true", "sleep", "readlink"] {
        fs::copy("/bin/busybox", tree.join("usr/bin").join(name)).unwrap();
    }
    fs::copy(paths.program("redd-shim"), tree.join("usr/lib/systemd/systemd")).unwrap();
    fs::copy(paths.program("redd-lines"), tree.join("usr/bin/redd-lines")).unwrap();
    for (name, target) in [("bin", "usr/bin"), ("sbin", "usr/bin"), ("lib", "usr/lib")] {
        drop(symlink(target, tree.join(name)));
    }
    tree
}

/// Throw-away copies of a tree: overlays whose changes are in memory.
#[derive(Debug)]
pub(crate) struct Copies {
    directory: PathBuf,
    pub(crate) roots: Vec<PathBuf>,
}

impl Copies {
    /// Mounts them, in the mount namespace that the bench has for itself.
    pub(crate) fn mount(tree: &Path, count: usize, paths: &Paths) -> Self {
        let directory = paths.scratch.join("copies");
        fs::create_dir_all(&directory).unwrap();
        mount("tmpfs", &directory, "tmpfs", MountFlags::empty(), None).unwrap();
        let roots = (0..count).map(|number| overlay(tree, &directory.join(format!("{number}")))).collect();
        Self { directory, roots }
    }
}

fn overlay(tree: &Path, directory: &Path) -> PathBuf {
    let [upper, work, root] = ["upper", "work", "root"].map(|name| directory.join(name));
    [&upper, &work, &root].into_iter().for_each(|path| fs::create_dir_all(path).unwrap());
    let options =
        format!("lowerdir={},upperdir={},workdir={}", tree.display(), upper.display(), work.display());
    let options = std::ffi::CString::new(options).unwrap();
    mount("overlay", &root, "overlay", MountFlags::empty(), Some(options.as_c_str())).unwrap();
    root
}

impl Drop for Copies {
    fn drop(&mut self) {
        for path in self.roots.iter().chain([&self.directory]) {
            unmount(path, UnmountFlags::DETACH).unwrap();
        }
    }
}
