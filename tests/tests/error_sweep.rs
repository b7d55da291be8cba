//! A system call fails (G2, G3): no panic, full confinement or no start, and nothing is left.
//!
//! A spread sample by default; every point and every error with `cargo xtask error-sweep`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::print_stderr, reason = "a sweep says how far it went")]

use std::process::{Command, Output};

use redd_tests::sweep::{Fault, Point, Scope, is_complete, points, selected, with_fault, with_refusal};
use redd_tests::{Leftovers, Need, needs, redd, run, unique_name};

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

    /// Makes one call fail. Whether the start went through all the same.
    fn fail_at(&self, point: &Point, error: &'static str, confined: &str) -> bool {
        let mut command = with_fault(&self.probing(), Scope::EveryProcess, point, Fault::Fails(error));
        let output = command.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        let at = format!("{error} at {point}: {complaint}");
        assert!(!complaint.contains("panicked") && !complaint.contains("a bug in redd"), "{at}");
        // Without memory for a few bytes a program can only end.
        let is_out_of_memory = complaint.contains("memory allocation of");
        assert!(output.status.code().is_some() || is_out_of_memory, "ended by a signal: {at}");
        let seen = Self::seen(&output);
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
fn sweep(start: &Start, sample: usize) {
    let confined = Start::seen(&start.probing().output().unwrap());
    assert!(confined.contains("Seccomp:\t2"), "{confined}");
    assert!(!confined.lines().any(|line| line == "mknod"), "{confined}");
    let mut all = points(&start.running(&["/bin/true"]), Scope::EveryProcess, |_process| {});
    // The C library's own start, before anything of redd's: it ends the process where this fails.
    // And a shell that cannot close a pipe has one more descriptor, whatever redd does.
    all.retain(|point| !["arch_prctl", "close"].contains(&point.system_call.as_str()));
    let (mut tries, mut starts) = (0, 0);
    for (number, point) in selected(all, sample).iter().enumerate() {
        let errors = if is_complete() { &ERRORS[..] } else { &ERRORS[number % ERRORS.len()..][..1] };
        for &error in errors {
            tries += 1;
            starts += usize::from(start.fail_at(point, error, &confined));
        }
    }
    eprintln!("{tries} faults, {starts} starts that were not impaired");
    assert!(starts < tries, "some fault has to matter");
}

#[test]
fn a_failing_system_call_ends_a_start_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep(&Start::new(&[]), 80);
}

#[test]
fn a_failing_system_call_ends_a_start_without_a_user_namespace_or_changes_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    sweep(&Start::new(&["--private-users=no"]), 80);
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
