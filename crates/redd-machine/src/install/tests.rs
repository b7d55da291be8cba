use std::fs;

use tempfile::TempDir;

use super::*;

fn target(tree: &TempDir) -> Target {
    Target { tree: Some(tree.path().to_owned()), prefix: "/usr/local".into() }
}

fn item(path: &str, text: &str) -> Item {
    Item { path: path.into(), contents: Contents::File(text.as_bytes().to_vec()) }
}

fn items() -> Vec<Item> {
    vec![
        item("/usr/local/lib/systemd/system/redd@.service", "unit"),
        Item { path: "/usr/local/bin/redd".into(), contents: Contents::Program(b"program".to_vec()) },
        Item { path: "/usr/local/bin/systemd-nspawn".into(), contents: Contents::Link("redd".to_owned()) },
    ]
}

fn fates(changes: &[Change]) -> Vec<Fate> {
    changes.iter().map(|(_, fate)| *fate).collect()
}

/// Everything below a directory.
fn contents(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(contents(&entry.path()));
        }
        found.push(entry.path());
    }
    found
}

#[test]
fn what_is_installed_is_taken_away_again_and_nothing_else_is() {
    let tree = TempDir::new().unwrap();
    fs::create_dir_all(tree.path().join("usr/local/bin")).unwrap();
    fs::write(tree.path().join("usr/local/bin/other"), "").unwrap();
    let before = contents(tree.path());
    let told = install(&target(&tree), &items(), Mode::Tell).unwrap();
    assert_eq!(contents(tree.path()), before, "a dry run touches nothing");
    let done = install(&target(&tree), &items(), Mode::Do).unwrap();
    assert_eq!(told, done);
    assert_eq!(fates(&done), [Fate::Written; 3]);
    assert_eq!(fs::read_link(tree.path().join("usr/local/bin/systemd-nspawn")).unwrap(), Path::new("redd"));
    let again = install(&target(&tree), &items(), Mode::Do).unwrap();
    assert_eq!(fates(&again), [Fate::Unchanged; 3]);
    assert_eq!(fates(&uninstall(&target(&tree), Mode::Do).unwrap()), [Fate::Removed; 3]);
    assert_eq!(contents(tree.path()), before);
    assert!(matches!(uninstall(&target(&tree), Mode::Do), Err(MachineError::Refused { .. })));
}

#[test]
fn a_file_of_somebody_else_is_in_the_way_and_nothing_is_touched() {
    let tree = TempDir::new().unwrap();
    fs::create_dir_all(tree.path().join("usr/local/bin")).unwrap();
    let program = tree.path().join("usr/local/bin/redd");
    fs::write(&program, "another").unwrap();
    let before = contents(tree.path());
    let refused = install(&target(&tree), &items(), Mode::Do).unwrap_err();
    assert_eq!(refused.to_string(), "/usr/local/bin/redd is somebody else's");
    assert_eq!(contents(tree.path()), before);
    // The very same file is as good as ours, and stays.
    fs::write(&program, "program").unwrap();
    let done = install(&target(&tree), &items(), Mode::Do).unwrap();
    assert_eq!(fates(&done), [Fate::Written, Fate::Unchanged, Fate::Written]);
    uninstall(&target(&tree), Mode::Do).unwrap();
    assert_eq!(contents(tree.path()), before);
}

#[test]
fn what_was_changed_is_neither_replaced_nor_removed() {
    let tree = TempDir::new().unwrap();
    install(&target(&tree), &items(), Mode::Do).unwrap();
    let unit = tree.path().join("usr/local/lib/systemd/system/redd@.service");
    fs::write(&unit, "changed").unwrap();
    let newer = [item("/usr/local/lib/systemd/system/redd@.service", "newer unit")];
    let refused = install(&target(&tree), &newer, Mode::Do).unwrap_err();
    assert!(refused.to_string().ends_with("was changed since redd was installed"));
    let taken = uninstall(&target(&tree), Mode::Do).unwrap();
    assert_eq!(fates(&taken), [Fate::Kept, Fate::Removed, Fate::Removed]);
    assert_eq!(fs::read_to_string(unit).unwrap(), "changed");
}

#[test]
fn a_newer_version_replaces_its_files_and_takes_away_what_it_no_longer_has() {
    let tree = TempDir::new().unwrap();
    install(&target(&tree), &items(), Mode::Do).unwrap();
    let newer = [item("/usr/local/lib/systemd/system/redd@.service", "newer unit")];
    let done = install(&target(&tree), &newer, Mode::Do).unwrap();
    assert_eq!(fates(&done), [Fate::Written, Fate::Removed, Fate::Removed]);
    assert!(!tree.path().join("usr/local/bin/redd").exists());
    uninstall(&target(&tree), Mode::Do).unwrap();
    assert!(!tree.path().join("usr").exists(), "directories that it made go, too");
}

#[test]
fn links_of_a_tree_do_not_lead_out_of_it() {
    let (tree, outside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::os::unix::fs::symlink(outside.path(), tree.path().join("usr")).unwrap();
    drop(install(&target(&tree), &items(), Mode::Do));
    assert_eq!(contents(outside.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_record_that_names_other_files_removes_none_of_them() {
    let tree = TempDir::new().unwrap();
    install(&target(&tree), &items(), Mode::Do).unwrap();
    fs::create_dir(tree.path().join("etc")).unwrap();
    let mine = tree.path().join("etc/passwd");
    fs::write(&mine, "program").unwrap();
    let record = tree.path().join("usr/local/share/redd/installed.json");
    let forged = fs::read_to_string(&record).unwrap().replace("/usr/local/bin/redd", "/etc/passwd");
    fs::write(&record, forged).unwrap();
    uninstall(&target(&tree), Mode::Do).unwrap();
    assert!(mine.exists());
}

#[test]
fn the_target_of_machines_is_installed_where_nobody_has_it() {
    let tree = TempDir::new().unwrap();
    let has_it = |items: &[Item]| items.iter().any(|item| item.path.ends_with("machines.target"));
    let usr = Target { prefix: "/usr".into(), ..target(&tree) };
    for target in [&target(&tree), &usr] {
        let items = units(target).unwrap();
        assert!(has_it(&items));
        install(target, &items, Mode::Do).unwrap();
        assert!(has_it(&units(target).unwrap()), "it is still ours");
        uninstall(target, Mode::Do).unwrap();
    }
    fs::create_dir_all(tree.path().join("usr/lib/systemd/system")).unwrap();
    fs::write(tree.path().join("usr/lib/systemd/system/machines.target"), "").unwrap();
    assert!(!has_it(&units(&target(&tree)).unwrap()));
    assert!(!has_it(&units(&usr).unwrap()));
}

#[test]
fn a_unit_names_the_program_where_it_is_installed() {
    let tree = TempDir::new().unwrap();
    let items = units(&target(&tree)).unwrap();
    let Contents::File(text) = &items[0].contents else { panic!("no file") };
    let text = String::from_utf8(text.clone()).unwrap();
    assert!(text.contains("\nExecStart=/usr/local/bin/redd serve %i\n"), "{text}");
    assert!(!text.contains('@') || !text.contains("@REDD@"), "{text}");
}
