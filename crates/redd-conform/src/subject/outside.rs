//! The init as the host sees it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use super::Subject;
use crate::observation::{OutsideSight, Surroundings, UnixExport, mounts_of};
use crate::probe::{attempt, read};

/// Attributes that mark a delegated cgroup.
const MARKS: [&str; 2] = ["trusted.delegate", "user.delegate"];

/// Looks at it.
pub(super) fn look(subject: &Subject, inside: &Surroundings) -> OutsideSight {
    let directory = subject.directory();
    let cgroup = read::text(directory.join("cgroup"));
    let places = cgroup_directories(&cgroup);
    let manager = subject.manager.map(|pid| Path::new("/proc").join(pid.to_string()));
    OutsideSight {
        namespaces: namespaces(&directory),
        uid_map: read::text(directory.join("uid_map")),
        manager_cgroup: manager.map(|manager| read::text(manager.join("cgroup"))),
        device_programs: device_programs(places.unified.as_deref()),
        device_list: places.devices.and_then(|place| read::try_text(place.join("devices.list"))),
        delegation: delegation(places.unified.as_deref()),
        peers: peers(inside),
        journal: journal(inside),
        cgroup,
        ..OutsideSight::default()
    }
}

/// The namespaces of a process: `uts` → `uts:[4026531838]`.
pub(crate) fn namespaces(process: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(process.join("ns")).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let target = std::fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned();
        Some((entry.file_name().to_str()?.to_owned(), target))
    });
    named.collect()
}

/// Where a process is in the trees the host has mounted.
struct Places {
    unified: Option<PathBuf>,
    devices: Option<PathBuf>,
}

fn cgroup_directories(cgroup: &str) -> Places {
    let mounts = mounts_of(&read::text("/proc/self/mountinfo"));
    let line = |is: &dyn Fn(&str, &str) -> bool| {
        cgroup.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (number, names, path) = (parts.next()?, parts.next()?, parts.next()?);
            is(number, names).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    let place = |is: &dyn Fn(&crate::observation::Mount) -> bool| {
        mounts.iter().rev().find(|mount| is(mount)).map(|mount| PathBuf::from(&mount.place))
    };
    let unified =
        place(&|mount| mount.kind == "cgroup2").zip(line(&|number, names| number == "0" && names.is_empty()));
    let devices = place(&|mount| mount.kind == "cgroup" && mount.has("devices"))
        .zip(line(&|_, names| names.split(',').any(|name| name == "devices")));
    let join = |(place, path): (PathBuf, String)| place.join(path);
    Places { unified: unified.map(join), devices: devices.map(join) }
}

/// A program on the container's cgroup or on one above it decides as well.
fn device_programs(cgroup: Option<&Path>) -> Option<Result<u32, String>> {
    let mut total = 0;
    for directory in with_parents(cgroup?) {
        let file = match File::open(&directory) {
            Ok(file) => file,
            Err(error) => return Some(Err(read::error_name(&error))),
        };
        match redd_sys::bpf::count_device_programs(file.as_fd()) {
            Ok(count) => total += count,
            Err(errno) => return Some(Err(read::error_name(&errno.into()))),
        }
    }
    Some(Ok(total))
}

/// A cgroup and those above it, without the top of the tree.
fn with_parents(cgroup: &Path) -> Vec<PathBuf> {
    let is_below_top =
        |path: &&Path| path.parent().is_some_and(|parent| parent.join("cgroup.procs").exists());
    cgroup.ancestors().take_while(is_below_top).map(Path::to_path_buf).collect()
}

fn delegation(cgroup: Option<&Path>) -> Vec<String> {
    let mut marks = Vec::new();
    for directory in cgroup.map(with_parents).unwrap_or_default() {
        for name in MARKS {
            let mut value = [0; 16];
            if let Ok(length) = rustix::fs::getxattr(&directory, name, &mut value) {
                marks.push(format!(
                    "{} {name}={}",
                    directory.display(),
                    String::from_utf8_lossy(&value[..length])
                ));
            }
        }
    }
    marks
}

/// The other ends of the links inside: whose own other end is that link.
fn peers(inside: &Surroundings) -> Vec<String> {
    let here = crate::probe::look::network();
    let joined = inside.network.values().filter(|link| link.is_end);
    let names = joined.flat_map(|link| {
        here.iter()
            .filter(|(_, other)| {
                other.is_end && other.index == link.joined_to && other.joined_to == link.index
            })
            .map(|(name, _)| name.clone())
    });
    names.collect()
}

/// The host's journal directory of the payload.
fn journal(inside: &Surroundings) -> Option<String> {
    let id = inside.texts.get("/etc/machine-id")?.trim().to_owned();
    let path = Path::new("/var/log/journal").join(id);
    let found = std::fs::symlink_metadata(&path).ok()?;
    let target = std::fs::read_link(&path).map(|target| target.display().to_string());
    Some(format!("{} {}", path.display(), target.unwrap_or_else(|_| format!("{:?}", found.file_type()))))
}

/// The directory of exported sockets, with a socket of the payload's in it.
#[must_use]
pub fn unix_export(directory: &Path, socket: &str) -> UnixExport {
    UnixExport {
        is_there: directory.is_dir(),
        write: attempt::attempt(&format!("create:{}", directory.display())),
        connect: attempt::attempt(&format!("connect:{}", directory.join(socket).display())),
    }
}
