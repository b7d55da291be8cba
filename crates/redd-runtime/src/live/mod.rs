//! Changes of a machine that runs, where its namespaces have to be gone into.

pub mod devices;
mod lock;
pub mod mounts;
