//! From a fresh machine to a booted Debian.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Failure, binary, setup, shell, target, trees};

const NAME: &str = "demo";
const PASSWORD: &str = "redd";
const BOOT_TIMEOUT: Duration = Duration::from_secs(120);

/// Installs what is needed, builds, makes a tree, boots it.
pub(crate) fn demo(tree: Option<PathBuf>) -> Result<(), Failure> {
    setup::prepare_machine()?;
    let redd = binary::build()?;
    let tree = match tree {
        Some(tree) => tree,
        None => own_tree()?,
    };
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        println!("log in as root with the password {PASSWORD:?}; power-off or three times ^] ends it");
        return shell::run(&mut boot(&redd, &tree));
    }
    boot_and_look(&redd, &tree)
}

/// A tree that keeps what is done in it.
fn own_tree() -> Result<PathBuf, Failure> {
    let path = target().join("demo/debian");
    if !path.join("usr").is_dir() {
        trees::make(trees::Suite::Debian13, &path)?;
        leave_root_to_credentials(&path)?;
    }
    Ok(path)
}

/// systemd-sysusers takes a password from a credential only for users that it makes itself.
fn leave_root_to_credentials(tree: &Path) -> Result<(), Failure> {
    for name in ["etc/passwd", "etc/shadow"] {
        let path = tree.join(name);
        let text = fs::read_to_string(&path)?;
        let others: Vec<&str> = text.lines().filter(|line| !line.starts_with("root:")).collect();
        fs::write(path, others.join("\n") + "\n")?;
    }
    Ok(())
}

fn boot(redd: &Path, tree: &Path) -> Command {
    let mut command = Command::new(redd);
    command
        .args(["boot", "-M", NAME, &format!("--set-credential=passwd.plaintext-password.root:{PASSWORD}")])
        .arg(tree);
    command
}

fn boot_and_look(redd: &Path, tree: &Path) -> Result<(), Failure> {
    let start = Instant::now();
    let mut machine = boot(redd, tree).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let result = look(start);
    let stopped = stop(&mut machine);
    result.and(stopped)
}

fn look(start: Instant) -> Result<(), Failure> {
    let state = loop {
        let state = inside(&["systemctl", "is-system-running", "--wait"]).unwrap_or_default();
        if matches!(state.trim(), "running" | "degraded" | "maintenance") {
            break state;
        }
        if start.elapsed() > BOOT_TIMEOUT {
            return Err("the machine did not come up".into());
        }
        sleep(Duration::from_millis(20));
    };
    println!("{} after {:.2} s", state.trim(), start.elapsed().as_secs_f64());
    print!("{}", inside(&["systemctl", "--failed", "--no-pager", "--plain"])?);
    if state.trim() == "running" { Ok(()) } else { Err(format!("the machine is {}", state.trim()).into()) }
}

/// Runs something in the machine's namespaces.
fn inside(words: &[&str]) -> Result<String, Failure> {
    let state = fs::read_to_string(format!("/run/redd/machines/{NAME}/state.json"))?;
    let leader = state.lines().find(|line| line.contains("\"leader\"")).unwrap_or_default();
    let leader: String = leader.chars().filter(char::is_ascii_digit).collect();
    let mut command = Command::new("nsenter");
    command.args(["--all", "--target", &leader]).args(words).stderr(Stdio::null());
    let output = command.output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn stop(machine: &mut Child) -> Result<(), Failure> {
    shell::run(Command::new("kill").arg(machine.id().to_string()))?;
    let status = machine.wait()?;
    if status.success() {
        println!("stopped in good order");
        Ok(())
    } else {
        Err(format!("redd ended with {status}").into())
    }
}
