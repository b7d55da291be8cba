//! `redd check`

use std::error::Error;
use std::fs;
use std::path::Path;

use redd_conform::adapter::file::FileAdapter;
use redd_conform::adapter::{self, Adapter};
use redd_conform::render::{self, Figures};
use redd_conform::report::Report;
use redd_conform::run;
use redd_conform::{image, registry};

use crate::command_line::{AdapterChoice, CheckRequest, ReportForm, Work};
use crate::exit_status::{self, ExitStatus};
use crate::report;

type Failure = Box<dyn Error>;

pub(super) fn check(request: &CheckRequest) -> ExitStatus {
    match perform(request) {
        Ok(status) => status,
        Err(error) => {
            report::failure("cannot judge", error.as_ref(), None);
            exit_status::NOT_JUDGED
        }
    }
}

fn perform(request: &CheckRequest) -> Result<ExitStatus, Failure> {
    match &request.work {
        Work::Machine { name, active } => tell(&[run::machine(name, activity(*active))?], request),
        Work::Process { pid, active } => tell(&[run::process(*pid, activity(*active))?], request),
        Work::Explain(id) => {
            report::print_result(&render::explain(id, registry::all())?);
            Ok(exit_status::SUCCESS)
        }
        Work::Compare(files) => compare(files, request),
        Work::MakeImage(path) => {
            image::make(path)?;
            report::print_result(&format!("{}\n", path.display()));
            Ok(exit_status::SUCCESS)
        }
        Work::Manager { adapter, mode, image } => {
            let adapter = find(adapter, mode.as_deref())?;
            let cache = Path::new(image::CACHE);
            if image.is_none() {
                image::make(cache)?;
            }
            let judged = run::manager(adapter.as_ref(), image.as_deref().unwrap_or(cache))?;
            tell(&[judged], request)
        }
    }
}

/// An adapter in one configuration: its first, where none is named.
fn find(choice: &AdapterChoice, mode: Option<&str>) -> Result<Box<dyn Adapter>, Failure> {
    let adapters: Vec<Box<dyn Adapter>> = match choice {
        AdapterChoice::Named(name) => adapter::named(name),
        AdapterChoice::File(file) => {
            let about = |error: &dyn Error| format!("{}: {error}", file.display());
            let text = fs::read_to_string(file).map_err(|error| about(&error))?;
            vec![Box::new(FileAdapter::parse(&text).map_err(|error| about(&error))?)]
        }
    };
    if adapters.is_empty() {
        return Err(
            "no adapter has that name; known are redd, systemd-nspawn, lxc, podman, crun, runc".into()
        );
    }
    let modes: Vec<String> = adapters.iter().map(|adapter| adapter.manager().mode).collect();
    let index = mode.map_or(Some(0), |mode| modes.iter().position(|known| known == mode));
    let found = index.and_then(|index| adapters.into_iter().nth(index));
    found.ok_or_else(|| format!("no such mode; there are: {}", modes.join(", ")).into())
}

const fn activity(active: bool) -> run::Activity {
    if active { run::Activity::Active } else { run::Activity::ReadOnly }
}

fn compare(files: &[std::path::PathBuf], request: &CheckRequest) -> Result<ExitStatus, Failure> {
    let reports: Result<Vec<_>, Failure> = files.iter().map(|file| read(file)).collect();
    tell(&reports?, request)
}

fn read(file: &Path) -> Result<Report, Failure> {
    let about = |error: &dyn Error| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| about(&error))?;
    Ok(render::read_json(&text, registry::all()).map_err(|error| about(&error))?)
}

/// Prints reports and says by the exit status what came out.
fn tell(reports: &[Report], request: &CheckRequest) -> Result<ExitStatus, Failure> {
    let checks = registry::all();
    if let Some(path) = &request.page {
        fs::write(path, render::html(reports, checks))
            .map_err(|error| format!("writing {}: {error}", path.display()))?;
    }
    let text: String = match (request.form, reports) {
        (ReportForm::Json, _) => reports.iter().map(|report| render::json(report, checks)).collect(),
        (ReportForm::Tap, _) => reports.iter().map(|report| render::tap(report, checks)).collect(),
        (ReportForm::Junit, _) => reports.iter().map(|report| render::junit(report, checks)).collect(),
        (ReportForm::Table, [report]) => render::table(report, checks),
        (ReportForm::Table, _) => render::side_by_side(reports, checks),
    };
    report::print_result(&text);
    let musts = reports.iter().map(|report| Figures::of(report, checks).must);
    let (failed, passed) =
        musts.fold((0, 0), |(failed, passed), must| (failed + must.failed, passed + must.passed));
    Ok(match (failed, passed) {
        (0, 0) => exit_status::NOT_JUDGED,
        (0, _) => exit_status::SUCCESS,
        _ => exit_status::MISSED,
    })
}
