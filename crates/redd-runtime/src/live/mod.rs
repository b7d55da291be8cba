//! Changes of a machine that runs, where its namespaces have to be gone into.

mod lock;
pub mod mounts;
