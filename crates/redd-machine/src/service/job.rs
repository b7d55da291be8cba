//! A start that systemd does: its job, and what becomes of it.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use redd_bus::Value;
use redd_control::ending::LastEnding;
use redd_control::event::Phase;
use redd_control::record::Record;
use redd_runtime::background::{FailureKind, Report, StartFailure};
use redd_spec::name::MachineName;

use super::manager::{Kind, Manager, shown};
use super::said::Said;
use super::{unit_of, words};
use crate::registry::{self, Presence};
use crate::{MachineError, restart};

/// The start of a machine's unit, as who waits for it sees it. Dropping this changes nothing about it.
#[derive(Debug)]
pub(crate) struct Job {
    name: MachineName,
    unit: String,
    manager: Manager,
    /// systemd's names for the job and the unit.
    job: String,
    object: String,
    /// What its redd says meanwhile.
    said: Said,
    status: String,
    /// What was looked at, and not told yet.
    reports: Vec<Report>,
    /// How its last life before this one ended.
    before: Option<LastEnding>,
}

impl Job {
    /// Has systemd start a machine's unit, with these words or as it was enabled.
    pub(crate) fn begin(name: &MachineName, words: Option<&[u8]>) -> Result<Self, MachineError> {
        refuse_what_runs(name)?;
        match words {
            Some(words) => words::say(name, words)?,
            None => words::forget(name)?,
        }
        let unit = unit_of(name);
        let mut manager = Manager::connect()?;
        let object = manager.load(&unit)?;
        let said = Said::from_now_on(name);
        let before = ending(name);
        let job = manager.unit_job("StartUnit", &unit)?;
        let (status, reports) = (String::new(), Vec::new());
        Ok(Self { name: name.clone(), unit, manager, job, object, said, status, reports, before })
    }

    /// The next report that came, if one has.
    pub(crate) fn next_report(&mut self) -> Option<Report> {
        loop {
            if let Some(report) = self.reports.pop() {
                return Some(report);
            }
            let signal = match self.manager.bus.next_signal(Some(Instant::now())) {
                Ok(signal) => signal?,
                Err(error) => return Some(Report::Failed(self.failure(&error.to_string(), Vec::new()))),
            };
            let is_of_job = signal.body.get(1).and_then(Value::as_text) == Some(&self.job);
            match signal.name.as_str() {
                "JobRemoved" if is_of_job => {
                    let result = signal.body.get(3).and_then(Value::as_text).unwrap_or_default().to_owned();
                    self.end(&result);
                }
                "PropertiesChanged" if signal.path == self.object => self.look_at_status(),
                _ => {}
            }
        }
    }

    /// Whether the payload was executed: nobody tells, it has to be looked.
    pub(crate) fn is_executed(&self) -> bool {
        Record::read(&self.name).is_ok_and(|record| record.is_some())
    }

    fn look_at_status(&mut self) {
        let status = self.manager.text(&self.object, Kind::Service, "StatusText");
        if !status.is_empty() && status != self.status {
            self.status.clone_from(&status);
            self.reports.push(Report::Status(status));
        }
    }

    /// What came of it, last thing first.
    fn end(&mut self, result: &str) {
        let lines = self.said.lines();
        let (warnings, others): (Vec<String>, Vec<String>) =
            lines.into_iter().partition(|line| line.starts_with("warning: "));
        let report = match result {
            "done" => Report::Ready,
            result => Report::Failed(self.why(result, others)),
        };
        self.reports.push(report);
        let warnings = warnings.iter().rev().filter_map(|line| line.strip_prefix("warning: "));
        self.reports.extend(warnings.map(|text| Report::Warning(text.to_owned())));
    }

    fn why(&mut self, result: &str, lines: Vec<String>) -> StartFailure {
        let of_service = self.manager.text(&self.object, Kind::Service, "Result");
        let status = match self.manager.property(&self.object, Kind::Service, "ExecMainStatus") {
            Some(Value::Variant(value)) => value.show(),
            _ => String::new(),
        };
        let how = match (result, of_service.as_str()) {
            ("failed", "exit-code") => format!("failed, its redd ended with status {status}"),
            ("failed", of_service) => format!("failed, by what systemd calls {of_service}"),
            ("canceled", _) => "was stopped meanwhile".to_owned(),
            (result, _) => format!("was not started, by what systemd calls {}", shown(result)),
        };
        self.failure(&how, lines)
    }

    fn failure(&self, how: &str, lines: Vec<String>) -> StartFailure {
        let last: Vec<&str> =
            lines.iter().map(|line| line.strip_prefix("error: ").unwrap_or(line.as_str())).collect();
        let why = if last.is_empty() { String::new() } else { format!(": {}", last.join("; ")) };
        let last = ending(&self.name).filter(|last| self.before.as_ref() != Some(last));
        let is_conflict = last.is_some_and(|last| last.conflict);
        StartFailure {
            text: format!("{} {how}{why}", self.unit),
            hint: Some(format!("journalctl --unit={} and redd logs {} tell more", self.unit, self.name)),
            kind: if is_conflict { FailureKind::Conflict } else { FailureKind::Other },
        }
    }
}

fn ending(name: &MachineName) -> Option<LastEnding> {
    LastEnding::read(name).ok().flatten()
}

/// Readable when systemd says something.
impl AsFd for Job {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.manager.bus.as_fd()
    }
}

/// systemd is content with a unit that is active. Who is told to stop is waited for by the unit's own redd.
fn refuse_what_runs(name: &MachineName) -> Result<(), MachineError> {
    let runs = registry::registered_as(name.clone()).is_some_and(|found| found.presence == Presence::Live);
    if runs && !matches!(restart::phase(name), Some(Phase::Stopping | Phase::Stopped)) {
        let failure = StartFailure {
            text: format!("a machine named {name} is running"),
            hint: None,
            kind: FailureKind::Conflict,
        };
        return Err(MachineError::NotStarted { failure });
    }
    Ok(())
}
