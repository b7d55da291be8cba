//! Judges how well a container manager keeps the Container Interface: any manager, with evidence.
//!
//! Observing and judging are apart: what is seen of a container becomes plain data, and each check of the
//! [`registry`] is a pure function of it. Nothing here may depend on how redd itself runs a machine.
#![forbid(unsafe_code)]

pub mod adapter;
pub mod image;
pub mod judge;
pub mod observation;
pub mod probe;
pub mod registry;
pub mod render;
pub mod report;
pub mod run;
pub mod subject;
