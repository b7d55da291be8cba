//! The control socket, by systemd's own varlinkctl.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use redd_control::event::Phase;
use redd_control::interface::{INTERFACES, methods};
use redd_control::machine::INSTANCE;
use redd_tests::{Background, Need, Run, finish, needs, program_of, tiny_tree};
use serde_json::{Value, json};

struct Varlinkctl<'a> {
    machine: &'a Background,
    tree: std::path::PathBuf,
}

impl Varlinkctl<'_> {
    /// Its words, with the socket between the first one and the others.
    fn command(&self, verb: &[&str], words: &[&str]) -> Command {
        let socket = Path::new("/run/redd/machines").join(&self.machine.name).join("control");
        let mut command = program_of(&self.tree, "varlinkctl");
        command.args(verb).arg(socket).args(words);
        command
    }

    fn run(&self, verb: &str, words: &[&str]) -> Run {
        finish(self.command(&[verb], words))
    }

    fn call(&self, method: &str, parameters: &Value) -> Value {
        let run = self.run("call", &[method, &parameters.to_string()]);
        assert_eq!(run.status, 0, "{method}: {run:?}");
        serde_json::from_str(&run.output).unwrap()
    }

    fn refusal(&self, method: &str, parameters: &Value) -> String {
        let run = self.run("call", &[method, &parameters.to_string()]);
        assert_ne!(run.status, 0, "{method} was done");
        run.errors
    }
}

fn with_a_machine(work: impl Fn(&Background, &Varlinkctl<'_>)) {
    let tree = tiny_tree();
    for varlinkctl in [Need::Nspawn257, Need::NspawnSid] {
        let machine = Background::start(tree.path(), &["--read-only"]);
        work(&machine, &Varlinkctl { machine: &machine, tree: varlinkctl.tree() });
        drop(machine.verb(&["terminate"], &[]));
        machine.assert_gone();
    }
}

#[test]
fn it_says_who_it_is_and_its_descriptions_are_read_and_complete() {
    needs!(Need::Root, Need::Nspawn257, Need::NspawnSid);
    with_a_machine(|_machine, varlinkctl| {
        let information = varlinkctl.run("info", &["--json=short"]);
        let information: Value = serde_json::from_str(&information.output).unwrap();
        assert_eq!(information["product"], "redd");
        assert_eq!(information["interfaces"], json!(INTERFACES.map(|(name, _)| name)));
        for (name, _) in INTERFACES {
            let run = varlinkctl.run("introspect", &[name]);
            assert_eq!(run.status, 0, "{name}: {run:?}");
            for method in methods(name) {
                let short = method.rsplit_once('.').unwrap().1;
                assert!(run.output.contains(&format!("method {short}(")), "{method}: {}", run.output);
            }
        }
        // It has errors of its own for those of the protocol.
        assert_ne!(varlinkctl.run("introspect", &["io.redd.Nothing"]).status, 0);
    });
}

/// The answers have the shape that the interface of systemd 262 describes.
#[test]
fn systemds_interface_describes_freezes_and_ends_a_machine() {
    needs!(Need::Root, Need::Nspawn257, Need::NspawnSid);
    with_a_machine(|machine, varlinkctl| {
        let call = |method: &str| varlinkctl.call(&format!("{INSTANCE}.{method}"), &json!({}));
        assert_eq!(call("Describe"), json!({ "running": true, "status": "running" }));
        assert_eq!(call("Pause"), json!({}));
        assert_eq!(call("Describe"), json!({ "running": false, "status": "paused" }));
        assert!(machine.description().paused);
        assert_eq!(call("Resume"), json!({}));
        assert_eq!(call("Describe"), json!({ "running": true, "status": "running" }));
        for (method, parameters) in [
            ("AddStorage", json!({ "fileDescriptorIndex": 0, "name": "a:b" })),
            ("RemoveStorage", json!({ "name": "a:b" })),
            ("ReplaceStorage", json!({ "fileDescriptorIndex": 0, "name": "a:b" })),
            ("SetMemory", json!({ "bytes": 1 << 30 })),
        ] {
            let said = varlinkctl.refusal(&format!("{INSTANCE}.{method}"), &parameters);
            assert!(said.contains("io.systemd.MachineInstance.NotSupported"), "{method}: {said}");
        }
        assert!(!varlinkctl.refusal(&format!("{INSTANCE}.Nothing"), &json!({})).is_empty());
        assert_eq!(call("Terminate"), json!({}));
    });
}

/// Each object begins with a record separator, or does not; the last one is empty, for the end of the connection.
fn event_of(line: std::io::Result<String>) -> Option<String> {
    let event: Value = serde_json::from_str(line.unwrap().trim_start_matches('\u{1e}')).unwrap();
    assert!(event.get("event").is_some() || event == json!({}), "{event}");
    Some(event["event"].as_str()?.to_owned())
}

#[test]
fn systemds_interface_reboots_and_powers_off_and_tells_what_happens() {
    needs!(Need::Root, Need::Nspawn257, Need::NspawnSid);
    with_a_machine(|machine, varlinkctl| {
        let method = format!("{INSTANCE}.SubscribeEvents");
        assert!(!varlinkctl.refusal(&method, &json!({})).is_empty());
        let subscribe = |filter: Value| {
            let parameters = json!({ "filter": filter }).to_string();
            let mut command =
                varlinkctl.command(&["call", "--more", "--json=short"], &[&method, &parameters]);
            let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
            assert_eq!(event_of(lines.next().unwrap()).as_deref(), Some("READY"));
            (process, lines)
        };
        let (mut all, mut everything) = (subscribe(Value::Null), Vec::new());
        let (mut some, mut reboots) = (subscribe(json!(["RESET", "STOP"])), Vec::new());
        machine.wait_for(
            || assert_eq!(varlinkctl.call(&format!("{INSTANCE}.Reboot"), &json!({})), json!({})),
            |event| matches!(event, redd_control::event::Event::Exited { .. }),
        );
        machine.wait_for_phase(Phase::Running);
        assert_eq!(machine.description().boots, 2);
        varlinkctl.call(&format!("{INSTANCE}.Pause"), &json!({}));
        varlinkctl.call(&format!("{INSTANCE}.Resume"), &json!({}));
        assert_eq!(varlinkctl.call(&format!("{INSTANCE}.PowerOff"), &json!({})), json!({}));
        for (seen, (process, lines)) in [(&mut everything, &mut all), (&mut reboots, &mut some)] {
            seen.extend(lines.filter_map(event_of));
            process.wait().unwrap();
        }
        assert_eq!(everything, ["RESET", "SHUTDOWN", "STOP", "RESUME", "POWERDOWN", "SHUTDOWN"]);
        assert_eq!(reboots, ["RESET", "STOP"]);
    });
}
