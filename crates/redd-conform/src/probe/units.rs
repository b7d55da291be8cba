//! Running transient units and hearing what their probes tell.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use super::PROBE_NAME;
use super::cases::{Case, Work};
use super::systemd::{MANAGER, Systemd};
use crate::observation::{Attempts, UnitRun};
use redd_bus::{Method, Value};

/// The most that one unit may print.
const OUTPUT_MAX: usize = 128 * 1024;
/// How long all units may take together.
const PATIENCE: Duration = Duration::from_secs(25);
/// The same, for systemd, of one: it ends what hangs.
const RUNTIME_MAX_MICROSECONDS: u64 = 20_000_000;

/// A unit that was started.
struct Running {
    name: &'static str,
    unit: String,
    output: Option<OwnedFd>,
    bytes: Vec<u8>,
    refused: Option<String>,
}

/// Runs these at once; what each did, by its name. `probe` is where the payload can execute it.
pub(super) fn run(systemd: &mut Systemd, probe: &str, cases: &[Case]) -> BTreeMap<String, UnitRun> {
    let mut running: Vec<Running> = cases.iter().map(|case| start(systemd, probe, case)).collect();
    listen(&mut running);
    running.into_iter().map(|unit| (unit.name.to_owned(), finish(systemd, unit))).collect()
}

fn start(systemd: &mut Systemd, probe: &str, case: &Case) -> Running {
    let unit = format!("redd-check-{}-{}.service", std::process::id(), case.name);
    let mut running = Running { name: case.name, unit, output: None, bytes: Vec::new(), refused: None };
    match try_start(systemd, probe, case, &running.unit) {
        Ok(output) => running.output = Some(output),
        Err(error) => running.refused = Some(error.to_string()),
    }
    running
}

fn try_start(systemd: &mut Systemd, probe: &str, case: &Case, unit: &str) -> io::Result<OwnedFd> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let words = match &case.work {
        Work::Attempts(attempts) => {
            let attempts = attempts.iter().map(String::as_str);
            [PROBE_NAME, "try"].into_iter().chain(attempts).collect::<Vec<_>>()
        }
        Work::Program(words) => words.clone(),
    };
    let path = match &case.work {
        Work::Attempts(_) => probe,
        Work::Program(words) => words.first().copied().unwrap_or_default(),
    };
    let command = Value::Struct(vec![Value::text(path), Value::texts(&words), Value::Bool(false)]);
    let mut properties = vec![
        ("Description", Value::text("a look at what units can do")),
        ("ExecStart", Value::Array("(sasb)", vec![command])),
        ("StandardOutputFileDescriptor", Value::Descriptor(0)),
        ("RuntimeMaxUSec", Value::U64(RUNTIME_MAX_MICROSECONDS)),
    ];
    properties.extend(case.properties.iter().cloned());
    let property = |(name, value): (&str, Value)| {
        Value::Struct(vec![Value::text(name), Value::Variant(Box::new(value))])
    };
    let properties = Value::Array("(sv)", properties.into_iter().map(property).collect());
    let others = Value::Array("(sa(sv))", Vec::new());
    let method = Method { name: "StartTransientUnit", ..MANAGER };
    let arguments = [Value::text(unit), Value::text("fail"), properties, others];
    systemd.bus.call_with(method, &arguments, &[writer.as_fd()])?;
    Ok(reader)
}

/// Reads what all print until all have closed their ends, or the time is up.
fn listen(running: &mut [Running]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut open: Vec<&mut Running> = running.iter_mut().filter(|unit| unit.output.is_some()).collect();
        let left = deadline.saturating_duration_since(Instant::now());
        if open.is_empty() || left.is_zero() {
            return;
        }
        let mut waiting: Vec<PollFd<'_>> = open
            .iter()
            .filter_map(|unit| Some(PollFd::from_borrowed_fd(unit.output.as_ref()?.as_fd(), PollFlags::IN)))
            .collect();
        let timeout = rustix::time::Timespec::try_from(left).ok();
        if poll(&mut waiting, timeout.as_ref()).is_err() {
            continue;
        }
        let ready: Vec<bool> = waiting.iter().map(|fd| !fd.revents().is_empty()).collect();
        for (unit, _) in open.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            unit.read();
        }
    }
}

impl Running {
    fn read(&mut self) {
        let mut buffer = [0; 8192];
        let Some(output) = &self.output else { return };
        match rustix::io::read(output, &mut buffer) {
            Ok(0) => self.output = None,
            Ok(length) => {
                self.bytes.extend(&buffer[..length]);
                // Who says more than anybody wants to know is not listened to any more.
                if self.bytes.len() > OUTPUT_MAX {
                    self.output = None;
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => self.output = None,
        }
    }
}

fn finish(systemd: &mut Systemd, unit: Running) -> UnitRun {
    if unit.refused.is_some() {
        return UnitRun { refused: unit.refused, ..UnitRun::default() };
    }
    let ended = systemd.wait_for_end(&unit.unit);
    systemd.forget(&unit.unit);
    let attempts: Option<Attempts> = serde_json::from_slice(&unit.bytes).ok();
    let output =
        if attempts.is_some() { String::new() } else { String::from_utf8_lossy(&unit.bytes).into_owned() };
    UnitRun { refused: None, attempts, output, ended }
}

/// Puts the probe where units can execute it; a directory in memory that allows that.
pub(super) fn place_probe(program: File, directory: &std::path::Path) -> io::Result<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = directory.join("probe");
    let mut copy = File::create_new(&path)?;
    io::copy(&mut program.take(256 << 20), &mut copy)?;
    copy.set_permissions(std::fs::Permissions::from_mode(0o755))?;
    Ok(path.to_string_lossy().into_owned())
}
