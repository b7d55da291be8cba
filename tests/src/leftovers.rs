//! What a machine may leave behind: nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_lab::time_limit;

/// What there was at one moment that carries a name.
#[derive(Debug)]
pub struct Leftovers {
    name: String,
    mounts: String,
}

impl Leftovers {
    /// Looks before a machine of that name is started.
    #[must_use]
    pub fn before(name: &str) -> Self {
        Self { name: name.to_owned(), mounts: mounts() }
    }

    /// No mount of redd's is in the host's namespace, which must hold at any moment.
    pub fn assert_no_mounts(&self) {
        assert_eq!(mounts(), self.mounts, "a mount in the host's namespace");
    }

    /// Nothing of the machine is there any more. The kernel may take a moment for links and cgroups, and a guard on a busy
    /// machine a longer one.
    pub fn assert_none(&self) {
        let deadline = Instant::now() + time_limit(Duration::from_secs(30));
        loop {
            let found = self.find();
            if found.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left behind: {found:?}");
            sleep(Duration::from_millis(20));
        }
    }

    fn find(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let directories = [
            "/run/redd/machines".to_owned(),
            "/var/lib/redd/ephemeral".to_owned(),
            "/var/lib/redd/temporary".to_owned(),
            "/sys/class/net".to_owned(),
        ];
        found.extend(abandoned_ranges());
        for directory in directories {
            found.extend(entries(Path::new(&directory)).into_iter().filter(|path| path.contains(&self.name)));
        }
        collect_cgroups(Path::new("/sys/fs/cgroup"), &self.name, &mut found);
        // Other tests mount nothing in this namespace either.
        if mounts() != self.mounts {
            found.insert("a mount in the host's namespace".to_owned());
        }
        found
    }
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap_or_default()
}

/// Ranges of ids that stand as taken, and nobody has.
fn abandoned_ranges() -> BTreeSet<String> {
    let is_abandoned = |path: &String| {
        let free = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        fs::File::open(path).is_ok_and(|file| rustix::fs::flock(file, free).is_ok())
    };
    entries(Path::new("/run/systemd/nspawn-uid")).into_iter().filter(is_abandoned).collect()
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().display().to_string()).collect()
}

fn collect_cgroups(directory: &Path, name: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let own = [format!("redd-{name}"), format!("machine-{}.scope", name.replace('-', "\\x2d"))];
            if own.iter().any(|own| entry.file_name() == own.as_str()) {
                found.insert(path.display().to_string());
            }
            collect_cgroups(&path, name, found);
        }
    }
}
