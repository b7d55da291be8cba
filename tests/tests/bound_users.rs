//! Users of the host who are known inside, with their homes.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};

use redd_tests::{
    ALICE, HostUsers, Leftovers, Machine, Need, Run, covers, finish, minimal_tree, needs, own_tree,
    unique_name,
};

/// The first of the ids that are for bound users.
const FIRST: u32 = 60514;

/// Runs a shell script in a throw-away copy of a tree whose programs know bound users.
fn script(host: &HostUsers, options: &[&str], text: &str) -> Run {
    let tree = Need::Debian13Users.tree();
    let mut command = host.redd();
    command.args(["run", "--ephemeral", "--bind-user=alice"]).args(options).arg(tree);
    command.args(["sh", "-c", text]);
    finish(command)
}

fn plan(host: &HostUsers, format: &[&str], options: &[&str]) -> Run {
    let mut command = host.redd();
    command
        .arg("plan")
        .args(format)
        .args(["run", "--bind-user=alice"])
        .args(options)
        .arg(Need::Debian13Users.tree())
        .arg("true");
    finish(command)
}

#[test]
fn a_bound_user_logs_in_and_its_files_are_its_own_outside() {
    needs!(Need::Root, Need::Debian13Users);
    covers!(RH10, RH11);
    assert_logs_in(&["--ephemeral"]);
}

#[test]
fn a_bound_user_logs_in_where_ids_are_the_hosts() {
    needs!(Need::Root, Need::Debian13Users);
    assert_logs_in(&["--ephemeral", "--private-users=no"]);
    assert_logs_in(&["--ephemeral", "--private-users=identity"]);
}

#[test]
fn a_bound_user_logs_in_to_a_tree_that_is_read_only() {
    needs!(Need::Root, Need::Debian13Users);
    assert_logs_in(&["--volatile=state", "--timezone=off"]);
    assert_logs_in(&["--read-only", "--timezone=off"]);
}

fn assert_logs_in(options: &[&str]) {
    let host = HostUsers::with_alice();
    let name = unique_name();
    let leftovers = Leftovers::before(&name);
    let text = "getent passwd alice 60514; getent group alice | cut -d: -f1-3; id alice; \
                su - alice -c 'pwd; touch made; stat -c %U:%G made; cat ~/.ssh/authorized_keys'";
    let mut command = host.redd();
    command.args(["run", "-M", &name, "--bind-user=alice"]).args(options);
    let run = finish({
        command.arg(Need::Debian13Users.tree()).args(["sh", "-c", text]);
        command
    });
    let entry = "alice:x:60514:60514:alice:/run/host/home/alice:/bin/bash";
    let expected = format!(
        "{entry}\n{entry}\nalice:x:60514\nuid=60514(alice) gid=60514(alice) groups=60514(alice)\n\
         /run/host/home/alice\nalice:alice\nssh-ed25519 AAAA alice@host"
    );
    assert_eq!((run.output.as_str(), run.status), (expected.as_str(), 0), "{}", run.errors);
    let made = fs::metadata(host.home().join("made")).expect("alice made it");
    assert_eq!((made.uid(), made.gid()), ALICE);
    leftovers.assert_none();
}

#[test]
fn the_records_are_links_files_and_one_that_only_root_reads() {
    needs!(Need::Root, Need::Debian13Users);
    covers!(RH10);
    let host = HostUsers::with_alice();
    let text = "cd /run/host/userdb; stat -c '%A %a %u %N' * | sort -k 4; cat alice.user alice.group; \
                cat 60514.user-privileged; chmod 777 alice.user; rm alice.user; \
                setpriv --reuid=1 cat alice.user-privileged";
    let run = script(&host, &["--bind-user-group=audio", "--bind-user-shell=yes"], text);
    let expected = "lrwxrwxrwx 777 0 '60514.group' -> 'alice.group'\n\
        lrwxrwxrwx 777 0 '60514.user' -> 'alice.user'\n\
        lrwxrwxrwx 777 0 '60514.user-privileged' -> 'alice.user-privileged'\n\
        -rw-r--r-- 644 0 'alice.group'\n-rw-r--r-- 644 0 'alice.user'\n\
        -rw------- 600 0 'alice.user-privileged'\n-rw-r--r-- 644 0 'alice:audio.membership'\n\
        {\"userName\":\"alice\",\"uid\":60514,\"gid\":60514,\"disposition\":\"regular\",\
        \"homeDirectory\":\"/run/host/home/alice\",\"shell\":\"/bin/sh\",\"memberOf\":[\"audio\"]}\n\
        {\"groupName\":\"alice\",\"gid\":60514,\"disposition\":\"regular\"}\n\
        {\"privileged\":{\"hashedPassword\":[\"$y$j9T$hash\"],\"sshAuthorizedKeys\":[\"ssh-ed25519 AAAA alice@host\"]}}";
    assert_eq!(run.output, expected, "{}", run.errors);
    assert_eq!(run.errors.matches("Read-only file system").count(), 2, "{}", run.errors);
    assert_eq!(run.errors.matches("Permission denied").count(), 1, "{}", run.errors);
}

#[test]
fn the_password_and_the_groups_are_those_that_were_asked_for() {
    needs!(Need::Root, Need::Debian13Users);
    covers!(RH10);
    let host = HostUsers::with_alice();
    let text = "getent shadow alice | cut -d: -f2; id -Gn alice; getent passwd alice | cut -d: -f7";
    let options = ["--bind-user-group=audio", "--bind-user-group=video", "--bind-user-shell=/bin/dash"];
    let run = script(&host, &options, text);
    assert_eq!(run.output, "$y$j9T$hash\nalice audio video\n/bin/dash", "{}", run.errors);
}

#[test]
fn a_command_runs_as_a_bound_user() {
    needs!(Need::Root, Need::Debian13Users);
    let host = HostUsers::with_alice();
    let run = script(
        &host,
        &["-u", "alice", "--bind-user-group=audio"],
        "id -un; id -G; pwd; echo $HOME $USER; touch mine",
    );
    assert_eq!(
        run.output, "alice\n60514 29\n/run/host/home/alice\n/run/host/home/alice alice",
        "{}",
        run.errors
    );
    assert_eq!(fs::metadata(host.home().join("mine")).unwrap().uid(), ALICE.0);
}

#[test]
fn files_of_others_in_a_home_stay_theirs() {
    needs!(Need::Root, Need::Debian13Users);
    covers!(RH11);
    let host = HostUsers::with_alice();
    fs::write(host.home().join("roots"), "secret").unwrap();
    fs::set_permissions(host.home().join("roots"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let text = "cd ~alice; stat -c %u:%g roots; cat roots; echo x > roots; touch by-root; \
                chown 0 .ssh; cp /bin/true suid && chmod 4755 suid";
    for options in [&[][..], &["--private-users=no"]] {
        let run = script(&host, options, text);
        assert!(run.output.starts_with("65534:65534"), "{} {}", run.output, run.errors);
        for left in ["by-root", "suid"] {
            assert!(!host.home().join(left).exists(), "{left}: {}", run.errors);
        }
        assert_eq!(fs::read_to_string(host.home().join("roots")).unwrap(), "secret");
    }
}

#[test]
fn ids_that_the_tree_uses_are_passed_over_and_users_get_them_in_order() {
    needs!(Need::Root, Need::Debian13Users);
    covers!(RH10);
    let host = HostUsers::with_alice();
    let home = host.make_home("bob", 4002);
    host.add("passwd", &format!("bob:x:4002:4003::{}:/bin/sh", home.display()));
    host.add("group", "bob:x:4003:");
    let tree = own_tree();
    fs::write(tree.path().join("etc/nsswitch.conf"), "passwd: files\ngroup: files\n").unwrap();
    let add = |file: &str, line: &str| {
        let path = tree.path().join("etc").join(file);
        fs::write(&path, fs::read_to_string(&path).unwrap() + line).unwrap();
    };
    add("passwd", &format!("a:x:{FIRST}:1::/:\n"));
    add("group", &format!("b:x:{}:\n", FIRST + 2));
    let mut command = host.redd();
    command.args(["run", "-x", "--bind-user=bob", "--bind-user=alice", "--bind-user=bob"]).arg(tree.path());
    command.args(["sh", "-c", "stat -c '%n %u' /run/host/home/*"]);
    let run = finish(command);
    let expected = format!("/run/host/home/alice {}\n/run/host/home/bob {}", FIRST + 3, FIRST + 1);
    assert_eq!(run.output, expected, "{}", run.errors);
}

#[test]
fn users_that_cannot_be_bound_are_refused_by_name_before_anything_is_touched() {
    needs!(Need::Root, Need::Debian13Users);
    let host = HostUsers::with_alice();
    let others = host.make_home("others", 1);
    host.add(
        "passwd",
        "zero:x:0:0::/root:/bin/sh\nshared:x:4010:100::/home:/bin/sh\nhomeless:x:4011:4011::/none:/bin/sh",
    );
    host.add(
        "passwd",
        &format!("guest:x:4012:4012::{}:/bin/sh\ntop:x:4013:4013::/:/bin/sh", others.display()),
    );
    host.add("passwd", "mail2:x:4014:4014::/tmp:/bin/sh\nbad:x:4294967295:1::/:/bin/sh");
    host.add("group", "homeless:x:4011:\nguest:x:4012:\ntop:x:4013:\nzero:x:4015:");
    let cases = [
        ("root", "of its own"),
        ("nobody", "of its own"),
        ("zero", "of its own"),
        ("stranger", "no such user"),
        ("bad", "no such user"),
        ("shared", "its group on the host is"),
        ("mail2", "its group on the host is not in /etc/group"),
        ("homeless", "there is no such directory"),
        ("guest", "belongs to id 1, and not to id 4012"),
        ("top", "the host's root"),
        ("games", "has a user of that name"),
        ("../x", "a name has letters"),
        ("4000", "a name has letters"),
    ];
    for (user, reason) in cases {
        let name = unique_name();
        let leftovers = Leftovers::before(&name);
        let option = format!("--bind-user={user}");
        for verb in [&["run"][..], &["plan", "run"]] {
            let mut command = host.redd();
            command.args(verb).args(["-x", "-M", &name, &option]).arg(Need::Debian13Users.tree()).arg("true");
            let run = finish(command);
            assert!(run.status > 0 && run.status != 127, "{user}: {}", run.status);
            assert!(
                run.errors.contains(reason) && run.errors.contains("--bind-user"),
                "{user}: {}",
                run.errors
            );
        }
        leftovers.assert_none();
    }
}

#[test]
fn groups_without_a_user_and_ids_that_a_range_has_not_are_refused() {
    needs!(Need::Root, Need::Debian13Users);
    let host = HostUsers::with_alice();
    let refused = |options: &[&str]| {
        let mut command = host.redd();
        command.args(["plan", "run"]).args(options).arg(Need::Debian13Users.tree()).arg("true");
        finish(command).errors
    };
    assert!(refused(&["--bind-user-group=audio"]).contains("--bind-user-group names groups"));
    let small = refused(&["--bind-user=alice", "--private-users=524288:1000"]);
    assert!(small.contains("its id inside would be 60514, and the payload has only 1000 ids"), "{small}");
    assert!(refused(&["--bind-user=alice", "--bind-user-shell=zsh"]).contains("absolute path of a shell"));
    let unknown = plan(&host, &[], &["--bind-user-group=wheel"]);
    assert!(unknown.output.contains("has no such group") || unknown.errors.contains("has no such group"));
}

#[test]
fn a_plan_shows_the_home_and_no_secret() {
    needs!(Need::Root, Need::Debian13Users);
    let host = HostUsers::with_alice();
    for format in [&[][..], &["--json"]] {
        let run = plan(&host, format, &[]);
        let all = run.output + &run.errors;
        assert!(all.contains(&host.home().display().to_string()), "{all}");
        assert!(!all.contains("$y$") && !all.contains("ssh-ed25519"), "{all}");
    }
}

#[test]
fn keys_behind_a_link_or_of_others_are_not_handed_on() {
    needs!(Need::Root, Need::Debian13Users);
    let host = HostUsers::with_alice();
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "what only root reads").unwrap();
    let keys = host.authorized_keys();
    let read = || script(&host, &[], "cat /run/host/userdb/alice.user-privileged");
    fs::remove_file(&keys).unwrap();
    symlink(secret.path(), &keys).unwrap();
    let linked = read();
    fs::remove_file(&keys).unwrap();
    fs::write(&keys, "what root put there").unwrap();
    chown(&keys, Some(0), Some(0)).unwrap();
    let of_root = read();
    for run in [linked, of_root] {
        assert_eq!(run.output, r#"{"privileged":{"hashedPassword":["$y$j9T$hash"]}}"#);
        assert!(run.errors.contains("authorized_keys of alice are not handed on"), "{}", run.errors);
    }
}

#[test]
fn a_tree_with_a_link_below_run_host_leads_nowhere() {
    needs!(Need::Root);
    let host = HostUsers::with_alice();
    let tree = minimal_tree();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir_all(tree.path().join("run/host")).unwrap();
    symlink(outside.path(), tree.path().join("run/host/home")).unwrap();
    let mut command = host.redd();
    command.args(["run", "-x", "--timezone=off", "--bind-user=alice"]).arg(tree.path());
    command.args(["/usr/bin/busybox", "ls", "-A", "/run/host/home/alice"]);
    let run = finish(command);
    assert_eq!((run.output.as_str(), run.status), (".ssh", 0), "{}", run.errors);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn units_run_as_a_bound_user_and_it_survives_a_reboot() {
    needs!(Need::Root, Need::Debian13Users);
    covers!(RH10, RH11);
    let host = HostUsers::with_alice();
    let options = ["--ephemeral", "--bind-user=alice", "--bind-user-group=audio"];
    let machine = Machine::start_by(host.redd(), &Need::Debian13Users.tree(), &options);
    machine.wait_for_message("READY=1");
    machine.assert_runs_clean();
    let unit = "systemd-run --quiet --wait --pipe -p User=alice sh -c 'id -Gn; touch ~/unit'";
    assert_eq!(machine.shell(unit), "alice audio");
    assert_eq!(fs::metadata(host.home().join("unit")).unwrap().uid(), ALICE.0);
    let before = machine.leader();
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert_ne!(machine.leader(), before);
    assert_eq!(machine.shell("id -un 60514; ls ~alice"), "alice\nunit");
    assert_eq!(machine.stop(), 0);
}
