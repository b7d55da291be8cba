//! A machine on a host: started, looked at, ended, and what is left of it then.

use std::path::Path;

use redd_lab::{Host, Options, Run};
use redd_tests::{host_options, tiny_tree};

/// The name of the machine.
pub(crate) const NAME: &str = "web";
/// Where a tree is that boots within milliseconds.
pub(crate) const TINY: &str = "/srv/tiny";

/// A host with a tree that boots within milliseconds. The tree is the machine's, and has to outlive the host.
pub(crate) struct Place {
    pub(crate) host: Host,
    before: String,
    _tree: tempfile::TempDir,
}

impl Place {
    /// A host of this kind.
    pub(crate) fn with(change: impl FnOnce(Options) -> Options) -> Self {
        let tree = tiny_tree();
        let options = host_options().bind_read_only(tree.path(), Path::new(TINY));
        let host = Host::boot(&change(options)).unwrap_or_else(|why| panic!("{why}"));
        let before = traces(&host);
        Self { host, before, _tree: tree }
    }

    /// An ordinary one.
    pub(crate) fn ordinary() -> Self {
        Self::with(|options| options)
    }

    /// Does something on the host that is to stay.
    pub(crate) fn changed(mut self, script: &str) -> Self {
        let run = self.host.enter(&["bash", "-c", script]);
        assert_eq!(run.status, 0, "{script}: {run:?}");
        self.before = traces(&self.host);
        self
    }

    /// Starts the machine in the background, with more options; has to succeed.
    pub(crate) fn start(&self, options: &str) -> Run {
        let run = self.host.shell(&format!("redd start -M {NAME} {options} --read-only -D {TINY}"));
        assert_eq!(run.status, 0, "{run:?}");
        run
    }

    /// Starts and stops the machine. Both succeed, and at most one line is said of what the host lacks; that line. Controllers
    /// are what this lab lacks.
    pub(crate) fn starts_and_stops(&self, options: &str) -> String {
        let started = self.start(options);
        let lines = started
            .stderr
            .lines()
            .filter(|line| !line.contains("the host offers no memory, pids controller"));
        assert!(lines.count() <= 1, "{started:?}");
        let listed = self.host.enter(&["redd", "list", "--no-legend"]).printed();
        assert!(listed.contains(NAME) && listed.contains("running"), "{listed}");
        assert_eq!(self.host.enter(&["redd", "exec", NAME, "--", "/usr/bin/echo", "in"]).printed(), "in");
        assert_eq!(self.host.enter(&["redd", "stop", NAME]).status, 0);
        self.assert_nothing_left();
        started.stderr
    }

    /// The host is as it was before there was a machine, at once or after a moment of whoever cleans up.
    pub(crate) fn assert_nothing_left(&self) {
        let deadline = std::time::Instant::now() + redd_lab::time_limit(std::time::Duration::from_secs(20));
        loop {
            let now = traces(&self.host);
            if now == self.before {
                return;
            }
            if std::time::Instant::now() > deadline {
                let new: Vec<_> =
                    now.lines().filter(|line| !self.before.lines().any(|old| old == *line)).collect();
                let gone: Vec<_> =
                    self.before.lines().filter(|line| !now.lines().any(|new| new == *line)).collect();
                panic!("left: {new:#?}\ngone: {gone:#?}");
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    /// Ends the host as somebody would.
    pub(crate) fn power_off(self) {
        self.host.power_off();
    }

    /// What is written of the machine.
    pub(crate) fn record(&self) -> serde_json::Value {
        let path = self.host.path(format!("/run/redd/machines/{NAME}/state.json"));
        serde_json::from_slice(
            &std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        )
        .unwrap()
    }
}

/// Cgroups, units, mounts, links, registrations, records and processes; not those that come and go with commands, nor what
/// all machines share: systemd-machined, which starts when somebody asks it, and the place for links to their sockets.
fn traces(host: &Host) -> String {
    const SCRIPT: &str = r"
        find /sys/fs/cgroup -type d | grep -v -e '/run-[^/]*$' -e '/machine.slice$' -e '/system-[^/]*.slice$' -e '/systemd-machined.service$'
        timeout 10 systemctl list-units --all --plain --no-legend --type=scope,service,mount,slice machine* redd* *web* | grep -v '^machine.slice'
        sed 's/^[^-]* - //; s/,size=[^,]*//' /proc/1/mountinfo
        ip -o link | cut -d: -f2
        ls /run/redd/machines /run/redd/locks /run/systemd/machines /run/systemd/nspawn /var/lib/redd/ephemeral /tmp 2> /dev/null | grep -v -e '^systemd-private' -e '^unix-export$' -e '^$' -e ':$'
        pgrep -a redd
        true";
    let mut lines: Vec<_> = host.enter(&["bash", "-c", SCRIPT]).stdout.lines().map(str::to_owned).collect();
    lines.sort();
    lines.join("\n")
}
