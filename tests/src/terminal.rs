//! Somebody at a terminal.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::redd;

/// What somebody at a terminal sees, who types something at a prompt; `script` is the terminal, and the command a line
/// of a shell in which `REDD` stands for redd.
#[must_use]
pub fn at_a_terminal(command: &str, prompt: &str, typed: &[u8]) -> String {
    let binary = redd().get_program().to_string_lossy().into_owned();
    let line = format!("stty rows 33 cols 77; {}; echo status $?; stty -a", command.replace("REDD", &binary));
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("SHELL", "/bin/bash")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // A keyboard is not unplugged while somebody sits at it.
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (mut seen, mut buffer, mut has_typed) = (String::new(), [0; 4096], false);
    loop {
        let length = screen.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        if !has_typed && seen.contains(prompt) {
            keyboard.write_all(typed).unwrap();
            has_typed = true;
        }
    }
    child.wait().unwrap();
    seen
}
