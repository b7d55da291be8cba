//! Looking at machines: running ones, frozen ones, hostile ones, and those whose supervisor does not answer.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use redd_tests::schema::Schema;
use redd_tests::{Background, Need, minimal_tree, needs, own_tree, redd, run, time_limit, unique_name};
use serde_json::Value;

/// How long something may take on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Where a tree is found by its name, and nobody else's are.
const TREES: &str = "/run/machines";

/// A machine that a redd of the test's runs.
struct Started {
    name: String,
    process: Child,
}

impl Started {
    /// Runs a command in a tree until it is in a state.
    fn run(options: &[&str], tree: &Path, command: &[&str], state: &str) -> Self {
        let (options, command) = ([&["-P"], options].concat(), [&["--"], command].concat());
        Self::start("run", &options, tree, &command, state)
    }

    fn start(verb: &str, options: &[&str], tree: &Path, words: &[&str], state: &str) -> Self {
        let name = unique_name();
        let mut command = redd();
        command.args([verb, "-M", &name]).args(options).arg(tree).args(words);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Self { name, process };
        started.wait_for(state);
        started
    }

    /// One that sleeps, in a tree that has nothing but busybox.
    fn sleeping(tree: &Path, options: &[&str], state: &str) -> Self {
        let options = [&["--network-veth=no", "--private-network"], options].concat();
        Self::run(&options, tree, &["/usr/bin/busybox", "sleep", "1000"], state)
    }

    /// One that boots, and whose PID 1 is stopped before it is ready.
    fn that_never_starts() -> Self {
        let options = ["-x", "--network-veth=no", "--private-network"];
        let started = Self::start("boot", &options, &Need::Debian13.tree(), &[], "starting");
        let record = format!("/run/redd/machines/{}/state.json", started.name);
        let deadline = Instant::now() + time_limit(TIMEOUT);
        while fs::metadata(&record).is_err() {
            assert!(Instant::now() < deadline, "no {record}");
        }
        let leader = show(&started.name)["leader"].to_string();
        assert!(Command::new("kill").args(["-s", "STOP", &leader]).status().unwrap().success());
        started
    }

    fn wait_for(&self, state: &str) {
        let deadline = Instant::now() + time_limit(TIMEOUT);
        while state_of(&self.name).as_deref() != Some(state) {
            assert!(Instant::now() < deadline, "{} is {:?}, not {state}", self.name, state_of(&self.name));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal_supervisor(&self, signal: &str) {
        let status = Command::new("kill").args(["-s", signal, &self.process.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A tree that has a name, and is removed at the end.
struct Named(PathBuf);

impl Named {
    fn new(os_release: &str) -> Self {
        let path = Path::new(TREES).join(unique_name());
        fs::create_dir_all(path.join("etc")).unwrap();
        fs::write(path.join("etc/os-release"), os_release).unwrap();
        Self(path)
    }

    fn name(&self) -> &str {
        self.0.file_name().unwrap().to_str().unwrap()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn list(options: &[&str]) -> Vec<Value> {
    let found = run([&["list", "--json"], options].concat());
    assert_eq!((found.status, found.errors.as_str()), (0, ""));
    serde_json::from_str(&found.output).unwrap()
}

fn state_of(name: &str) -> Option<String> {
    let machines = list(&["--all"]);
    let machine = machines.into_iter().find(|machine| machine["name"] == name)?;
    machine["state"].as_str().map(str::to_owned)
}

fn show(name: &str) -> Value {
    let shown = run(["show", name]);
    assert_eq!((shown.status, shown.errors.as_str()), (0, ""));
    serde_json::from_str(&shown.output).unwrap()
}

fn assert_fits(schema: &str, value: &Value) {
    assert_eq!(Schema::read(schema).breaches(value), [] as [String; 0], "{value:#}");
}

/// Whether a terminal shows it, and does nothing else.
fn is_harmless(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() && character != '\n')
}

#[test]
fn a_list_has_machines_in_every_state() {
    needs!(Need::Root, Need::Debian13);
    let tree = minimal_tree();
    let running = Started::sleeping(tree.path(), &["-x"], "running");
    let starting = Started::that_never_starts();
    let paused = Started::sleeping(tree.path(), &["-x"], "running");
    assert_eq!(run(["pause", &paused.name]).status, 0);
    let stopped = Named::new("PRETTY_NAME=\"A system\"\n");
    let names = run(["list", "-q"]).output;
    let table = run(["ls"]).output;
    for (name, state, os) in [
        (running.name.as_str(), "running", "test"),
        (&starting.name, "starting", "Debian"),
        (&paused.name, "paused", "test"),
        (stopped.name(), "stopped", "A system"),
    ] {
        assert_eq!(state_of(name).as_deref(), Some(state), "{table}");
        assert!(names.lines().any(|line| line == name), "{names}");
        let row = table.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        assert!(row.contains(state) && row.contains(os), "{row}");
    }
    assert!(table.starts_with("NAME "), "{table}");
    assert!(!run(["list", "--no-legend"]).output.contains("UPTIME"));
    assert!(!run(["list", "-q", "--running"]).output.contains(stopped.name()));
    // What is frozen is looked at all the same.
    let status = run(["status", &paused.name]);
    assert_eq!(status.status, 0);
    assert!(status.output.contains("paused") && status.output.contains("sleep 1000"), "{}", status.output);
}

#[test]
fn a_supervisor_that_hangs_keeps_nobody_waiting_for_the_others() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let hanging = Started::sleeping(tree.path(), &["-x"], "running");
    let other = Started::sleeping(tree.path(), &["-x"], "running");
    hanging.signal_supervisor("STOP");
    assert_eq!(state_of(&hanging.name).as_deref(), Some("unresponsive"));
    assert_eq!(state_of(&other.name).as_deref(), Some("running"));
    let status = run(["status", &hanging.name]);
    // What the kernel knows needs no supervisor.
    assert!(
        status.output.contains("unresponsive") && status.output.contains("sleep 1000"),
        "{}",
        status.output
    );
    hanging.signal_supervisor("CONT");
    hanging.wait_for("running");
}

#[test]
fn what_a_killed_redd_left_is_shown_where_all_is_asked_for() {
    needs!(Need::Root);
    let name = unique_name();
    let directory = format!("/run/redd/machines/{name}");
    fs::create_dir_all(&directory).unwrap();
    assert_eq!(state_of(&name).as_deref(), Some("leftover"));
    assert!(!run(["list", "-q"]).output.contains(&name));
    assert_eq!(run(["status", &name]).status, 3);
    assert_eq!(run(["gc"]).status, 0);
    assert_eq!(state_of(&name), None);
}

#[test]
fn what_is_not_there_or_does_not_run_ends_with_three() {
    needs!(Need::Root);
    let stopped = Named::new("ID=x\n");
    let absent = unique_name();
    let status = run(["status", stopped.name()]);
    assert_eq!(status.status, 3);
    assert!(status.output.contains("stopped"), "{}", status.output);
    for verb in ["status", "show"] {
        let run = run([verb, &absent]);
        assert_eq!((run.status, run.output.as_str()), (3, ""), "{verb}");
        assert!(run.errors.contains(&absent), "{}", run.errors);
    }
    // One that is there is shown, whatever the others are.
    let both = run(["show", &absent, stopped.name()]);
    let shown: Value = serde_json::from_str(&both.output).unwrap();
    assert_eq!((both.status, &shown[0]["state"]), (3, &"stopped".into()));
}

#[test]
fn settings_files_links_and_hidden_directories_are_no_machines() {
    needs!(Need::Root);
    let tree = Named::new("ID=x\n");
    let name = tree.name();
    fs::write(format!("{TREES}/{name}.nspawn"), "").unwrap();
    fs::create_dir_all(format!("{TREES}/.#{name}")).unwrap();
    let names = run(["list", "-q"]).output;
    let of_this = names.lines().filter(|line| line.contains(name));
    assert_eq!(of_this.collect::<Vec<_>>(), [name]);
    fs::remove_file(format!("{TREES}/{name}.nspawn")).unwrap();
    fs::remove_dir(format!("{TREES}/.#{name}")).unwrap();
}

/// A10, A42: PID 1 says and names what a terminal would obey.
const HOSTILE: &str = "use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); \
    $0 = \"\\e]0;process\\a\"; mkdir \"/sys/fs/cgroup/\\e[31munit\\xff\"; \
    open(P, '>', \"/sys/fs/cgroup/\\e[31munit\\xff/cgroup.procs\") or die $!; print P \"1\"; close P; \
    send(S, \"STATUS=\\e]52;c;aGk=\\a\\nREADY=1\", 0, sockaddr_un($ENV{NOTIFY_SOCKET})) or die $!; sleep 1000";

#[test]
fn nothing_that_a_payload_says_of_itself_reaches_a_terminal() {
    needs!(Need::Root, Need::Debian13);
    let poison = "\x1b]52;c;aGk=\x07\u{9b}31m";
    let tree = Named::new(&format!("PRETTY_NAME=\"{poison}\"\nNAME=\"\u{202e}x\"\n"));
    let options = ["-x", "--as-pid1", "--notify-ready=yes", "--network-veth=no", "--private-network"];
    let machine =
        Started::run(&options, &Need::Debian13.tree(), &["/usr/bin/perl", "-e", HOSTILE], "running");
    let name = machine.name.as_str();
    let deadline = Instant::now() + time_limit(TIMEOUT);
    while show(name)["status"].is_null() {
        assert!(Instant::now() < deadline, "{name} says nothing");
    }
    let status = run(["status", name]);
    for part in ["STATUS", "unit", "process"] {
        let part = part.replace("STATUS", "52;c;aGk=");
        assert!(status.output.contains(&part), "no {part} in {}", status.output);
    }
    let commands: [&[&str]; 6] = [
        &["list"],
        &["list", "--json"],
        &["status", name],
        &["show", name],
        &["status", tree.name()],
        &["top", "--once"],
    ];
    for words in commands {
        let run = run(words.iter().copied());
        assert!(is_harmless(&run.output) && is_harmless(&run.errors), "{words:?}: {run:?}");
        assert!(!run.output.contains("\\u001b") && !run.output.contains('\u{202e}'), "{words:?}: {run:?}");
    }
}

#[test]
fn what_is_printed_for_programs_is_as_documented() {
    needs!(Need::Root, Need::Debian13);
    let stopped = Named::new("ID=x\n");
    let tree = Need::Debian13.tree();
    let machine = Started::run(&["-x"], &tree, &["/usr/bin/sleep", "1000"], "running");
    assert_fits("list", &Value::from(list(&["--all"])));
    let shown = show(&machine.name);
    assert_fits("show", &shown);
    assert_fits("show", &show(stopped.name()));
    assert_eq!(shown["network"], "private");
    for field in ["memory", "memoryMax", "cpu", "processes", "processesMax"] {
        assert!(shown["usage"][field].is_u64(), "{field}: {}", shown["usage"]);
    }
    let times = ["begun", "planned", "cloned", "executed"].map(|time| shown["times"][time].as_u64().unwrap());
    assert!(times.is_sorted() && times[0] > 0, "{times:?}");
    let top = run(["top", "--json", "--once", "-d", "0.1"]);
    assert_fits("top", &serde_json::from_str(&top.output).unwrap());
    let booted = shown["booted"].as_str().unwrap();
    assert!(booted.ends_with('Z') && booted.contains('T'), "{booted}");
}

#[test]
fn addresses_inside_are_seen_from_outside() {
    needs!(Need::Root, Need::Debian13);
    let machine = Started::run(&["-x"], &Need::Debian13.tree(), &["/usr/bin/sleep", "1000"], "running");
    let leader = show(&machine.name)["leader"].to_string();
    let inside = |words: &[&str]| {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &leader, "ip"]).args(words);
        assert!(command.status().unwrap().success());
    };
    inside(&["address", "add", "10.93.1.2/24", "dev", "host0"]);
    inside(&["address", "add", "2001:db8::7/64", "dev", "host0", "nodad"]);
    inside(&["link", "set", "host0", "up"]);
    let addresses = show(&machine.name)["addresses"].clone();
    let has = |address: &str| addresses.as_array().unwrap().contains(&address.into());
    assert!(has("10.93.1.2") && has("2001:db8::7") && !has("127.0.0.1"), "{addresses}");
    assert!(run(["list"]).output.contains("10.93.1.2,2001:db8::7"));
}

/// Lines of `redd events`, as they come.
struct Heard {
    process: Child,
    lines: mpsc::Receiver<Value>,
}

impl Heard {
    fn begin(names: &[&str]) -> Self {
        let mut process = redd().arg("events").args(names).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::Builder::new()
            .spawn(move || {
                for line in output.lines().map_while(Result::ok) {
                    drop(sender.send(serde_json::from_str(&line).unwrap()));
                }
            })
            .unwrap();
        Self { process, lines }
    }

    /// The next event of a machine's, and whatever comes before it.
    fn wait_for(&self, machine: &str, field: &str, value: &str) {
        loop {
            let event = self.lines.recv_timeout(time_limit(TIMEOUT)).unwrap();
            assert_fits("events", &event);
            if event["machine"] == machine && event[field] == value {
                return;
            }
        }
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn events_tell_of_machines_that_are_there_and_of_those_that_come_later() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let early = Started::sleeping(tree.path(), &["-x"], "running");
    let heard = Heard::begin(&[]);
    heard.wait_for(&early.name, "phase", "running");
    let late = Started::sleeping(tree.path(), &["-x"], "running");
    heard.wait_for(&late.name, "phase", "running");
    assert_eq!(run(["pause", &late.name]).status, 0);
    heard.wait_for(&late.name, "event", "paused");
    assert_eq!(run(["terminate", &early.name]).status, 0);
    heard.wait_for(&early.name, "event", "exited");
}

#[test]
fn events_of_named_machines_tell_of_no_others() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let name = unique_name();
    let heard = Heard::begin(&[&name]);
    let other = Started::sleeping(tree.path(), &["-x"], "running");
    let mut command = redd();
    command.args(["run", "-P", "-x", "--network-veth=no", "-M", &name]).arg(tree.path());
    command.args(["--", "/usr/bin/busybox", "cat"]).stdin(Stdio::piped());
    let mut process = command.spawn().unwrap();
    heard.wait_for(&name, "phase", "running");
    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
    loop {
        let event = heard.lines.recv_timeout(time_limit(TIMEOUT)).unwrap();
        assert_ne!(event["machine"], other.name.as_str());
        if event["event"] == "exited" {
            assert_eq!((&event["machine"], &event["status"]), (&name.as_str().into(), &0.into()));
            break;
        }
    }
}

/// A tree whose init is this script.
fn tree_with_init(script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = minimal_tree();
    fs::create_dir_all(tree.path().join("usr/sbin")).unwrap();
    std::os::unix::fs::symlink("usr/sbin", tree.path().join("sbin")).unwrap();
    let init = tree.path().join("usr/sbin/init");
    fs::write(&init, format!("#!/usr/bin/busybox sh\n{script}\n")).unwrap();
    fs::set_permissions(init, fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

/// A machine in the background whose init ended, by its name.
fn ended(options: &[&str], script: &str) -> String {
    let tree = tree_with_init(script);
    let machine = Background::named(&unique_name());
    let options = [&["--network-veth=no", "--private-network"], options].concat();
    // It may be over before its start is.
    drop(redd_tests::finish(machine.starting(tree.path(), &options)));
    wait_for_ending(&machine.name);
    machine.name.clone()
}

/// Its tree has no name: what is known of it then is how it ended.
fn wait_for_ending(name: &str) {
    let deadline = Instant::now() + time_limit(TIMEOUT);
    let is_ended = || {
        let shown = run(["show", name]);
        serde_json::from_str::<Value>(&shown.output).is_ok_and(|shown| !shown["ending"].is_null())
    };
    while !is_ended() {
        assert!(Instant::now() < deadline, "{name} does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_status_of_a_machine_that_failed_says_why_and_what_it_wrote_last() {
    needs!(Need::Root);
    let script = "printf 'the \\033[31mred\\033[0m end\\033]0;title\\007\\n'; exit 3";
    let name = ended(&[], script);
    let status = run(["status", &name]);
    assert_eq!(status.status, 3);
    assert!(status.output.contains("PID 1 ended with status 3"), "{}", status.output);
    assert!(status.output.contains("\nthe red end"), "{}", status.output);
    assert!(is_harmless(&status.output), "{}", status.output);
    let shown = show(&name);
    assert_fits("show", &shown);
    assert_eq!((&shown["ending"]["failed"], &shown["ending"]["status"]), (&true.into(), &3.into()));
    let logs = run(["logs", &name]);
    assert!(logs.output.contains("\nthe red end"), "{}", logs.output);
    assert!(is_harmless(&logs.output), "{}", logs.output);
    assert_eq!(run(["logs", "--boot", "-7", &name]).status, 1);
}

#[test]
fn the_status_of_a_machine_without_memory_says_so() {
    needs!(Need::Root);
    let name = ended(&["--memory=16M"], "x=0123456789abcdef; while :; do x=$x$x; done");
    let status = run(["status", &name]);
    assert!(status.output.contains("out of memory"), "{}", status.output);
    assert!(show(&name)["ending"]["oomKills"].as_u64() > Some(0));
}

#[test]
fn what_somebody_asked_for_is_no_failure() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["-x"]);
    machine.does(&["terminate"], &[]);
    wait_for_ending(&machine.name);
    let ending = show(&machine.name)["ending"].clone();
    assert_eq!((&ending["failed"], &ending["asked"]), (&false.into(), &true.into()), "{ending}");
}

#[test]
fn units_that_failed_inside_and_mounts_are_in_the_status() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["-x"]);
    machine.does(&["wait"], &["--for", "running"]);
    assert!(machine.does(&["status"], &[]).contains("running, none failed"));
    drop(machine.verb(&["exec"], &["--", "systemd-run", "--wait", "--unit=broken", "false"]));
    let status = machine.does(&["status"], &[]);
    assert!(status.contains("degraded, failed: broken.service"), "{status}");
    let source = tempfile::tempdir().unwrap();
    machine.does(&["mount", "add"], &[source.path().to_str().unwrap(), "/mnt"]);
    let status = machine.does(&["status"], &[]);
    assert!(status.contains(&format!("Mount: {}:/mnt", source.path().display())), "{status}");
    assert_fits("show", &show(&machine.name));
    // Who is frozen is asked for nothing.
    machine.does(&["pause"], &[]);
    assert!(machine.does(&["status"], &[]).contains("console-getty.service"));
    machine.does(&["resume"], &[]);
    machine.stop();
}

#[test]
fn a_boot_is_drawn_with_the_steps_of_redd_and_the_units_of_the_payload() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["-x"]);
    machine.does(&["wait"], &["--for", "running"]);
    let picture = machine.does(&["boot-plot"], &[]);
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>"), "{picture}");
    for part in ["redd: composes and confines", "systemd: start-up", "systemd-journald.service"] {
        assert!(picture.contains(part), "no {part} in {picture}");
    }
    assert!(!picture.contains("not finished"), "{picture}");
    let name = machine.name.clone();
    machine.stop();
    assert_eq!(run(["boot-plot", &name]).status, 3);
}

#[test]
fn a_journal_is_read_while_its_machine_runs_and_when_it_is_stopped() {
    needs!(Need::Root, Need::Debian13);
    let tree = own_tree();
    fs::create_dir_all(tree.path().join("var/log/journal")).unwrap();
    let name = unique_name();
    fs::create_dir_all(TREES).unwrap();
    std::os::unix::fs::symlink(tree.path(), Path::new(TREES).join(&name)).unwrap();
    assert_eq!(run(["start", &name]).status, 0);
    let write = ["exec", &name, "--", "sh", "-c", "echo a word to keep | systemd-cat; journalctl --sync"];
    assert_eq!(run(write).status, 0);
    let word = |run: redd_tests::Run| {
        assert_eq!(run.status, 0, "{run:?}");
        assert!(run.output.contains("a word to keep") && is_harmless(&run.output), "{run:?}");
    };
    word(run(["logs", "--journal", &name]));
    assert_eq!(run(["stop", &name]).status, 0);
    word(run(["logs", "--journal", &name]));
    fs::remove_file(Path::new(TREES).join(name)).unwrap();
}
