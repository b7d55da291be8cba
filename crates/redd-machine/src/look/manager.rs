//! What a payload's systemd says of its units. It is asked by a process of its own, which is not waited for long: a payload may
//! be slow, or out of memory, or hostile.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use redd_bus::{Bus, Method, Value};
use redd_runtime::enter::{Leader, connect};
use redd_spec::name::MachineName;
use redd_spec::text::escape;
use serde::{Deserialize, Serialize};

use crate::aside::{Aside, Heard, Speaker};

const SOCKET: &str = "/run/systemd/private";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long all of what is told of start-ups may take.
const STARTUP_PATIENCE: Duration = Duration::from_secs(10);
/// The longest name of a unit, and as many are told.
const NAME_MAX: usize = 100;
const UNITS_MAX: usize = 1000;

/// What came of asking for failed units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// What it says of the system as a whole: `running`, `degraded`, …; escaped.
    pub system: String,
    /// The units that failed, escaped.
    pub failed: Vec<String>,
}

/// When a unit was started, in microseconds of `CLOCK_MONOTONIC`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitStart {
    /// Its name, escaped.
    pub name: String,
    /// When it began to be activated.
    pub activating: u64,
    /// When it was active; 0 where it never was.
    pub active: u64,
}

/// When a payload's systemd came how far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Startup {
    /// It began.
    pub userspace: u64,
    /// It began to load units, and had done.
    pub units_load: (u64, u64),
    /// Everything was started; 0 where it is not.
    pub finish: u64,
    /// Its units, as they were started.
    pub units: Vec<UnitStart>,
}

/// How its units are; `None` where nobody answers in time.
pub(crate) fn health(name: &MachineName) -> Option<Health> {
    let mut aside = Aside::start(|speaker| tell(speaker, || read_health(name))).ok()?;
    match aside.listen(Instant::now() + PATIENCE) {
        Heard::Said(health) => health,
        Heard::Ended | Heard::Silent => None,
    }
}

/// How it started; `None` where nobody answers in time.
pub(crate) fn startup(name: &MachineName) -> Option<Startup> {
    let mut aside = Aside::start(|speaker| tell(speaker, || read_startup(name))).ok()?;
    match aside.listen(Instant::now() + STARTUP_PATIENCE) {
        Heard::Said(startup) => startup,
        Heard::Ended | Heard::Silent => None,
    }
}

fn tell<T: Serialize>(speaker: &mut Speaker, read: impl FnOnce() -> io::Result<T>) {
    speaker.say(&read().ok());
}

fn greet(name: &MachineName) -> io::Result<Bus> {
    let leader = Leader::of(name).map_err(io::Error::other)?;
    let socket = connect(&leader, Path::new(SOCKET), PATIENCE).map_err(io::Error::other)?;
    let stream = UnixStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    Bus::greet(stream)
}

/// A row of `ListUnits`, as far as it is used: the name, whether it is active, and its object.
struct Row {
    name: String,
    active: String,
    path: String,
}

fn rows(bus: &mut Bus) -> io::Result<Vec<Row>> {
    let method = Method { path: PATH, interface: MANAGER, name: "ListUnits" };
    let answer = bus.call(method, &[])?;
    let row = |row: &Value| {
        let field = |index: usize| row.elements().get(index).map(text).unwrap_or_default();
        Row { name: field(0), active: field(3), path: field(6) }
    };
    Ok(answer.first().map(Value::elements).unwrap_or_default().iter().take(UNITS_MAX).map(row).collect())
}

fn read_health(name: &MachineName) -> io::Result<Health> {
    let mut bus = greet(name)?;
    let system = shown(&text(&bus.property(PATH, MANAGER, "SystemState")?));
    let failed = rows(&mut bus)?.into_iter().filter(|row| row.active == "failed");
    Ok(Health { system, failed: failed.map(|row| shown(&row.name)).collect() })
}

fn read_startup(name: &MachineName) -> io::Result<Startup> {
    let mut bus = greet(name)?;
    let mut of_manager = |name: &str| moment(&mut bus, PATH, MANAGER, name);
    let mut startup = Startup {
        userspace: of_manager("UserspaceTimestampMonotonic")?,
        units_load: (
            of_manager("UnitsLoadStartTimestampMonotonic")?,
            of_manager("UnitsLoadFinishTimestampMonotonic")?,
        ),
        finish: of_manager("FinishTimestampMonotonic")?,
        units: Vec::new(),
    };
    for row in rows(&mut bus)? {
        let activating = moment(&mut bus, &row.path, UNIT, "InactiveExitTimestampMonotonic")?;
        let active = moment(&mut bus, &row.path, UNIT, "ActiveEnterTimestampMonotonic")?;
        if activating > 0 {
            startup.units.push(UnitStart { name: shown(&row.name), activating, active });
        }
    }
    startup.units.sort_by_key(|unit| unit.activating);
    Ok(startup)
}

fn moment(bus: &mut Bus, path: &str, interface: &str, name: &str) -> io::Result<u64> {
    match bus.property(path, interface, name)?.inner() {
        Value::U64(moment) => Ok(*moment),
        _ => Ok(0),
    }
}

fn text(value: &Value) -> String {
    value.inner().as_text().unwrap_or_default().to_owned()
}

fn shown(text: &str) -> String {
    escape(text.as_bytes(), NAME_MAX)
}
