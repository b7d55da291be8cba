//! The words of `check`.

use std::path::PathBuf;

use super::Answer;

/// What is to be judged, and how that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRequest {
    /// What is to be done.
    pub work: Work,
    /// How a report is printed.
    pub form: ReportForm,
    /// Where a page for a browser is written as well.
    pub page: Option<PathBuf>,
}

/// What `check` is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Judge a running machine of redd's.
    Machine {
        /// Its name.
        name: String,
        /// Whether units and files may be made in it.
        active: bool,
    },
    /// Judge whatever runs below an init.
    Process {
        /// Its number.
        pid: u32,
        /// Whether units and files may be made in it.
        active: bool,
    },
    /// Judge a manager by booting a payload.
    Manager {
        /// The name of an adapter, or the file of one.
        adapter: AdapterChoice,
        /// One of its configurations.
        mode: Option<String>,
        /// A tree to boot instead of redd's own.
        image: Option<PathBuf>,
    },
    /// Make the tree that managers are judged with.
    MakeImage(PathBuf),
    /// Put saved reports side by side.
    Compare(Vec<PathBuf>),
    /// Say what a check is about.
    Explain(String),
}

/// Where an adapter comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdapterChoice {
    /// One of redd's.
    Named(String),
    /// Anybody's own.
    File(PathBuf),
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportForm {
    /// A table.
    Table,
    /// For programs, and to be compared later.
    Json,
    /// The Test Anything Protocol.
    Tap,
    /// As build servers read it.
    Junit,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("work").required(true))]
#[command(group = clap::ArgGroup::new("form"))]
pub(super) struct CheckArguments {
    /// A running machine
    #[arg(value_name = "NAME", group = "work")]
    name: Option<String>,
    /// A running container of any manager, by the number of its init
    #[arg(long, value_name = "PID", group = "work")]
    pid: Option<u32>,
    /// Make units and files in it for a moment: more can be judged
    #[arg(long, conflicts_with_all = ["manager", "adapter", "make_image", "compare", "explain"])]
    active: bool,
    /// A manager, judged by booting a payload: redd, systemd-nspawn, lxc, podman, crun, runc
    #[arg(long, value_name = "NAME", group = "work")]
    manager: Option<String>,
    /// A manager that a file describes
    #[arg(long, value_name = "FILE", group = "work")]
    adapter: Option<PathBuf>,
    /// One configuration of the manager; otherwise its first
    #[arg(long, value_name = "MODE", conflicts_with_all = ["name", "pid", "make_image", "compare", "explain"])]
    mode: Option<String>,
    /// The tree to boot; it is copied
    #[arg(long, value_name = "TREE", conflicts_with_all = ["name", "pid", "make_image", "compare", "explain"])]
    image: Option<PathBuf>,
    /// Make the tree that managers are judged with
    #[arg(long, value_name = "DIRECTORY", group = "work")]
    make_image: Option<PathBuf>,
    /// Put saved reports side by side
    #[arg(long, value_name = "FILE", num_args = 1.., group = "work")]
    compare: Vec<PathBuf>,
    /// Say what a check or a clause is about
    #[arg(long, value_name = "ID", group = "work")]
    explain: Option<String>,
    /// Print JSON
    #[arg(long, group = "form")]
    json: bool,
    /// Print the Test Anything Protocol
    #[arg(long, group = "form")]
    tap: bool,
    /// Print JUnit's XML
    #[arg(long, group = "form")]
    junit: bool,
    /// Write a page for a browser as well
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl CheckArguments {
    pub(super) fn request(self) -> Result<CheckRequest, Answer> {
        let form = match (self.json, self.tap, self.junit) {
            (true, ..) => ReportForm::Json,
            (_, true, _) => ReportForm::Tap,
            (_, _, true) => ReportForm::Junit,
            _ => ReportForm::Table,
        };
        let page = self.html.clone();
        let work = self.work().ok_or_else(|| Answer::refused("redd: nothing to check".to_owned()))?;
        Ok(CheckRequest { work, form, page })
    }

    fn work(self) -> Option<Work> {
        let active = self.active;
        let adapter =
            self.manager.map(AdapterChoice::Named).or_else(|| self.adapter.map(AdapterChoice::File));
        if let Some(adapter) = adapter {
            return Some(Work::Manager { adapter, mode: self.mode, image: self.image });
        }
        let machine = self.name.map(|name| Work::Machine { name, active });
        let process = || self.pid.map(|pid| Work::Process { pid, active });
        let image = || self.make_image.map(Work::MakeImage);
        let explained = || self.explain.map(Work::Explain);
        let compared = || (!self.compare.is_empty()).then_some(Work::Compare(self.compare));
        machine.or_else(process).or_else(image).or_else(explained).or_else(compared)
    }
}
