//! A system call fails (G2, G3): no panic, full confinement or no start, and nothing is left.
//!
//! A spread sample by default; every point and every error with `cargo xtask error-sweep`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::print_stderr, reason = "a sweep says how far it went")]

use std::process::{Command, Output};

use redd_tests::sweep::{
    Fault, Point, Scope, child_points, is_complete, output_with_fault_in_child, points, selected, with_fault,
    with_refusal,
};
use redd_tests::{Leftovers, Need, needs, redd, run, unique_name};

/// Calls that the kernel never refuses: a shell that is told it is user -12 becomes that user.
const NEVER_FAILING: [&str; 8] =
    ["getuid", "geteuid", "getgid", "getegid", "getpid", "getppid", "gettid", "umask"];

const ERRORS: [&str; 6] = ["EINTR", "ENOMEM", "ENOSPC", "EMFILE", "EIO", "EPERM"];

/// What a payload can see of its confinement, and tries to do in spite of it.
const PROBE: &str = "\
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Umask)' /proc/self/status
grep -E '^(Max)' /proc/self/limits
cat /proc/self/uid_map /proc/self/gid_map /proc/self/oom_score_adj /proc/self/cgroup
cut -d' ' -f4-6 /proc/self/mountinfo
cat /proc/sys/kernel/hostname; pwd; ls /proc/self/fd
ls /sys/class/net; ls /dev; cat /proc/keys
mknod /dev/disk b 8 0 && echo mknod
unshare -U true && echo unshare
exit 0";

/// One way to start, and what its payload sees when nothing goes wrong.
struct Start {
    name: String,
    options: &'static [&'static str],
}

impl Start {
    fn new(options: &'static [&'static str]) -> Self {
        Self { name: unique_name(), options }
    }

    /// A start that runs these words.
    fn running(&self, words: &[&str]) -> Command {
        let mut command = redd();
        command.args([
            "run",
            "-M",
            &self.name,
            "-P",
            "--ephemeral",
            "--network-veth=no",
            "--hostname=probed",
        ]);
        command.args(self.options).arg(Need::Debian13.tree()).arg("--").args(words);
        command
    }

    fn probing(&self) -> Command {
        self.running(&["/bin/sh", "-c", PROBE])
    }

    /// What the payload sees; nothing where it did not run.
    fn seen(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether the start went through in spite of a fault; it ended for certain, or is confined as ever.
    fn check(&self, at: &str, output: &Output, confined: &str) -> bool {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let at = format!("{at}: {complaint}");
        assert!(!complaint.contains("panicked") && !complaint.contains("a bug in redd"), "{at}");
        // Without memory for a few bytes a program can only end.
        let is_out_of_memory = complaint.contains("memory allocation of");
        assert!(output.status.code().is_some() || is_out_of_memory, "ended by a signal: {at}");
        let seen = Self::seen(output);
        // What the fault did to the probe's own shell is no matter of redd's: it sees less then, never more.
        let beyond: Vec<&str> =
            seen.lines().filter(|line| !confined.lines().any(|known| known == *line)).collect();
        assert!(beyond.is_empty(), "a payload ran with {beyond:?}: {at}");
        // What is left behind is said without saying after what.
        eprintln!("{at}");
        // Where it is an undoing that failed, the journal has it.
        assert_eq!(run(["gc"]).status, 0, "{at}");
        Leftovers::before(&self.name).assert_none();
        output.status.success() && seen == confined
    }
}

/// Every selected point, each with another error; all errors where all points are swept.
fn sweep(
    start: &Start,
    points: &[Point],
    output_with_fault: impl Fn(&Command, &Point, &'static str) -> Output,
) {
    let confined = Start::seen(&start.probing().output().unwrap());
    assert!(confined.contains("Seccomp:\t2"), "{confined}");
    assert!(!confined.lines().any(|line| line == "mknod"), "{confined}");
    let (mut tries, mut starts) = (0, 0);
    for (number, point) in points.iter().enumerate() {
        let errors = if is_complete() { &ERRORS[..] } else { &ERRORS[number % ERRORS.len()..][..1] };
        for &error in errors {
            let output = output_with_fault(&start.probing(), point, error);
            tries += 1;
            starts += usize::from(start.check(&format!("{error} at {point}"), &output, &confined));
        }
    }
    eprintln!("{tries} faults, {starts} starts that were not impaired");
    assert!(starts < tries, "some fault has to matter");
}

/// Faults of whichever process gets to a point first.
fn sweep_every_process(start: &Start) {
    let mut all = points(&start.running(&["/bin/true"]), Scope::EveryProcess, |_process| {});
    // The C library's own start, before anything of redd's: it ends the process where this fails.
    // And a shell that cannot close a pipe has one more descriptor, whatever redd does.
    all.retain(|point| !["arch_prctl", "close"].contains(&point.system_call.as_str()));
    // The language's own start, before main, ends the process where one of these fails.
    const BEFORE_MAIN: [&str; 4] = ["mmap", "mprotect", "poll", "rt_sigaction"];
    all.retain(|point| point.occurrence > 1 || !BEFORE_MAIN.contains(&point.system_call.as_str()));
    all.retain(|point| !NEVER_FAILING.contains(&point.system_call.as_str()));
    sweep(start, &selected(all, 80), |command, point, error| {
        with_fault(command, Scope::EveryProcess, point, Fault::Fails(error)).output().unwrap()
    });
}

/// Faults of the child, until it executes the payload.
fn sweep_child(start: &Start) {
    let mut all = child_points(&start.running(&["/bin/true"]));
    // The kernel's close(2) closes whatever it says; one that is not made at all is no failure.
    all.retain(|point| point.system_call != "close");
    all.retain(|point| !NEVER_FAILING.contains(&point.system_call.as_str()));
    sweep(start, &selected(all, 90), output_with_fault_in_child);
}

#[test]
fn a_failing_system_call_ends_a_start_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep_every_process(&Start::new(&[]));
}

#[test]
fn a_failing_system_call_ends_a_start_without_a_user_namespace_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep_every_process(&Start::new(&["--private-users=no"]));
}

#[test]
fn a_failing_system_call_of_the_child_ends_a_start_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep_child(&Start::new(&[]));
}

#[test]
fn a_failing_system_call_of_the_child_ends_a_start_without_a_user_namespace_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep_child(&Start::new(&["--private-users=no"]));
}

#[test]
fn a_failing_system_call_of_a_start_with_overlays_ends_it_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep_every_process(&Start::new(&["--overlay=/usr/lib::/mnt", "--overlay-ro=/usr/share::/opt"]));
}

/// The verifier gives up where a signal waits: a window that changes its size, a job that goes on.
#[test]
fn a_signal_while_the_device_filter_is_loaded_does_not_end_a_start() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let start = Start::new(&[]);
    let load = Point { system_call: "bpf".to_owned(), occurrence: 1 };
    let command = start.running(&["/bin/echo", "it runs"]);
    let mut command = with_fault(&command, Scope::Supervisor, &load, Fault::Fails("EAGAIN"));
    let output = command.output().unwrap();
    assert_eq!(Start::seen(&output), "it runs\n", "{}", String::from_utf8_lossy(&output.stderr));
}

/// G3: what confines fails for good, in whichever process; the payload never runs without it.
#[test]
fn a_protection_that_the_kernel_refuses_prevents_the_start() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    const PROTECTIONS: [&str; 16] = [
        "seccomp",
        "capset",
        "setgroups",
        "setresuid",
        "setresgid",
        "pivot_root",
        "mount_setattr",
        "bpf",
        "umount2",
        "keyctl",
        "prctl",
        "clone3",
        "unshare",
        "open_tree",
        "move_mount",
        "fsmount",
    ];
    for options in [&[][..], &["--private-users=no"]] {
        for system_call in PROTECTIONS {
            for error in ["EPERM", "ENOSYS", "EINVAL"] {
                let start = Start::new(options);
                let mut command = with_refusal(&start.running(&["/bin/echo", "it runs"]), system_call, error);
                let output = command.output().unwrap();
                let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.stdout.is_empty(), "it runs without {system_call} ({error}), {options:?}");
                assert!(!complaint.contains("panicked"), "{system_call} ({error}): {complaint}");
                assert_eq!(run(["gc"]).status, 0);
                Leftovers::before(&start.name).assert_none();
            }
        }
    }
}
