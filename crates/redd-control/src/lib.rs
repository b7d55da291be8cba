//! What a running machine says of itself, and how it is told something.
//!
//! The supervisor serves one socket in the machine's directory; it speaks Varlink: JSON objects that end with a NUL
//! byte. [`client`] is the other end. What lasts is in [`record`], a file beside the socket.
#![forbid(unsafe_code)]

pub mod client;
pub mod console;
pub mod ending;
pub mod entry;
pub mod event;
pub mod frame;
pub mod interface;
pub mod machine;
pub mod message;
pub mod place;
pub mod record;
pub mod time;
