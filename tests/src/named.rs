//! A machine with a name of its own, which runs or does not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{minimal_tree, redd, unique_name};

/// Where trees are found by their names.
const MACHINES: &str = "/run/machines";

/// A small tree that redd finds by its name. Dropping it ends its machine.
#[derive(Debug)]
pub struct NamedTree {
    /// Its name, and its machine's.
    pub name: String,
    tree: tempfile::TempDir,
    machine: Option<Child>,
}

impl NamedTree {
    /// With as little in it as a command needs.
    #[must_use]
    pub fn minimal() -> Self {
        let (name, tree) = (unique_name(), minimal_tree());
        fs::create_dir_all(MACHINES).unwrap();
        symlink(tree.path(), Path::new(MACHINES).join(&name)).unwrap();
        Self { name, tree, machine: None }
    }

    /// The same, owned by the first id of a range as by root.
    #[must_use]
    pub fn owned_by(start: u32) -> Self {
        let named = Self::minimal();
        let owner = format!("{start}:{start}");
        let status = Command::new("chown").args(["-hR", &owner]).arg(named.tree.path()).status();
        assert!(status.unwrap().success());
        named
    }

    /// Runs a command in it, and waits until it runs.
    #[must_use]
    pub fn running(mut self, options: &[&str], command: &[&str]) -> Self {
        let mut words = vec!["run", "-M", &self.name];
        words.extend(options);
        let process = redd().args(words).arg(self.tree.path()).args(command).stderr(Stdio::null()).spawn();
        self.machine = Some(process.unwrap());
        let record = format!("/run/redd/machines/{}/state.json", self.name);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !Path::new(&record).exists() {
            assert!(Instant::now() < deadline, "{} does not run", self.name);
            std::thread::sleep(Duration::from_millis(5));
        }
        self
    }

    /// A path in the tree, from the host.
    #[must_use]
    pub fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.tree.path().join(below)
    }

    /// A path in the machine, as redd takes it.
    #[must_use]
    pub fn word(&self, path: &str) -> String {
        format!("{}:{path}", self.name)
    }
}

impl Drop for NamedTree {
    fn drop(&mut self) {
        if let Some(machine) = &mut self.machine {
            drop(machine.kill());
            drop(machine.wait());
        }
        drop(fs::remove_file(Path::new(MACHINES).join(&self.name)));
    }
}
