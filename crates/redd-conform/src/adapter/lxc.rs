//! LXC, with a configuration file of the container's own.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;

use super::ask::{ask, version_line};
use super::{Adapter, AdapterError, Container, Network, Wish};
use crate::report::Manager;

const PROGRAM: &str = "lxc-start";
/// Where root has no range in /etc/subuid: newuidmap, where it is installed, says so then.
const FIRST_ID: u32 = 0x1000_0000;
const IDS: u32 = 65_536;

/// Which of its configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// common.conf and a veth: privileged.
    Default,
    /// userns.conf beside it, and what lxc.container.conf(5) offers for this interface.
    Unprivileged,
}

/// LXC in one configuration.
#[derive(Debug)]
pub struct Lxc {
    mode: Mode,
}

impl Lxc {
    /// That configuration.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode }
    }

    fn configuration(&self, container: &Container, ranges: Ranges) -> String {
        let Container { name, tree, .. } = container;
        let tree = tree.display();
        let mut text = format!(
            "lxc.include = /usr/share/lxc/config/common.conf\nlxc.uts.name = {name}\nlxc.rootfs.path = dir:{tree}\n\
             lxc.net.0.type = veth\nlxc.net.0.flags = up\nlxc.console.logfile = /proc/self/fd/1\n"
        );
        if self.mode == Mode::Unprivileged {
            let Ranges { users, groups } = ranges;
            let [high, low] = address_of(name);
            write!(
                text,
                "lxc.include = /usr/share/lxc/config/userns.conf\nlxc.idmap = u 0 {users} {IDS}\n\
                 lxc.idmap = g 0 {groups} {IDS}\nlxc.rootfs.options = idmap=container\n\
                 lxc.mount.auto =\nlxc.mount.auto = cgroup:mixed proc:mixed sys:ro\n\
                 lxc.cap.drop = audit_control audit_read audit_write\nlxc.tty.max = 0\n\
                 lxc.net.0.name = host0\nlxc.net.0.veth.pair = {}\n\
                 lxc.net.0.hwaddr = 02:16:3e:00:{high:02x}:{low:02x}\n",
                link(name)
            )
            .unwrap_or_default();
        }
        text
    }

    fn command(program: &str, container: &Container) -> Command {
        let mut command = Command::new(program);
        command.args(["--name", &container.name, "--lxcpath"]).arg(&container.directory);
        command
    }
}

/// Where the ids of a container begin on the host.
#[derive(Debug, Clone, Copy)]
struct Ranges {
    users: u32,
    groups: u32,
}

impl Ranges {
    fn of_root() -> Self {
        let first = |path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            range_of_root(&text).unwrap_or(FIRST_ID)
        };
        Self { users: first("/etc/subuid"), groups: first("/etc/subgid") }
    }
}

/// The first of root's ranges that is large enough.
fn range_of_root(text: &str) -> Option<u32> {
    let ranges = text.lines().filter_map(|line| line.strip_prefix("root:")?.split_once(':'));
    let mut large = ranges.filter(|(_, count)| count.trim().parse().is_ok_and(|count: u32| count >= IDS));
    large.find_map(|(first, _)| first.parse().ok())
}

/// The same for the same name.
fn address_of(name: &str) -> [u8; 2] {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let [.., high, low] = hasher.finish().to_be_bytes();
    [high, low]
}

/// A link's name has at most 15 bytes.
fn link(name: &str) -> String {
    format!("ve-{name}").chars().take(15).collect()
}

fn no_option(wish: &str) -> AdapterError {
    AdapterError::NoOption { manager: "lxc".to_owned(), wish: wish.to_owned() }
}

impl Adapter for Lxc {
    fn manager(&self) -> Manager {
        let mode = match self.mode {
            Mode::Default => "privileged",
            Mode::Unprivileged => "unprivileged",
        };
        Manager { name: "lxc".to_owned(), version: version_line(PROGRAM), mode: mode.to_owned() }
    }

    fn create(&self, container: &Container) -> Result<(), AdapterError> {
        ask(Command::new(PROGRAM).arg("--version"))?;
        let directory = container.directory.join(&container.name);
        let written = std::fs::create_dir_all(&directory).and_then(|()| {
            std::fs::write(directory.join("config"), self.configuration(container, Ranges::of_root()))
        });
        written.map_err(|error| AdapterError::Failed(format!("{}: {error}", directory.display())))
    }

    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError> {
        let mut command = Self::command(PROGRAM, container);
        command.arg("--foreground");
        if self.mode == Mode::Unprivileged {
            command.arg("--close-all-fds");
        }
        for wish in wishes {
            match wish {
                Wish::FewCapabilities => command.args(["--define", "lxc.cap.drop=sys_admin mknod"]),
                Wish::Credential { .. } => return Err(no_option("a credential")),
                Wish::BoundUser(_) => return Err(no_option("a user of the host")),
                Wish::OrdinaryUser { .. } => {
                    let why =
                        "lxc needs ranges of that user in /etc/subuid, which are not set up for a check";
                    return Err(AdapterError::Failed(why.to_owned()));
                }
            };
        }
        Ok(command)
    }

    fn stop(&self, container: &Container, _supervisor: u32) -> Result<Command, AdapterError> {
        Ok(Self::command("lxc-stop", container))
    }

    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError> {
        let mut command = Self::command("lxc-attach", container);
        command.args(["--clear-env", "--"]).args(words);
        Ok(command)
    }

    fn pid(&self, container: &Container, _supervisor: u32) -> Result<Option<u32>, AdapterError> {
        // It fails before the start has come far enough.
        let answer = ask(Self::command("lxc-info", container).args(["--pid", "--no-humanize"]));
        Ok(answer.ok().and_then(|answer| answer.trim().parse().ok()).filter(|pid| *pid > 0))
    }

    fn remove(&self, container: &Container) -> Result<(), AdapterError> {
        // It fails where nothing runs.
        drop(ask(Self::command("lxc-stop", container).arg("--kill")));
        Ok(())
    }

    fn network(&self) -> Network {
        Network::Veth
    }

    fn unix_export(&self, _container: &Container) -> Option<PathBuf> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{container, words};
    use super::*;

    #[test]
    fn the_command_lines_are_those_of_a_user() {
        let default = Lxc::new(Mode::Default);
        assert_eq!(
            words(&default.start(&container(), &[Wish::FewCapabilities]).unwrap()),
            "lxc-start --name c1 --lxcpath /files/c1 --foreground --define lxc.cap.drop=sys_admin mknod"
        );
        assert_eq!(
            words(&Lxc::new(Mode::Unprivileged).start(&container(), &[]).unwrap()),
            "lxc-start --name c1 --lxcpath /files/c1 --foreground --close-all-fds"
        );
        assert_eq!(words(&default.stop(&container(), 7).unwrap()), "lxc-stop --name c1 --lxcpath /files/c1");
        assert_eq!(
            words(&default.exec(&container(), &["ls", "-l"]).unwrap()),
            "lxc-attach --name c1 --lxcpath /files/c1 --clear-env -- ls -l"
        );
    }

    #[test]
    fn the_configurations_are_those_of_its_manual() {
        let ranges = Ranges { users: 100_000, groups: 200_000 };
        insta::assert_snapshot!(Lxc::new(Mode::Default).configuration(&container(), ranges));
        insta::assert_snapshot!(Lxc::new(Mode::Unprivileged).configuration(&container(), ranges));
    }

    #[test]
    fn the_ids_are_those_of_root() {
        assert_eq!(range_of_root("a:1:65536\nroot:5:10\nroot:100000:65536\n"), Some(100_000));
        assert_eq!(range_of_root("root:x:y\nroot\n"), None);
    }

    #[test]
    fn what_it_cannot_grant_is_said() {
        let wish = Wish::Credential { name: "n".to_owned(), value: "v".to_owned() };
        let error = Lxc::new(Mode::Default).start(&container(), &[wish]).unwrap_err();
        assert_eq!(error.to_string(), "lxc has no option for a credential");
    }
}
