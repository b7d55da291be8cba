//! What a payload makes of those who come in by `redd exec`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use redd_tests::{NamedTree, Need, needs, redd};

use crate::registry::Held::{Always, WithUsers};
use crate::registry::{Attack, Users, test, wait_until};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A12 redd's binary as the interpreter of a command of exec", Always, exec_shows_no_binary_of_redds),
    test("A12 write to what a process of exec runs from", Always, nothing_of_execs_can_be_looked_into),
    test("A13 descriptors of 200 processes of exec", Always, nothing_of_execs_can_be_looked_into),
    test(
        "A13 trace a process of exec before it is the command",
        WithUsers,
        nothing_of_execs_can_be_looked_into,
    ),
];

/// Where it is asked for as an interpreter, redd's own binary would have it run this, which tells of it.
const INTERPRETER: &str = r#"
static long call(long number, long one, long two, long three) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(one), "S"(two), "d"(three) : "rcx", "r11", "memory");
    return result;
}
void _start(void) {
    call(1, 1, (long)"inside\n", 7);
    call(231, 0, 0, 0);
}
"#;

/// Looks at every process that appears: what it runs, what it has open, whether it can be written to or traced. One line
/// for each thing that was found.
const SCANNER: &str = r#"
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void link_of(char *target, const char *path) {
    ssize_t length = readlink(path, target, 255);
    target[length < 0 ? 0 : length] = 0;
}

static void look(int process, int wait_for_it) {
    char path[300], target[256], program[256];
    snprintf(path, sizeof path, "/proc/%d/exe", process);
    link_of(program, path);
    if (!*program) return;
    printf("runs %s\n", program);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0) { printf("written %s\n", program); close(file); }
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        // It may have become the command meanwhile.
        char own[100];
        snprintf(own, sizeof own, "/proc/self/fd/%d", file);
        link_of(target, own);
        if (strstr(target, "memfd")) printf("seals %d\n", fcntl(file, 1034, 0));
        close(file);
    }
    snprintf(path, sizeof path, "/proc/%d/fd", process);
    DIR *descriptors = opendir(path);
    for (struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
        if (*entry->d_name == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/fd/%s", process, entry->d_name);
        link_of(target, path);
        if (*target) printf("open %s %s %s\n", strstr(program, "memfd") ? "stub" : "command", entry->d_name, target);
    }
    if (descriptors) closedir(descriptors);
    if (!wait_for_it && ptrace(PTRACE_SEIZE, process, 0, 0) == 0) {
        ptrace(PTRACE_INTERRUPT, process, 0, 0);
        int status;
        if (waitpid(process, &status, __WALL) == process && WIFSTOPPED(status)) {
            snprintf(path, sizeof path, "/proc/%d/exe", process);
            link_of(program, path);
            printf("traced %s\n", program);
            snprintf(path, sizeof path, "/proc/%d/status", process);
            FILE *lines = fopen(path, "re");
            char line[200];
            while (lines && fgets(line, sizeof line, lines))
                if (!strncmp(line, "CapPrm", 6) || !strncmp(line, "CapBnd", 6) || !strncmp(line, "Seccomp:", 8))
                    printf("has %s", line);
            if (lines) fclose(lines);
        }
        ptrace(PTRACE_DETACH, process, 0, 0);
    }
}

int main(void) {
    if (!freopen("/found", "w", stdout)) return 1;
    setvbuf(stdout, 0, _IOLBF, 0);
    int own = getpid(), round = 0;
    puts("begin");
    struct stat end;
    while (stat("/stop", &end)) {
        round++;
        DIR *processes = opendir("/proc");
        for (struct dirent *entry; (entry = readdir(processes));) {
            int process = atoi(entry->d_name);
            if (process <= 2 || process == own) continue;
            look(process, round % 2);
        }
        closedir(processes);
    }
    puts("end");
    fflush(stdout);
    for (;;) pause();
}
"#;

fn compile(source: &str, place: &std::path::Path, options: &[&str]) {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let file = place.with_extension("c");
    fs::write(&file, source).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-static", "-O1"]).args(options).arg("-o").arg(place).arg(&file);
    assert!(compiler.status().unwrap().success());
    fs::remove_file(file).unwrap();
}

#[test]
fn exec_shows_no_binary_of_redds() {
    needs!(Need::Root, Need::Compiler);
    let copy = tempfile::tempdir().unwrap();
    let binary = copy.path().join("redd");
    fs::copy(redd().get_program(), &binary).unwrap();
    let before = fs::read(&binary).unwrap();
    for users in Users::BOTH {
        let machine = NamedTree::minimal();
        let place = machine.path("lib64/ld-linux-x86-64.so.2");
        compile(INTERPRETER, &place, &["-nostdlib", "-fno-stack-protector"]);
        fs::write(machine.path("command"), "#!/proc/self/exe\n").unwrap();
        fs::set_permissions(machine.path("command"), fs::Permissions::from_mode(0o755)).unwrap();
        let machine = machine.running(&[users.option()], &["/usr/bin/busybox", "sleep", "1000"]);
        for _ in 0..20 {
            let run = Command::new(&binary).args(["exec", &machine.name, "/command"]).output().unwrap();
            // A stub without orders does nothing.
            assert_eq!((run.status.code(), &run.stdout[..]), (Some(125), &b""[..]), "{users:?}: {run:?}");
        }
    }
    assert!(fs::read(&binary).unwrap() == before);
}

#[test]
fn nothing_of_execs_can_be_looked_into() {
    needs!(Need::Root, Need::Compiler);
    for users in Users::BOTH {
        let machine = NamedTree::minimal();
        compile(SCANNER, &machine.path("scanner"), &[]);
        let options = [users.option(), "--capability=CAP_SYS_PTRACE", "--system-call-filter=ptrace"];
        let machine = machine.running(&options, &["/scanner"]);
        let read = || fs::read_to_string(machine.path("found")).unwrap_or_default();
        wait_until("the payload looks", || read().starts_with("begin\n"));
        for _ in 0..200 {
            let run = redd().args(["exec", &machine.name, "busybox", "true"]).output().unwrap();
            assert_eq!(run.status.code(), Some(0), "{users:?}: {run:?}");
        }
        fs::write(machine.path("stop"), "").unwrap();
        wait_until("the payload is done", || read().ends_with("end\n"));
        judge(users, &read());
    }
}

fn judge(users: Users, found: &str) {
    let mut lines: Vec<&str> = found.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    assert!(lines.contains(&"runs /usr/bin/busybox"), "{users:?}: it saw nothing: {lines:?}");
    let is_known = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        match (&words[..], users) {
            (["begin" | "end"], _) => true,
            (["runs" | "traced" | "written", "/usr/bin/busybox"], _) => true,
            (["open", "command", "0" | "1" | "2", _], _) => true,
            // Without a user namespace root inside may look into whatever its filter and capabilities are those of.
            (["runs" | "traced", "/memfd:redd-enter", "(deleted)"], Users::Hosts) => true,
            (["seals", "15"], Users::Hosts) => true,
            (["open", "stub", "0" | "1" | "2", _], Users::Hosts) => true,
            // Over which nothing is believed.
            (["open", "stub", "4", end], Users::Hosts) => end.starts_with("socket:"),
            (["has", ..], _) => true,
            _ => false,
        }
    };
    let strange: Vec<&&str> = lines.iter().filter(|line| !is_known(line)).collect();
    assert!(strange.is_empty(), "{users:?}: {strange:#?}");
    let is_traced = lines.contains(&"traced /memfd:redd-enter (deleted)");
    assert_eq!(is_traced, users == Users::Hosts, "{lines:#?}");
    // Whoever is traced before it is the command has what the command has.
    let has: Vec<&&str> = lines.iter().filter(|line| line.starts_with("has ")).collect();
    for field in ["has CapPrm", "has CapBnd", "has Seccomp:"] {
        assert!(has.iter().filter(|line| line.starts_with(field)).count() <= 1, "{users:?}: {has:?}");
    }
}
