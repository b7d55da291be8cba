//! `redd try`: the host's own system, in a copy that nobody keeps.

use std::ffi::OsString;

use redd_nspawn::{Caller, Persona};
use redd_runtime::facts::host_copy::{Choice, Kept};
use redd_spec::mounts::{CustomMount, LayerSource, Overlay, UpperSource};
use redd_spec::path::PathInRoot;
use redd_spec::root::{Access, Persistence};
use redd_spec::uuid::Uuid;

use super::{Answer, StartRequest, start};
use crate::surroundings::Surroundings;

/// What is said before it starts.
const NOTHING_SURVIVES: &str = "a copy of this host: nothing that is done in it survives";

/// Where the system is.
const USR: &str = "/usr";
/// What a copy is started with, unless somebody says something else.
const OPTIONS: [&str; 4] = ["--directory=/", "--ephemeral", "--settings=no", "--network-veth=no"];

/// What follows the list of options.
const EXAMPLES: &str = "Every option of redd boot can be used, and with a COMMAND every option of redd run.
The copy has no network of the host's, no secrets, no logs and no data of services.
At its console root is logged in; ^]^]^] within a second ends it.

Examples:
  redd try
  redd try -- apt-get -s dist-upgrade
  redd try --with-home --memory=2G";

/// Its part of the whole command line, for generated documents.
pub(super) fn command() -> clap::Command {
    let flag = |name: &'static str, help: &'static str| {
        clap::Arg::new(name).long(name).action(clap::ArgAction::SetTrue).help(help)
    };
    let command = clap::Arg::new("command").value_name("COMMAND").num_args(0..).last(true);
    clap::Command::new("try")
        .about("Boot a copy of this host's own system, and throw it away when it ends")
        .args([
            flag("with-home", "People's homes and root's are in the copy"),
            flag("with-services", "The host's services start in the copy too"),
            command.help("A command that runs in the copy instead of its init"),
        ])
        .after_help(EXAMPLES)
}

/// `[OPTIONS] [-- COMMAND…]`
pub(super) fn request(
    words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Box<StartRequest>, Answer> {
    let (mut homes, mut services) = (Kept::No, Kept::No);
    let (mut options, mut command) = (Vec::new(), Vec::new());
    let mut words = words;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--") => command.extend(words.by_ref()),
            Some("-h" | "--help") => {
                return Err(Answer::Text(self::command().bin_name("redd try").render_help().to_string()));
            }
            Some("--with-home") => homes = Kept::Yes,
            Some("--with-services") => services = Kept::Yes,
            Some(text) if !text.starts_with('-') && options.is_empty() => {
                return Err(Answer::refused(format!(
                    "redd: a command stands behind --: redd try -- {text:?} …"
                )));
            }
            _ => options.push(word),
        }
    }
    let persona = if command.is_empty() { Persona::Boot } else { Persona::Run };
    if persona == Persona::Run {
        // Nobody starts them.
        services = Kept::Yes;
    }
    let machine_id = surroundings.random_id().map_err(|error| Answer::refused(format!("redd: {error}")))?;
    // Several at once have names of their own, and short ones: people see them at every prompt.
    let mut name = format!("--machine=try-{machine_id}");
    name.truncate("--machine=try-".len() + 6);
    let own = [format!("--uuid={machine_id}"), name].map(OsString::from);
    let all =
        OPTIONS.map(OsString::from).into_iter().chain(own).chain(options).chain(["--".into()]).chain(command);
    let mut request = start(persona, all, caller, surroundings)?;
    let root = &request.spec.root;
    if root.path != std::path::Path::new("/") || root.persistence != Persistence::Ephemeral {
        return Err(Answer::refused(
            "redd: try is about this host alone; redd boot --ephemeral copies others".to_owned(),
        ));
    }
    fill(&mut request, homes, services, machine_id, surroundings)?;
    Ok(request)
}

/// Without it there is no system.
fn copy_of_usr() -> CustomMount {
    CustomMount::Overlay(Overlay {
        lower: vec![LayerSource::Host(USR.into())],
        upper: UpperSource::Temporary,
        destination: PathInRoot::new(USR).expect("it is a path from the root on"),
        access: Access::ReadWrite,
    })
}

fn fill(
    request: &mut StartRequest,
    homes: Kept,
    services: Kept,
    machine_id: Uuid,
    surroundings: &impl Surroundings,
) -> Result<(), Answer> {
    let spec = &mut request.spec;
    let hostname = spec.identity.hostname.clone().unwrap_or_else(|| spec.name.as_hostname());
    let choice = Choice { homes, services, hostname, machine_id };
    let refused = |error| Answer::refused(format!("redd: cannot tell what of this host is private: {error}"));
    let copy = surroundings.host_copy(&choice).map_err(refused)?;
    spec.root.substitutes = copy.substitutes;
    for path in copy.separate {
        match path.to_str() {
            Some(USR) => spec.mounts.push(copy_of_usr()),
            _ => request
                .warnings
                .push(format!("{} is another file system, and not in the copy", path.display())),
        }
    }
    request.warnings.push(NOTHING_SURVIVES.to_owned());
    Ok(())
}
