//! What a payload finds of redd: descriptors, directories, memory, its binary, the caller's terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::{Need, Run, at_a_terminal, minimal_tree, needs, redd};

use crate::registry::Held::{Always, WithUsers};
use crate::registry::{Attack, Users, run_as, test};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A10 descriptors and directories at the start", Always, nothing_of_the_caller_is_open_at_the_start),
    test(
        "A11 a home directory in /proc/self/fd",
        Always,
        no_directory_of_the_host_is_reached_by_a_descriptor,
    ),
    test("A12 redd's binary as the interpreter of the command", Always, redds_binary_cannot_be_written_to),
    test("A12 write to the stub init", Always, the_stub_init_cannot_be_written_to),
    test("A13 read the stub init's memory", Always, the_stub_inits_memory_tells_nothing_of_the_caller),
    test(
        "A25 type into the caller's terminal, given by --pipe",
        WithUsers,
        nobody_types_into_the_callers_terminal,
    ),
    test("A25 type into the caller's terminal", Always, nobody_types_into_the_callers_terminal),
    test(
        "A26 escape sequences to a caller who reads no console",
        Always,
        a_passive_console_passes_nothing_on,
    ),
];

/// What a program of the caller's finds, which has a directory of the host, and a file, open for everybody.
fn run_carelessly(users: Users, options: &[&str], script: &str) -> Run {
    let tree = Need::Debian13.tree();
    let mut command = Command::new("sh");
    command.args(["-c", "cd /usr; exec 7< / 8<> /dev/null 9< /etc; exec \"$@\"", "sh"]);
    command.arg(redd().get_program()).args(["run", "-P", "-x", "--network-veth=no", users.option()]);
    command.args(options).arg(tree).args(["--", "/bin/sh", "-c", script]).stdin(Stdio::null());
    let output = command.env("CALLERS_SECRET", "needle-in-memory").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Run { status: output.status.code().unwrap(), output: text(&output.stdout), errors: text(&output.stderr) }
}

#[test]
fn nothing_of_the_caller_is_open_at_the_start() {
    needs!(Need::Root, Need::Debian13);
    for users in Users::BOTH {
        // Of itself it also sees the directory that it lists.
        for (options, expected) in [(&[][..], "0 1 2"), (&["--as-pid1"], "0 1 2 3")] {
            let script = "exec perl -MCwd -e 'for (1, \"self\") { opendir D, \"/proc/$_/fd\"; \
                          print join(\" \", sort grep /\\d/, readdir D), \"\\n\"; closedir D } \
                          print getcwd(), readlink(\"/proc/1/cwd\"), readlink(\"/proc/1/root\")'";
            let run = run_carelessly(users, options, script);
            assert_eq!(run.output, format!("{expected}\n0 1 2 3\n/root/root/"), "{run:?}");
        }
    }
}

/// The tree says where its users are at home; redd's own descriptors must be no such place.
#[test]
fn no_directory_of_the_host_is_reached_by_a_descriptor() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let is_in_tree = "busybox test \"$(busybox stat -c %d:%i \"$(busybox pwd -P)\")\" = \"$(busybox stat -c %d:%i .)\" && \
                      busybox pwd -P";
    for users in Users::BOTH {
        for descriptor in 3..=20 {
            for home in ["self", "1", "thread-self"].map(|process| format!("/proc/{process}/fd/{descriptor}"))
            {
                fs::write(tree.path().join("etc/passwd"), format!("root:x:0:0::{home}:/bin/sh\n")).unwrap();
                let path = tree.path().to_str().unwrap();
                let command = [path, "/usr/bin/busybox", "sh", "-c", is_in_tree];
                let words = [&["run", "-P", "--as-pid1", "--network-veth=no"], &command[..]].concat();
                let run = run_as(users, &words);
                let is_refused = run.status == 125 && run.errors.contains(&home);
                assert!(is_refused || (run.status == 0 && run.output.starts_with('/')), "{home}: {run:?}");
            }
        }
    }
}

/// Its own interpreter first keeps a handle on the binary, then becomes a shell that tries to write to it.
const INTERPRETER: &str = r#"
static long call(long number, long one, long two, long three) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(one), "S"(two), "d"(three) : "rcx", "r11", "memory");
    return result;
}
void _start(void) {
    static char *arguments[] = { "busybox", "sh", "/attack", 0 };
    static char *environment[] = { 0 };
    call(2, (long)"/proc/self/exe", 010000000, 0);
    call(59, (long)"/usr/bin/busybox", (long)arguments, (long)environment);
    call(231, 1, 0, 0);
}
"#;
const OVERWRITE: &str = "echo inside; readlink /proc/self/fd/3; number=0; while [ $number -lt 5000 ]; do \
                         number=$((number + 1)); (: >> /proc/self/fd/3) 2> /dev/null && echo written; done; echo end";

#[test]
fn redds_binary_cannot_be_written_to() {
    needs!(Need::Root, Need::Compiler);
    let tree = minimal_tree();
    let place = |name: &str| tree.path().join(name);
    let executable = |path: &Path, text: &str| {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    fs::write(place("interpreter.c"), INTERPRETER).unwrap();
    fs::create_dir_all(place("lib64")).unwrap();
    let compiled = Command::new("cc")
        .args(["-nostdlib", "-static", "-Os", "-fno-stack-protector", "-o"])
        .args([place("lib64/ld-linux-x86-64.so.2"), place("interpreter.c")])
        .status();
    assert!(compiled.unwrap().success());
    executable(&place("attack"), OVERWRITE);
    executable(&place("command"), "#!/proc/self/exe\n");
    let copy = tempfile::tempdir().unwrap();
    let binary = copy.path().join("redd");
    fs::copy(redd().get_program(), &binary).unwrap();
    let before = fs::read(&binary).unwrap();
    for users in Users::BOTH {
        let options = ["run", "-P", "--as-pid1", "--network-veth=no", users.option()];
        let output = Command::new(&binary).args(options).arg(tree.path()).arg("/command").output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        // A static redd asks the tree for no interpreter, and ends.
        assert!(
            output.is_empty() || output.starts_with("inside\n") && output.ends_with("\nend\n"),
            "{output}"
        );
        assert!(!output.contains("written"), "{users:?}: {output}");
        assert!(fs::read(&binary).unwrap() == before, "{users:?}");
    }
    // Nothing but a redd that runs, and whose file it is, is in the way.
    assert!(fs::OpenOptions::new().append(true).open(&binary).is_ok());
}

#[test]
fn the_stub_init_cannot_be_written_to() {
    needs!(Need::Root, Need::Debian13);
    let script = "perl -e 'for (1..20000) { open(F, \"+<\", \"/proc/1/exe\") and print \"written\\n\" } \
                  open(F, \"<\", \"/proc/1/exe\"); print \"seals \", fcntl(F, 1034, 0), \"\\n\"'; \
                  printf '#!/proc/1/exe\\n' > /command; chmod 755 /command; /command; echo status $?";
    // F_GET_SEALS: no writing, growing, shrinking, and no more seals. A stub without orders does nothing.
    for users in Users::BOTH {
        let run = run_carelessly(users, &[], script);
        assert_eq!(run.output, "seals 15\nstatus 125", "{run:?}");
    }
}

#[test]
fn the_stub_inits_memory_tells_nothing_of_the_caller() {
    needs!(Need::Root, Need::Debian13);
    let script = "exec perl -e 'open M, \"<\", \"/proc/1/maps\"; open R, \"<:raw\", \"/proc/1/mem\" or die; while (<M>) { \
                  /^([0-9a-f]{1,12})-([0-9a-f]{1,12}) r.*/ or next; sysseek R, hex $1, 0; \
                  $all += sysread(R, $bytes, hex($2) - hex($1)); \
                  for (\"needle\" . \"-in\", \"CALLERS\" . \"_SECRET\", \"trees\" . \"/deb\") { $found .= $_ if index($bytes, $_) >= 0 } } \
                  print $all > 4096 ? \"read \" : \"not read \", $found, \"\\n\"'";
    for users in Users::BOTH {
        let run = run_carelessly(users, &["--set-credential=name:needle-in-a-credential"], script);
        assert_eq!(run.output, "read", "{run:?}");
    }
}

/// TIOCSTI on each standard stream; what the caller's shell reads afterwards.
fn typed_by_payload(options: &str) -> String {
    let tree = Need::Debian13.tree();
    let script = "for (0..2) { open T, \"+<&=\", $_; for $key (split //, \"INJECTED\\n\") { ioctl(T, 0x5412, $key) } } print \"tried\\n\"";
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), script).unwrap();
    // Its owner is nobody inside.
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let line = format!(
        "bash -c 'REDD run -x --network-veth=no {options} --bind-ro={}:/typing {} perl /typing; \
         stty -echo; read -t 1 line; echo \"caller reads <$line>\"'",
        file.path().display(),
        tree.display()
    );
    at_a_terminal(&line, "no prompt", b"")
}

#[test]
fn nobody_types_into_the_callers_terminal() {
    needs!(Need::Root, Need::Debian13);
    for (options, expected) in [
        ("--private-users=pick", "caller reads <>"),
        ("--private-users=no", "caller reads <>"),
        ("-P --private-users=pick", "caller reads <>"),
        // Whoever may administrate the host may also type for others.
        ("-P --private-users=no", "caller reads <INJECTED>"),
    ] {
        let seen = typed_by_payload(options);
        assert!(seen.contains("tried") && seen.contains(expected), "{options}: {seen}");
    }
}

#[test]
fn a_passive_console_passes_nothing_on() {
    needs!(Need::Root, Need::Debian13);
    let tree = Need::Debian13.tree().display().to_string();
    for users in Users::BOTH {
        let output = |console: &str| {
            let script = "printf '\\033]52;c;aGk=\\007'";
            let words = ["run", console, "-x", "--network-veth=no", &tree, "--", "/bin/sh", "-c", script];
            run_as(users, &words).output
        };
        assert_eq!(output("--console=passive"), "");
        assert_eq!(output("--console=read-only"), "\x1b]52;c;aGk=\x07");
    }
}
