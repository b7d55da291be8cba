//! `redd check` on real containers: whole ones, broken ones, hostile ones.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use redd_tests::{CgroupView, HostUsers, Leftovers, Machine, Need, Run, in_view, needs, redd, run};

/// A verdict and what shows it, by the id of the check.
type Verdicts = BTreeMap<String, (String, String)>;

fn verdicts(json: &str) -> Verdicts {
    let report: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let text = |value: &serde_json::Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let judgements = report["judgements"].as_array().expect("judgements").iter();
    judgements
        .map(|judgement| {
            (text(judgement, "check"), (text(judgement, "verdict"), text(judgement, "evidence")))
        })
        .collect()
}

fn check(words: &[&str]) -> (Run, Verdicts) {
    let run = run([&["check", "--json"], words].concat());
    assert!(run.status < 2, "{} {}", run.status, run.errors);
    let verdicts = verdicts(&run.output);
    (run, verdicts)
}

fn failed(verdicts: &Verdicts) -> Vec<String> {
    verdicts.iter().filter(|(_, (verdict, _))| verdict == "fail").map(|(id, _)| id.clone()).collect()
}

fn machine(options: &[&str]) -> Machine {
    Machine::boot(&Need::Debian13.tree(), options)
}

/// Each of these fails, and for each something is shown.
fn assert_fails(verdicts: &Verdicts, ids: &[&str]) {
    for id in ids {
        let (verdict, evidence) = &verdicts[*id];
        assert!(verdict == "fail" && !evidence.is_empty(), "{id}: {verdict}: {evidence}");
    }
}

/// What no unit and no manager's verb is needed for: most of it, and nothing of it fails.
#[test]
fn a_running_machine_is_judged_without_being_touched() {
    needs!(Need::Root, Need::Debian13);
    let machine = machine(&[]);
    let before = machine
        .shell("find / -xdev -newer /etc/machine-id 2>/dev/null | sort; cat /proc/self/mountinfo | wc -l");
    let (run, verdicts) = check(&[&machine.name]);
    assert_eq!((run.status, failed(&verdicts)), (0, Vec::<String>::new()));
    let passed = verdicts.values().filter(|(verdict, _)| verdict == "pass").count();
    assert!(passed > 60, "{passed}: {verdicts:?}");
    let after = machine
        .shell("find / -xdev -newer /etc/machine-id 2>/dev/null | sort; cat /proc/self/mountinfo | wc -l");
    assert_eq!(before, after);
    assert_eq!(machine.stop(), 0);
}

/// What units do is looked at, and nothing of that stays.
#[test]
fn an_active_check_leaves_nothing_in_the_machine() {
    needs!(Need::Root, Need::Debian13);
    let machine = machine(&[]);
    let leftovers = Leftovers::before("no-machine-has-this-name");
    let (_, verdicts) = check(&[&machine.name, "--active"]);
    assert_eq!(failed(&verdicts), Vec::<String>::new());
    for id in ["NO2.2", "NO2.14", "NO2.16", "BT.4", "EE3.16", "BT.11"] {
        assert_eq!(verdicts[id].0, "pass", "{id}: {}", verdicts[id].1);
    }
    let left = machine.shell(
        "find / -xdev -name '*redd-check*' 2>/dev/null; systemctl list-units --all --plain --no-legend 'redd-check*'; \
         ls /run | grep redd-check; mount | grep redd-check; true",
    );
    assert_eq!(left, "");
    leftovers.assert_no_mounts();
    machine.assert_runs_clean();
    assert_eq!(machine.stop(), 0);
}

#[test]
fn capabilities_that_should_not_be_there_are_seen() {
    needs!(Need::Root, Need::Debian13);
    let machine = machine(&["--capability=CAP_AUDIT_CONTROL,CAP_AUDIT_READ,CAP_AUDIT_WRITE"]);
    let (run, verdicts) = check(&[&machine.name]);
    assert_eq!(run.status, 1);
    assert_eq!(failed(&verdicts), ["NO8.1", "NO8.2", "NO8.3"]);
    assert_eq!(machine.stop(), 0);
}

/// systemd says `running`, and protects nothing: only what units can do shows that.
#[test]
fn hollow_sandboxes_are_seen_where_capabilities_are_missing() {
    needs!(Need::Root, Need::Debian13);
    let machine = machine(&["--drop-capability=CAP_SYS_ADMIN,CAP_MKNOD"]);
    let (_, verdicts) = check(&[&machine.name, "--active"]);
    let broken =
        ["NO1.1", "NO2.1", "NO2.2", "NO2.4", "NO2.5", "NO2.7", "NO2.8", "NO2.11", "NO2.14", "NO2.15", "BT.5"];
    assert_fails(&verdicts, &broken);
    assert_eq!(machine.stop(), 0);
}

#[test]
fn devices_that_nobody_should_have_are_seen() {
    needs!(Need::Root, Need::Debian13);
    let machine =
        machine(&["--private-users=no", "--bind=/dev/null:/dev/fuse", "--bind=/dev/null:/dev/tty7"]);
    let (_, verdicts) = check(&[&machine.name]);
    assert_fails(&verdicts, &["NO5.2", "NO4.1"]);
    assert_eq!(machine.stop(), 0);
}

#[test]
fn a_wrong_environment_is_seen() {
    needs!(Need::Root, Need::Debian13);
    let machine =
        machine(&["--setenv=container_ttys=tty1", "--hostname=another", "--tmpfs=/run/host/unix-export"]);
    let (_, verdicts) = check(&[&machine.name]);
    assert_fails(&verdicts, &["EV3.1", "EV3.2", "EE1.2"]);
    assert_eq!(machine.stop(), 0);
}

#[test]
fn what_cannot_be_judged_is_said_in_one_line() {
    needs!(Need::Root, Need::Debian13);
    let own = std::process::id().to_string();
    for (words, sentence) in [
        (&["no-such-machine"][..], "no machine of redd's is called no-such-machine"),
        (&["--pid", "4194303"], "there is no process 4194303"),
        (&["--pid", &own], "is no container's init"),
        (&["--manager", "no-such-manager"], "no adapter has that name"),
        (
            &["--manager", "redd", "--mode", "no-such-mode"],
            "there are: default, no-user-namespace, linked-journal",
        ),
        (&["--manager", "redd", "--image", "/proc/self/net/no-such-tree"], "/proc/self/net/no-such-tree"),
        (&["--explain", "EE99"], "EE99"),
        (&["--compare", "/no/such/file"], "/no/such/file"),
    ] {
        let run = run([&["check"], words].concat());
        assert_eq!((run.status, run.errors.lines().count()), (2, 1), "{words:?}: {}", run.errors);
        assert!(run.errors.contains(sentence), "{words:?}: {}", run.errors);
        assert_eq!(run.output, "", "{words:?}");
    }
}

/// A command as PID 1 of a throw-away copy, until it is dropped.
struct Other(Child);

impl Other {
    fn start(script: &str) -> (Self, u32) {
        let name = redd_tests::unique_name();
        let mut command = redd();
        command.args(["run", "--ephemeral", "--as-pid1", "-M", &name]).arg(Need::Debian13.tree());
        let process = command.args(["sh", "-c", script]).stdout(Stdio::null()).spawn().expect("redd");
        let other = Self(process);
        let path = format!("/run/redd/machines/{name}/state.json");
        for _ in 0..500 {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let state: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(pid) = state["leader"].as_u64().and_then(|pid| pid.try_into().ok())
                && std::fs::exists(format!("/proc/{pid}/root/ready")).unwrap_or(false)
            {
                return (other, pid);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("it does not get ready");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // The guard ends the payload, which would not listen to an orderly stop.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_payload_without_systemd_is_not_judged() {
    needs!(Need::Root, Need::Debian13);
    let (_other, pid) = Other::start("touch /ready; exec sleep 1000");
    let run = run(["check", "--pid", &pid.to_string()]);
    assert_eq!((run.status, run.output.as_str()), (2, ""));
    assert!(run.errors.contains("its init is no systemd"), "{}", run.errors);
}

/// A socket that floods, one that says nothing, one that lies about lengths: the checker ends, in time, with a line.
#[test]
fn a_hostile_payload_makes_itself_unjudgeable_and_nothing_else() {
    needs!(Need::Root, Need::Debian13);
    for answer in [
        "yes",
        "sleep 1000",
        "printf 'OK x\\r\\nAGREE_UNIX_FD\\r\\nl\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377'",
    ] {
        let script = format!(
            "mkdir -p /run/systemd; yes A | head -c 9000000 > /etc/machine-id; mkfifo /etc/hostname; \
             perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Local => \"/run/systemd/private\", Listen => 9); \
             open F, \">/ready\"; while ($c = $s->accept) {{ if (!fork) {{ open STDOUT, \">&\", $c; exec \"sh\", \"-c\", shift }} }}' \"{}\"",
            answer.replace('\\', "\\\\")
        );
        let (_other, pid) = Other::start(&script);
        let run = run(["check", "--pid", &pid.to_string()]);
        assert_eq!((run.status, run.errors.lines().count()), (2, 1), "{answer}: {}", run.errors);
        assert!(run.errors.chars().all(|character| !character.is_control() || character == '\n'));
    }
}

/// Extensions that redd has no option for yet. Every must and every should that applies is kept.
const NO_OPTION_YET: [&str; 2] = ["RH1.2", "UP.3"];

/// Boots, judges, and looks that nothing is left.
fn judge_redd(view: CgroupView, mode: &str) {
    let host = HostUsers::with_alice();
    let mut command = in_view(view, host.redd());
    command
        .args(["check", "--json", "--manager", "redd", "--mode", mode, "--image"])
        .arg(Need::Debian13Users.tree());
    let output = command.output().expect("redd");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
    let verdicts = verdicts(&text(&output.stdout));
    let failed = failed(&verdicts);
    let lines: Vec<_> = failed.iter().map(|id| format!("{id}: {}", verdicts[id].1)).collect();
    assert_eq!(failed, NO_OPTION_YET, "{}", lines.join("\n"));
    let not_judged =
        verdicts.iter().filter(|(_, (verdict, _))| verdict == "not-judged").map(|(id, _)| id.as_str());
    assert_eq!(not_judged.collect::<Vec<_>>(), ["NET1.2"]);
}

#[test]
fn redd_keeps_the_interface_by_default() {
    needs!(Need::Root, Need::Debian13Users);
    judge_redd(CgroupView::Native, "default");
}

#[test]
fn redd_keeps_the_interface_without_a_user_namespace() {
    needs!(Need::Root, Need::Debian13Users);
    judge_redd(CgroupView::Native, "no-user-namespace");
}

#[test]
fn redd_keeps_the_interface_with_version_2_of_cgroups_alone() {
    needs!(Need::Root, Need::Debian13Users);
    judge_redd(CgroupView::PureV2, "default");
}
