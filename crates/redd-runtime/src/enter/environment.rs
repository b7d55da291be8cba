//! What a command is told, and where it is looked for.

use redd_control::entry::Entry;
use redd_plan::facts::UserFacts;
use redd_spec::text::ByteString;
use redd_spec::variables;

use super::command::Command;

/// Where programs are looked for where nobody says it.
pub(super) const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What every program inside has, then what belongs to the user, then what the caller wants: later ones win.
pub(super) fn of(entry: &Entry, command: &Command<'_>, user: &UserFacts) -> Vec<ByteString> {
    let terminal = command.terminal_type.unwrap_or("dumb");
    let of_user = [
        (variables::HOME, user.home.as_str()),
        (variables::USER, user.name.as_str()),
        (variables::LOGNAME, user.name.as_str()),
        ("SHELL", user.shell.as_str()),
        (variables::TERM, terminal),
    ];
    let general = entry.environment.iter().map(|text| text.clone().into_bytes());
    let of_user = of_user.into_iter().map(|(name, value)| format!("{name}={value}").into_bytes());
    let chosen = command.variables.iter();
    let chosen = chosen.map(|variable| [variable.name.as_bytes(), b"=", variable.value.as_bytes()].concat());
    let mut environment: Vec<Vec<u8>> = vec![format!("{}={SEARCH_PATH}", variables::PATH).into_bytes()];
    for assignment in general.chain(of_user).chain(chosen) {
        let name = name_of(&assignment).to_vec();
        environment.retain(|other| name_of(other) != name);
        environment.push(assignment);
    }
    // A NUL byte cannot come from here: each part was a string of the kernel's or of a checked file.
    environment.into_iter().filter_map(|text| ByteString::new(text).ok()).collect()
}

fn name_of(assignment: &[u8]) -> &[u8] {
    assignment.split(|&byte| byte == b'=').next().unwrap_or_default()
}

/// The paths to try, and the arguments; without a command it is the user's login shell.
pub(super) fn program(
    command: &Command<'_>,
    user: &UserFacts,
    environment: &[ByteString],
) -> (Vec<ByteString>, Vec<ByteString>) {
    let texts = |texts: &[&str]| texts.iter().filter_map(|text| ByteString::new(*text).ok()).collect();
    let Some(name) = command.arguments.first() else {
        let base = user.shell.rsplit('/').next().unwrap_or("sh");
        return (texts(&[&user.shell, "/bin/bash", "/bin/sh"]), texts(&[&format!("-{base}")]));
    };
    let path = environment.iter().find_map(|text| text.as_bytes().strip_prefix(b"PATH=")).unwrap_or_default();
    (candidates(name, path), command.arguments.to_vec())
}

/// Where a program may be.
pub(super) fn candidates(name: &ByteString, path: &[u8]) -> Vec<ByteString> {
    if name.as_bytes().contains(&b'/') {
        return vec![name.clone()];
    }
    let directories = path.split(|&byte| byte == b':').filter(|directory| directory.starts_with(b"/"));
    let candidate = |directory: &[u8]| ByteString::new([directory, b"/", name.as_bytes()].concat()).ok();
    directories.filter_map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use redd_spec::payload::EnvironmentVariable;
    use rustix::termios::Winsize;

    use super::super::command::Streams;
    use super::*;

    const SIZE: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };

    fn entry(environment: &[&str]) -> Entry {
        Entry {
            bounding: 0,
            no_new_privileges: false,
            seccomp: Vec::new(),
            is_32_bit: false,
            selinux_context: None,
            environment: environment.iter().map(|&text| text.to_owned()).collect(),
            cpu_affinity: None,
        }
    }

    fn alice() -> UserFacts {
        UserFacts {
            name: "alice".to_owned(),
            uid: 1000,
            gid: 1000,
            groups: Vec::new(),
            home: "/home/alice".to_owned(),
            shell: "/bin/zsh".to_owned(),
        }
    }

    fn command<'a>(arguments: &'a [ByteString], variables: &'a [EnvironmentVariable]) -> Command<'a> {
        let streams = Streams::Terminal(SIZE);
        Command { arguments, user: None, directory: None, variables, terminal_type: Some("vt220"), streams }
    }

    #[test]
    fn what_the_caller_wants_wins_over_the_user_and_that_over_the_machine() {
        let bytes = |text: &str| ByteString::new(text).unwrap();
        let chosen = [EnvironmentVariable { name: bytes("HOME"), value: bytes("/x=y") }];
        let entry = entry(&["container=redd", "TERM=linux", "PATH=/opt"]);
        let environment = of(&entry, &command(&[], &chosen), &alice());
        for expected in ["container=redd", "TERM=vt220", "PATH=/opt", "HOME=/x=y", "USER=alice"] {
            assert!(environment.contains(&bytes(expected)), "{expected}: {environment:?}");
        }
        assert_eq!(environment.iter().filter(|text| text.as_bytes().starts_with(b"HOME=")).count(), 1);
    }

    #[test]
    fn a_program_is_looked_for_in_the_path_that_it_gets() {
        let bytes = |text: &str| ByteString::new(text).unwrap();
        let arguments = [bytes("id"), bytes("-u")];
        let (candidates, _) = program(&command(&arguments, &[]), &alice(), &[bytes("PATH=/a:b:/c")]);
        assert_eq!(candidates, [bytes("/a/id"), bytes("/c/id")]);
        let (candidates, arguments) = program(&command(&[], &[]), &alice(), &[]);
        assert_eq!((candidates[0].clone(), arguments), (bytes("/bin/zsh"), vec![bytes("-zsh")]));
    }
}
