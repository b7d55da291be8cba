//! Strings: names, users, options, what redd prints and passes on, credentials.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use redd_tests::{Leftovers, Need, Run, minimal_tree, needs, redd, run, unique_name};

use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, recv};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, run_as, test, wait_until};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A40 control characters in names and options", Always, strange_words_are_refused_and_shown_harmless),
    test("A41 names that lead elsewhere", Always, a_name_leads_nowhere),
    test("A42 control characters in STATUS=", Always, a_status_is_passed_on_harmless),
    test("A42 control characters, or 1 MB, in os-release", Always, an_os_release_is_never_printed),
    test("A43 settings beside the tree and in it", Always, settings_of_a_tree_grant_it_nothing),
    test("A55 separators in paths and values of options", Always, separators_in_options_add_nothing),
    test("A56 read a credential as another user", Always, credentials_are_seen_by_root_inside_alone),
    test(
        "A56 find a credential in environment, state, plan or core file",
        Always,
        credentials_are_seen_by_root_inside_alone,
    ),
    test("A58 users that are numbers, or nearly", Always, a_user_is_who_was_asked_for),
];

/// What a terminal would act on, or show other than it is.
fn is_harmless(text: &str) -> bool {
    !text.chars().any(|character| {
        character.is_control() && character != '\n' || ('\u{202a}'..='\u{202e}').contains(&character)
    })
}

#[test]
fn strange_words_are_refused_and_shown_harmless() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let path = tree.path().display().to_string();
    let long = "a".repeat(300);
    let names = ["\x1b]52;c;aGk=\x07", "a\u{9b}31m", "a\rb", "a\nb", "a b", "a\u{202e}b", "-a", "--", &long];
    for name in names {
        for words in [
            vec!["run", "-M", name, &path, "/usr/bin/busybox", "true"],
            vec!["run", &format!("--hostname={name}"), &path, "/usr/bin/busybox", "true"],
            vec!["run", &format!("--{name}=x"), &path, "/usr/bin/busybox", "true"],
            vec!["run", &format!("--private-users={name}"), &path, "/usr/bin/busybox", "true"],
            vec!["run", &format!("--bind=/{name}:/x"), &path, "/usr/bin/busybox", "true"],
            vec!["run", "-u", name, &path, "/usr/bin/busybox", "true"],
            vec!["run", &format!("/none/{name}"), "true"],
            vec![name],
        ] {
            let run = run(&words);
            assert_eq!(run.status, 125, "{words:?}: {run:?}");
            assert!(is_harmless(&run.errors) && run.errors.len() < 8000, "{words:?}: {run:?}");
        }
        let run = run(["plan", "run", &path, &format!("/usr/bin/{name}")]);
        assert!(is_harmless(&run.output) && is_harmless(&run.errors), "{run:?}");
    }
}

#[test]
fn a_name_leads_nowhere() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let path = tree.path().to_str().unwrap();
    for name in
        [".", "..", "../redd-x", "../../redd-x", "a/../../redd-x", "/redd-x", "a..redd-x", "redd-x/", ""]
    {
        let run = run(["run", "-M", name, path, "/usr/bin/busybox", "true"]);
        assert_eq!(run.status, 125, "{name:?}: {run:?}");
    }
    for directory in
        ["/", "/run", "/run/redd", "/run/redd/machines", "/var/lib/redd", "/var/lib/redd/ephemeral"]
    {
        assert!(!Path::new(directory).join("redd-x").exists());
    }
    // Nor does what somebody put where machines are kept.
    let strange = format!("/run/redd/machines/{} ..", unique_name());
    fs::create_dir(&strange).unwrap();
    fs::write(format!("{strange}/journal"), "[]").unwrap();
    assert_eq!(run(["gc"]).status, 0);
    assert!(Path::new(&strange).exists());
    fs::remove_dir_all(strange).unwrap();
}

#[test]
fn a_status_is_passed_on_harmless() {
    needs!(Need::Root, Need::Debian13);
    for users in Users::BOTH {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("notify");
        let listener = UnixDatagram::bind(&socket).unwrap();
        let script = "use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); $to = sockaddr_un($ENV{NOTIFY_SOCKET}); \
                      setsockopt(S, SOL_SOCKET, SO_SNDBUF, 4 << 20); \
                      for $text (\"\\e]52;c;aGk=\\a\", \"\\e]8;;http://x\\e\\\\link\\e]8;;\\e\\\\\", \"\\xc2\\x9b31m\", \"\\xff\\xfe\", \
                      \"x\" x 3000, \"y\" x 150000, \"\\r\\0\\x7f\") { send(S, \"STATUS=$text\", 0, $to) or die $! } \
                      send(S, \"STATUS=last\\nREADY=1\", 0, $to); sleep 1000";
        let mut child = redd()
            .args(["run", "--as-pid1", "--notify-ready=yes", "-P", "-x", "--network-veth=no", users.option()])
            .arg(Need::Debian13.tree())
            .args(["--", "/usr/bin/perl", "-e", script])
            .env("NOTIFY_SOCKET", &socket)
            .spawn()
            .unwrap();
        listener.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut messages: Vec<String> = Vec::new();
        let mut buffer = [0; 65536];
        while messages.last().is_none_or(|message| !message.contains("STATUS=last")) {
            let length = retry_on_intr(|| Ok(recv(&listener, &mut buffer, RecvFlags::empty())?.0)).unwrap();
            messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let statuses: Vec<&String> =
            messages.iter().filter(|message| message.starts_with("STATUS=")).collect();
        assert!(statuses.iter().any(|status| status.contains("\\x1b]52")), "{messages:?}");
        for message in &messages {
            assert!(is_harmless(message) && message.len() < 1200, "{message}");
        }
    }
}

#[test]
fn an_os_release_is_never_printed() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let path = tree.path().to_str().unwrap();
    let poison = "\x1b]52;c;aGk=\x07\x1b]8;;http://x\x1b\\".repeat(1000);
    let fields = ["ID", "NAME", "PRETTY_NAME", "VERSION_ID", "BUILD_ID", "VARIANT_ID", "ANSI_COLOR"];
    let text: String = fields.map(|field| format!("{field}=\"{poison}\"\n")).concat();
    fs::write(tree.path().join("etc/hostname"), &poison).unwrap();
    for (release, status) in [(&text[..60_000], 0), (&text.repeat(8), 125)] {
        fs::write(tree.path().join("etc/os-release"), release).unwrap();
        for users in Users::BOTH {
            let run = run_as(users, &["run", "-P", "--network-veth=no", path, "/usr/bin/busybox", "env"]);
            assert_eq!(run.status, status, "{}", run.errors);
            assert!(is_harmless(&run.output) && is_harmless(&run.errors), "{run:?}");
        }
    }
}

#[test]
fn settings_of_a_tree_grant_it_nothing() {
    needs!(Need::Root);
    let place = tempfile::tempdir().unwrap();
    let tree = place.path().join("machine");
    fs::rename(minimal_tree().keep(), &tree).unwrap();
    fs::set_permissions(&tree, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = tree.to_str().unwrap();
    let steps = |option: &str| -> serde_json::Value {
        let words = [
            "plan",
            "--json",
            "run",
            "-M",
            "machine",
            "--uuid=0123456789abcdef0123456789abcdef",
            option,
            path,
            "true",
        ];
        let plan = run(words);
        let mut plan: serde_json::Value = serde_json::from_str(&plan.output).unwrap();
        without_random_ids(&mut plan);
        plan
    };
    let before = steps("--read-only");
    let settings = "[Exec]\nBoot=yes\nPrivateUsers=no\nCapability=all\nLimitNOFILE=1\nPivotRoot=/tmp\n\
                    [Files]\nBind=/:/host\n[Network]\nPrivate=no\n[X-Redd]\nMemory=infinity\n";
    let json = r#"{"process":{"capabilities":{"bounding":["CAP_SYS_BOOT"]}},"mounts":[{"source":"/","destination":"/host"}]}"#;
    for beside in ["machine.nspawn", "machine.json", "config.json", "redd.json", "machine.redd"] {
        fs::write(place.path().join(beside), settings).unwrap();
    }
    for inside in ["config.json", "redd.json", ".nspawn", "etc/redd.json", "machine.nspawn"] {
        fs::write(tree.join(inside), json).unwrap();
    }
    fs::create_dir_all(tree.join("etc/systemd/nspawn")).unwrap();
    fs::write(tree.join("etc/systemd/nspawn/machine.nspawn"), settings).unwrap();
    assert_eq!(steps("--read-only"), before);
    assert_ne!(steps("--capability=CAP_SYS_BOOT"), before, "what is asked for is seen");
}

/// A boot has an id of its own each time.
fn without_random_ids(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(values) => {
            // Contents of a file, as bytes or text.
            values.iter_mut().for_each(without_random_ids);
        }
        serde_json::Value::Object(fields) => {
            let is_boot_id = fields.get("path").is_some_and(|path| path == "proc-sys-kernel-random-boot-id");
            if is_boot_id {
                fields.clear();
            }
            fields.values_mut().for_each(without_random_ids);
        }
        _ => {}
    }
}

#[test]
fn separators_in_options_add_nothing() {
    needs!(Need::Root);
    let place = tempfile::tempdir().unwrap();
    let tree = place.path().join("a,upperdir=b:c\\d=e\nlowerdir=f");
    fs::rename(minimal_tree().keep(), &tree).unwrap();
    fs::set_permissions(&tree, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::write(tree.join("marker"), "").unwrap();
    let start = |users, options: &[&str], script: &str| {
        let command = [tree.to_str().unwrap(), "/usr/bin/busybox", "sh", "-c", script];
        run_as(users, &[&["run", "-P", "-M", "separators", "--network-veth=no"], options, &command].concat())
    };
    let leftovers = Leftovers::before("separators");
    for users in Users::BOTH {
        for option in ["--ephemeral", "--volatile=overlay", "--read-only"] {
            assert_eq!(start(users, &[option], "busybox test -e /marker").status, 0, "{option}");
        }
        let run =
            start(users, &["-E", "ONE=1\nTWO=2,THREE=3"], "busybox env -0 | busybox tr '\\n\\0' '|\\n'");
        assert!(run.output.lines().any(|line| line == "ONE=1|TWO=2,THREE=3"), "{run:?}");
        for option in [
            "--tmpfs=/x:size=1M\nmode=0777",
            "--tmpfs=/x:uid=0 gid=0",
            "--tmpfs=/x:context=evil",
            "--bind=/:/x:idmap,evil",
            "--bind=/:/x:idmap:evil",
            "--hostname=a,b",
            "--set-credential=../x:value",
            "--set-credential=a/b:value",
            "--set-credential=..:value",
            "--load-credential=../x:/etc/hostname",
            "--rlimit=NOFILE=1:2:3",
            "--uuid=0123456789abcdef0123456789abcdef\n",
            "--private-users=1:65536:x",
            "--memory=1G\n",
        ] {
            assert_eq!(start(users, &[option], "true").status, 125, "{option}");
        }
    }
    leftovers.assert_none();
}

#[test]
fn credentials_are_seen_by_root_inside_alone() {
    needs!(Need::Root, Need::Debian13);
    let (tree, value) = (Need::Debian13.tree().display().to_string(), "attack-secret-value");
    let name = unique_name();
    let credential = format!("--set-credential=attack-secret-name:{value}");
    let start = |users, options: &[&str], script: &str| -> Run {
        let first = ["run", "-P", "-x", "-M", &name, "--network-veth=no", &credential];
        run_as(users, &[&first[..], options, &[&tree, "--", "/bin/sh", "-c", script]].concat())
    };
    for users in Users::BOTH {
        let own = start(users, &[], "cat /run/host/credentials/attack-secret-name");
        assert_eq!(own.output, value, "root inside has it: {own:?}");
        let others = "cat /run/host/credentials/attack-secret-name; cd /run/host/credentials; ls /run/host/credentials; \
                      cat /proc/1/environ /proc/1/cmdline; ls /proc/1/root /proc/1/cwd";
        let others = format!("setpriv --reuid=daemon --regid=daemon --clear-groups sh -c '{others}'");
        let other = start(users, &[], &others);
        assert!(
            !other.output.contains("attack-secret") && other.errors.contains("Permission denied"),
            "{other:?}"
        );
        // Whoever the command is run as has been given them; nobody else has.
        let own = start(users, &["-u", "daemon"], "cat /run/host/credentials/attack-secret-name");
        assert_eq!(own.output, value, "{own:?}");
        let core =
            "cat /proc/1/environ /proc/self/environ; cd /tmp; ulimit -c; sh -c 'kill -SEGV $$'; ls -A /tmp";
        let run = start(users, &[], core);
        assert!(!run.output.contains(value) && run.output.ends_with('0'), "{run:?}");
    }
    let plan = run(["plan", "run", &credential, &tree, "true"]);
    let json = run(["plan", "--json", "run", &credential, &tree, "true"]);
    assert!(plan.output.contains("credentials") && !plan.output.contains(value));
    assert!(json.output.contains("credentials") && !json.output.contains(value));
    assert!(!state_while_running(&tree, &credential).contains(value));
}

/// What stands in the state directory of a machine that runs.
fn state_while_running(tree: &str, credential: &str) -> String {
    let name = unique_name();
    let script = "echo runs; read wait; true";
    let mut child = redd()
        .args([
            "run",
            "-P",
            "-x",
            "-M",
            &name,
            "--network-veth=no",
            credential,
            tree,
            "--",
            "/bin/sh",
            "-c",
            script,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut word = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut word).unwrap();
    let directory = format!("/run/redd/machines/{name}");
    wait_until("the state is there", || Path::new(&directory).join("state.json").exists());
    let files =
        ["journal", "state.json"].map(|file| fs::read_to_string(format!("{directory}/{file}")).unwrap());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    files.concat()
}

#[test]
fn a_user_is_who_was_asked_for() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let passwd = "root:x:0:0::/:/bin/sh\n1:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\nsame:x:4294967295:1::/:/bin/sh\n\
                  group:x:5:4294967295::/:/bin/sh\nnegative:x:-1:0::/:/bin/sh\nplus:x:+0:0::/:/bin/sh\nbig:x:4294967296:0::/:\n\
                  far:x:4000000000:1::/:/bin/sh\n";
    fs::write(tree.path().join("etc/passwd"), passwd).unwrap();
    let groups = "same:x:4294967295:daemon\nplus:x:+0:daemon\nwheel:x:9:daemon\n";
    fs::write(tree.path().join("etc/group"), groups).unwrap();
    let path = tree.path().to_str().unwrap();
    for users in Users::BOTH {
        let who = |user: &str| {
            let script = "echo $(busybox id -u) $(busybox id -g) $(busybox id -G)";
            let command = [path, "/usr/bin/busybox", "sh", "-c", script];
            run_as(users, &[&["run", "-P", "--network-veth=no", "-u", user], &command[..]].concat())
        };
        for user in ["1", "daemon", "01"] {
            assert_eq!(who(user).output, "1 1 1 9", "{user}");
        }
        for user in [
            "+1",
            "-1",
            "4294967296",
            "4294967295",
            "4294967297",
            "0x1",
            "1 ",
            " 1",
            "",
            "same",
            "group",
            "negative",
            "plus",
            "big",
            "root:x",
            "root\n",
            "1:x",
            "18446744073709551617",
            "2",
        ] {
            assert_eq!(who(user).status, 125, "{user:?}");
        }
        if users == Users::Own {
            assert_eq!(who("far").status, 125, "no such id in the user namespace");
        }
    }
}
