//! What a host is made of.

use std::path::{Path, PathBuf};

/// What makes the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// Nobody: systemd is PID 1 of namespaces made by unshare(1).
    Bare,
    /// redd itself: a host that is a container, as `redd boot --nesting` makes it.
    Redd,
}

/// Something of systemd's that a host may lack, as if its package had never been installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// systemd-machined and machinectl.
    Machined,
    /// systemd-networkd.
    Networkd,
    /// systemd-resolved.
    Resolved,
    /// The message bus; systemd itself answers on its private socket only.
    Bus,
}

impl Part {
    /// What is removed of it: names below these directories that start with these words.
    pub(crate) const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Machined => &[
                "usr/lib/systemd/systemd-machined",
                "usr/lib/systemd/system/systemd-machined.",
                "usr/lib/systemd/system/dbus-org.freedesktop.machine1.service",
                "usr/lib/systemd/system/sockets.target.wants/systemd-machined.socket",
                "usr/share/dbus-1/system-services/org.freedesktop.machine1.service",
                "usr/bin/machinectl",
            ],
            Self::Networkd => &[
                "usr/lib/systemd/systemd-networkd",
                "usr/lib/systemd/system/systemd-networkd",
                "usr/share/dbus-1/system-services/org.freedesktop.network1.service",
                "usr/lib/tmpfiles.d/systemd-network.conf",
                "etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
            ],
            Self::Resolved => &[
                "usr/lib/systemd/systemd-resolved",
                "usr/lib/systemd/system/systemd-resolved",
                "usr/share/dbus-1/system-services/org.freedesktop.resolve1.service",
                "etc/systemd/system/multi-user.target.wants/systemd-resolved.service",
            ],
            Self::Bus => &[
                "usr/bin/dbus-daemon",
                "etc/init.d/dbus",
                "usr/lib/systemd/system/dbus.",
                "usr/lib/systemd/system/sockets.target.wants/dbus.socket",
                "usr/lib/systemd/system/multi-user.target.wants/dbus.service",
            ],
        }
    }
}

/// What a command on a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A service: started by the host's systemd, with the environment of one. It takes the message bus.
    Service,
    /// A scope: started by whoever asks, and put into a unit. It takes systemd's private socket only.
    Scope,
}

/// A directory or file of the machine that the host sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) source: PathBuf,
    pub(crate) destination: PathBuf,
    pub(crate) access: Access,
}

/// What the host may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

/// What a host is made of.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) tree: PathBuf,
    pub(crate) manager: Manager,
    pub(crate) unit: Unit,
    pub(crate) redd: Option<PathBuf>,
    pub(crate) removed: Vec<Part>,
    pub(crate) masked: Vec<String>,
    pub(crate) files: Vec<(PathBuf, String)>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) binds: Vec<Bind>,
}

impl Options {
    /// A host of a tree, whole, bare, without redd in it.
    #[must_use]
    pub fn of(tree: &Path) -> Self {
        Self {
            tree: tree.to_owned(),
            manager: Manager::Bare,
            unit: Unit::Service,
            redd: None,
            removed: Vec::new(),
            masked: Vec::new(),
            files: Vec::new(),
            environment: Vec::new(),
            binds: Vec::new(),
        }
    }

    /// Who makes it. A host made by redd has the tree as it is: nothing is removed, masked or written there.
    #[must_use]
    pub fn made_by(mut self, manager: Manager) -> Self {
        self.manager = manager;
        self
    }

    /// The redd that is installed there, as a copy: `/usr/local/bin/redd`.
    #[must_use]
    pub fn redd(mut self, binary: &Path) -> Self {
        self.redd = Some(binary.to_owned());
        self
    }

    /// Payload trees, at `/trees`, where nobody can write to them.
    #[must_use]
    pub fn trees(self, directory: &Path) -> Self {
        self.bind_read_only(directory, Path::new("/trees"))
    }

    /// Leaves out something of systemd's.
    #[must_use]
    pub fn without(mut self, part: Part) -> Self {
        self.removed.push(part);
        if part == Part::Bus { self.commands_as(Unit::Scope) } else { self }
    }

    /// What commands on the host are, where the bus is there and does not work.
    #[must_use]
    pub fn commands_as(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// Masks a unit.
    #[must_use]
    pub fn masked(mut self, unit: &str) -> Self {
        self.masked.push(unit.to_owned());
        self
    }

    /// Writes a file there before systemd starts; one below a `.wants` directory should be a link, see [`Options::enabled`].
    #[must_use]
    pub fn file(mut self, path: &str, contents: &str) -> Self {
        self.files.push((PathBuf::from(path), contents.to_owned()));
        self
    }

    /// Puts a unit there that starts with the host.
    #[must_use]
    pub fn enabled(self, unit: &str, contents: &str) -> Self {
        let wants = "[Unit]\nWants=";
        let drop_in = format!("/etc/systemd/system/multi-user.target.d/{unit}.conf");
        self.file(&format!("/etc/systemd/system/{unit}"), contents)
            .file(&drop_in, &format!("{wants}{unit}\n"))
    }

    /// A variable of its systemd's environment.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Shows it a directory or a file of the machine.
    #[must_use]
    pub fn bind(mut self, source: &Path, destination: &Path) -> Self {
        let (source, destination) = (source.to_owned(), destination.to_owned());
        self.binds.push(Bind { source, destination, access: Access::ReadWrite });
        self
    }

    /// The same, where it cannot write.
    #[must_use]
    pub fn bind_read_only(mut self, source: &Path, destination: &Path) -> Self {
        let (source, destination) = (source.to_owned(), destination.to_owned());
        self.binds.push(Bind { source, destination, access: Access::ReadOnly });
        self
    }
}
