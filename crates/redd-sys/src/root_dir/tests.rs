use std::os::unix::fs::symlink;

use super::*;

fn tree() -> (tempfile::TempDir, RootDir) {
    let directory = tempfile::tempdir().unwrap();
    let root = RootDir::open(directory.path()).unwrap();
    (directory, root)
}

#[test]
fn absolute_links_and_dot_dot_stay_in_the_tree() {
    let (directory, root) = tree();
    std::fs::create_dir(directory.path().join("etc")).unwrap();
    std::fs::write(directory.path().join("etc/passwd"), "inside").unwrap();
    symlink("/etc/passwd", directory.path().join("absolute")).unwrap();
    symlink("../../../../../etc/passwd", directory.path().join("etc/relative")).unwrap();
    for path in ["/absolute", "/etc/relative", "/../../etc/passwd"] {
        let contents = root.read_small_file(Path::new(path), 64).unwrap();
        assert_eq!(contents.as_deref(), Some(&b"inside"[..]), "{path}");
    }
}

#[test]
fn fifos_devices_and_huge_files_are_not_read() {
    let (directory, root) = tree();
    rustix::fs::mkfifoat(CWD, directory.path().join("fifo"), Mode::from_raw_mode(0o644)).unwrap();
    std::fs::File::create(directory.path().join("sparse")).unwrap().set_len(1 << 40).unwrap();
    let limit = SMALL_FILE_MAX;
    assert_eq!(root.read_small_file(Path::new("/fifo"), limit), Err(ReadError::NotRegular));
    assert_eq!(root.read_small_file(Path::new("/sparse"), limit), Err(ReadError::TooLong { limit }));
    assert_eq!(root.read_small_file(Path::new("/none"), limit), Ok(None));
}

#[test]
fn a_link_where_a_directory_must_be_is_refused() {
    let (directory, root) = tree();
    std::fs::create_dir(directory.path().join("real")).unwrap();
    symlink("real", directory.path().join("link")).unwrap();
    assert!(root.resolve(Path::new("/real"), Links::Refused).is_ok());
    assert_eq!(root.resolve(Path::new("/link"), Links::Refused).unwrap_err(), Errno::LOOP);
}

#[test]
fn own_links_are_followed_and_those_of_another_mount_are_not() {
    let (directory, root) = tree();
    let place = |name: &str| directory.path().join(name);
    std::fs::create_dir_all(place("run")).unwrap();
    std::fs::create_dir_all(place("var")).unwrap();
    symlink("../../run", place("var/run")).unwrap();
    symlink("/var/run/./deep/../", place("link")).unwrap();
    symlink("loop", place("loop")).unwrap();
    let follow = |path: &str| root.follow_own_links(Path::new(path));
    assert_eq!(follow("/link/x/y"), Ok(PathBuf::from("/run/x/y")));
    assert_eq!(follow("/none/x"), Ok(PathBuf::from("/none/x")));
    assert_eq!(follow("/loop/x"), Err(Errno::LOOP));
    // The host's own procfs is another mount, and `self` a link in it.
    let host = RootDir::open(Path::new("/")).unwrap();
    assert_eq!(host.follow_own_links(Path::new("/proc/self")), Ok(PathBuf::from("/proc/self")));
}

#[test]
fn a_link_is_replaced_not_followed() {
    let (directory, root) = tree();
    let outside = tempfile::NamedTempFile::new().unwrap();
    symlink(outside.path(), directory.path().join("file")).unwrap();
    root.replace_file(Path::new("/file"), 0o644, b"new").unwrap();
    assert_eq!(std::fs::read(outside.path()).unwrap(), b"");
    assert_eq!(std::fs::read(directory.path().join("file")).unwrap(), b"new");
    let inode = |name: &str| {
        std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(directory.path().join(name)).unwrap())
    };
    let before = inode("file");
    root.replace_file(Path::new("/file"), 0o644, b"new").unwrap();
    assert_eq!(inode("file"), before, "the same contents are left alone");
    root.replace_link(Path::new("/file"), "../x").unwrap();
    assert_eq!(root.read_link(Path::new("/file")).unwrap(), Some(PathBuf::from("../x")));
}
