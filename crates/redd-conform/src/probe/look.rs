//! What a process inside sees, by reading alone.

use std::collections::BTreeMap;
use std::path::Path;

use super::read::{self, Links};
use crate::observation::{NetworkLink, Node, Process, Surroundings, mounts_of};

/// The most nodes of /dev that are listed, and the most links and descriptors.
const NODES_MAX: usize = 500;

/// Paths whose kind, mode and owner are looked at.
const NODES: [&str; 30] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts/ptmx",
    "/dev/console",
    "/dev/kmsg",
    "/dev/shm",
    "/run/host",
    "/run/host/incoming",
    "/run/host/inaccessible/reg",
    "/run/host/inaccessible/dir",
    "/run/host/inaccessible/fifo",
    "/run/host/inaccessible/sock",
    "/run/host/inaccessible/chr",
    "/run/host/inaccessible/blk",
    "/run/host/notify",
    "/run/host/credentials",
    "/run/host/unix-export",
    "/run/host/unix-export/ssh",
    "/run/systemd/system",
    "/usr/sbin/sshd",
    "/usr/lib/systemd/systemd-udevd",
    "/usr/lib/systemd/system-generators/systemd-ssh-generator",
    "/sys",
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/init.scope",
];
/// Files whose contents are looked at.
const TEXTS: [&str; 18] = [
    "/etc/os-release",
    "/etc/machine-id",
    "/etc/hostname",
    "/run/host/os-release",
    "/run/host/container-manager",
    "/run/host/container-uuid",
    "/run/systemd/container",
    "/proc/sys/kernel/random/boot_id",
    "/proc/1/cgroup",
    "/proc/1/comm",
    "/proc/self/uid_map",
    "/proc/self/net/fib_trie",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/cgroup.controllers",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/pids.max",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/cgroup.type",
];
/// Links whose ends are looked at.
const LINKS: [&str; 2] = ["/etc/localtime", "/sbin/init"];
/// The longest text that is kept of a file.
const KEPT_MAX: usize = 8 * 1024;

/// Everything that can be seen. `init` is the directory of PID 1 in /proc.
#[must_use]
pub fn surroundings(init: &Path) -> Surroundings {
    let environment = environment(init);
    let mut nodes: BTreeMap<String, Node> = named(&NODES, |path| read::node(path, Links::Followed).ok());
    add_credentials(&environment, &mut nodes);
    add_further_terminals(&environment, &mut nodes);
    let mut texts = named(&TEXTS, |path| read::try_text(path).map(cut));
    if let Some(text) = own_cgroup_processes(&texts) {
        texts.insert("cgroup.procs of PID 1".to_owned(), text);
    }
    Surroundings {
        host_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        mounts: mounts_of(&read::text("/proc/self/mountinfo")),
        process: process(init),
        device_nodes: device_nodes(),
        nodes,
        texts,
        links: named(&LINKS, |path| {
            std::fs::read_link(path).ok().map(|link| link.to_string_lossy().into_owned())
        }),
        network: network(),
        environment,
    }
}

fn named<T>(paths: &[&str], look: impl Fn(&Path) -> Option<T>) -> BTreeMap<String, T> {
    paths.iter().filter_map(|path| Some(((*path).to_owned(), look(Path::new(path))?))).collect()
}

fn cut(mut text: String) -> String {
    let end = (0..=KEPT_MAX.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.truncate(end);
    text
}

/// The environment of a process; a name that comes twice counts as its first.
#[must_use]
pub fn environment(process: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for word in read::text(process.join("environ")).split('\0') {
        if let Some((name, value)) = word.split_once('=') {
            all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    all
}

/// A process by its directory in /proc.
#[must_use]
pub fn process(directory: &Path) -> Process {
    let status = read::text(directory.join("status"));
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let hexadecimal = |name| u64::from_str_radix(&field(name), 16).unwrap_or_default();
    let own_number = field("NSpid");
    Process {
        bounding: hexadecimal("CapBnd"),
        blocked: hexadecimal("SigBlk"),
        ignored: hexadecimal("SigIgn"),
        no_new_privileges: field("NoNewPrivs") == "1",
        umask: u32::from_str_radix(&field("Umask"), 8).unwrap_or_default(),
        directory: link(&directory.join("cwd")),
        open_files: open_files(&read::text(directory.join("limits"))),
        descriptors: descriptors(&directory.join("fd")),
        number: own_number.split_whitespace().last().and_then(|number| number.parse().ok()).unwrap_or(0),
    }
}

fn link(path: &Path) -> String {
    std::fs::read_link(path).map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `Max open files            1024                 524288               files`
fn open_files(limits: &str) -> u64 {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let hard = line.and_then(|line| line.split_whitespace().nth(1));
    hard.and_then(|hard| if hard == "unlimited" { Some(u64::MAX) } else { hard.parse().ok() }).unwrap_or(0)
}

fn descriptors(directory: &Path) -> Option<BTreeMap<u32, String>> {
    let entries = std::fs::read_dir(directory).ok()?.flatten().take(NODES_MAX);
    let numbered = entries.filter_map(|entry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        Some((number, std::fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
    });
    // The one that reads the directory itself is gone by now.
    let own = directory.to_string_lossy().into_owned();
    let is_own =
        |target: &String| *target == own || (target.starts_with("/proc/") && target.ends_with("/fd"));
    Some(numbered.filter(|(_, target)| !is_own(target)).collect())
}

fn device_nodes() -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut directories = vec![(std::path::PathBuf::from("/dev"), 0)];
    while let Some((directory, depth)) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if nodes.len() >= NODES_MAX {
                return nodes;
            }
            let Ok(node) = read::node(&entry.path(), Links::LookedAt) else { continue };
            match node.kind.as_str() {
                "directory" if depth < 3 => directories.push((entry.path(), depth + 1)),
                "character" | "block" => nodes.push(node),
                // What is at a name of a virtual terminal counts, whatever it is.
                "link" => nodes.push(node),
                _ => {}
            }
        }
    }
    nodes.sort_by(|one, other| one.path.cmp(&other.path));
    nodes
}

fn add_credentials(environment: &BTreeMap<String, String>, nodes: &mut BTreeMap<String, Node>) {
    let Some(directory) = environment.get("CREDENTIALS_DIRECTORY") else { return };
    let directory = Path::new(directory);
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten().take(NODES_MAX);
    let paths = files.map(|entry| entry.path()).chain([directory.to_path_buf()]);
    for path in paths {
        if let Ok(node) = read::node(&path, Links::LookedAt) {
            nodes.insert(node.path.clone(), node);
        }
    }
}

fn add_further_terminals(environment: &BTreeMap<String, String>, nodes: &mut BTreeMap<String, Node>) {
    let names = environment.get("container_ttys").map(String::as_str).unwrap_or_default();
    for name in names.split_whitespace().take(NODES_MAX) {
        if let Ok(node) = read::node(&Path::new("/dev").join(name), Links::LookedAt) {
            nodes.insert(node.path.clone(), node);
        }
    }
}

/// The processes in PID 1's cgroup, looked up where its path says: with a hierarchy mounted in part, not there.
fn own_cgroup_processes(texts: &BTreeMap<String, String>) -> Option<String> {
    let path = unified_path(texts.get("/proc/1/cgroup")?)?;
    let path = path.trim_start_matches('/');
    let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
    places.iter().find_map(|place| read::try_text(Path::new(place).join(path).join("cgroup.procs")))
}

/// The path in the unified hierarchy, or in systemd's own.
fn unified_path(text: &str) -> Option<&str> {
    let of = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
    let named = || text.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path));
    of("0::").filter(|path| *path != "/" || named().is_none()).or_else(named)
}

pub(crate) fn network() -> BTreeMap<String, NetworkLink> {
    let entries = std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten().take(NODES_MAX);
    let described = entries.filter(|entry| entry.path().join("ifindex").exists()).map(|entry| {
        let attribute = |name: &str| read::text(entry.path().join(name)).trim().to_owned();
        let number = |name: &str| attribute(name).parse().unwrap_or_default();
        let flags = attribute("flags");
        let link = NetworkLink {
            address: attribute("address"),
            index: number("ifindex"),
            joined_to: number("iflink"),
            is_end: is_end(&entry.path()),
            flags: u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or_default(),
        };
        (entry.file_name().to_string_lossy().into_owned(), link)
    });
    described.collect()
}

/// The index of the other end says nothing: in another namespace it may be the same number.
fn is_end(link: &Path) -> bool {
    const ARPHRD_ETHER: &str = "1";
    let is_other_kind =
        ["bridge", "tun_flags", "bonding", "device", "wireless"].iter().any(|name| link.join(name).exists());
    read::text(link.join("type")).trim() == ARPHRD_ETHER && !is_other_kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_sees_itself() {
        let own = process(Path::new("/proc/self"));
        assert!(own.open_files > 0 && own.number > 0);
        assert!(own.descriptors.is_some_and(|descriptors| descriptors.contains_key(&2)));
        let seen = surroundings(Path::new("/proc/self"));
        assert!(seen.mount("/").is_some() && seen.nodes["/dev/null"].stands_for == "1:3");
        assert!(seen.environment.contains_key("PATH"));
    }

    #[test]
    fn the_path_of_pid_1_is_found_in_every_layout() {
        assert_eq!(unified_path("0::/init.scope\n"), Some("/init.scope"));
        assert_eq!(unified_path("5:name=systemd:/a\n0::/\n"), Some("/a"));
        assert_eq!(unified_path("5:memory:/a\n"), None);
    }
}
