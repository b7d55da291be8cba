//! Asking all supervisors at once: one that hangs costs the others nothing, and the caller a moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::machine::{Description, method};
use redd_spec::name::MachineName;

/// How long all of them together may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// What each supervisor says of its machine.
pub(super) fn describe_all(
    names: impl Iterator<Item = MachineName>,
) -> BTreeMap<MachineName, Result<Description, ClientError>> {
    let deadline = Instant::now() + PATIENCE;
    let asked: Vec<(MachineName, Result<Client, ClientError>)> = names
        .map(|name| {
            let client = ask(&name, deadline);
            (name, client)
        })
        .collect();
    let answer = |client: Result<Client, ClientError>| client?.next_reply(Some(deadline));
    asked.into_iter().map(|(name, client)| (name, answer(client))).collect()
}

fn ask(name: &MachineName, deadline: Instant) -> Result<Client, ClientError> {
    let left = deadline.saturating_duration_since(Instant::now());
    let mut client = Client::connect(name)?.with_patience(left);
    client.ask(method::DESCRIBE, &serde_json::json!({}))?;
    Ok(client)
}
