//! What makes a tree of Debian a host of the lab, which is ready in less than a second and changes nothing of its own accord.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What a host of the lab does without: terminals, work by the clock, and what is done once after an installation.
const MASKED: [&str; 17] = [
    "getty.target",
    "getty@tty1.service",
    "console-getty.service",
    "serial-getty@ttyS0.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "systemd-timesyncd.service",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-journal-catalog-update.service",
    "systemd-update-done.service",
    "ldconfig.service",
    "modprobe@drm.service",
];
/// What a distribution leaves to whoever sets the host up.
const ENABLED: [&str; 2] = ["systemd-networkd.service", "systemd-resolved.service"];
const UNITS: &str = "etc/systemd/system";

/// Prepares a tree that was just made.
pub(crate) fn prepare(tree: &Path) -> io::Result<()> {
    // A journal that is kept, and places for what is bound into a host.
    for directory in ["var/log/journal", "var/lib/machines", "trees"] {
        fs::create_dir_all(tree.join(directory))?;
    }
    fs::write(tree.join("etc/hostname"), "host\n")?;
    fs::write(tree.join("etc/fstab"), "")?;
    let wanted = tree.join(UNITS).join("multi-user.target.wants");
    fs::create_dir_all(&wanted)?;
    for unit in ENABLED {
        link(Path::new("/usr/lib/systemd/system").join(unit).as_path(), &wanted.join(unit))?;
    }
    for unit in MASKED {
        link(Path::new("/dev/null"), &tree.join(UNITS).join(unit))?;
    }
    Ok(())
}

fn link(target: &Path, path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(target, path)
}
