//! redd's own command line: text in, a request out, and what is done about it.
#![forbid(unsafe_code)]

pub mod command_line;
pub mod commands;
pub mod documents;
pub mod exit_status;
pub mod report;
pub mod surroundings;
pub mod table;
