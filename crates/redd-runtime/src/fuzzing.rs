//! Parsers that are nobody else's affair, for the fuzz targets.

use redd_control::message::Reply;
use redd_plan::step::Undo;
use redd_plan::supervision::Supervision;

use crate::{ids, launch, state, supervise};

/// The undo list in a journal's contents.
#[must_use]
pub fn journal(contents: &[u8]) -> Vec<Undo> {
    state::parse_journal(contents)
}

/// What a supervisor hands over, read and written again; every descriptor counts as open.
///
/// # Errors
/// It is refused.
pub fn handed_over(text: &[u8]) -> Result<Vec<u8>, crate::handover::Refusal> {
    crate::handover::state::State::read(text, |_number| true)?.write()
}

/// What redd's own supervisor is told on account of a message of the payload.
#[must_use]
pub fn notify_message(message: &[u8], supervision: Supervision) -> Vec<String> {
    supervise::passed_on(message, supervision)
}

/// What a tinted console shows of what a payload writes, piece by piece.
#[must_use]
pub fn tinted<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    supervise::tinted(pieces)
}

/// A message of the handshake, read and written again; `None` for one that is refused, or that means the end.
#[must_use]
pub fn handshake_message(message: &[u8]) -> Option<Vec<u8>> {
    launch::written_again(launch::decode(message, Vec::new()).ok()?)
}

/// Whether a passwd or group file names an end of the range that starts there.
#[must_use]
pub fn names_id(database: &str, start: u32) -> bool {
    ids::names_id(database, &[start, start.saturating_add(65534)])
}

/// Whether a subuid or subgid file lends something of the range that starts there.
#[must_use]
pub fn lends(database: &str, start: u32) -> bool {
    ids::lends(database, ids::whole_range(start))
}

/// Whether an nsswitch.conf says that users come from elsewhere.
#[must_use]
pub fn has_remote_users(nsswitch: &str) -> bool {
    ids::has_remote_users(nsswitch)
}

/// What a message of a client comes to.
#[derive(Debug)]
pub enum Understood {
    /// Something to do.
    Request,
    /// Something to say, which is nothing that is done.
    Refused(Reply),
    /// Nothing.
    Nothing,
}

/// What the messages come to that come over a control socket, until one of them ends the connection.
#[must_use]
pub fn control_messages(stream: &[u8]) -> Vec<Understood> {
    supervise::understood(stream)
}
