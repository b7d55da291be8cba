//! How a start is asked for: the words of a command line, `.nspawn` files, the defaults of each persona.
//!
//! Everything is text first, then an [`Assignment`] with its origin, then [`Settings`], then a [`redd_spec::Spec`].
//! One table of options ([`option`]) serves `redd boot`, `redd run`, `systemd-nspawn` and files alike.
//! Nothing here touches the system: who calls, and what files say, is given.
#![forbid(unsafe_code)]

pub mod bundle;
pub mod caller;
pub mod effective;
pub mod file;
pub mod kept;
pub mod option;
pub mod persona;
pub mod settings;
pub mod specify;
pub mod words;

mod assignment;
mod knobs;
mod refusal;

pub use assignment::{Assignment, Origin};
pub use caller::{Caller, Terminal};
pub use persona::Persona;
pub use refusal::Refusal;
pub use settings::Settings;
pub use specify::{Selection, Start};
