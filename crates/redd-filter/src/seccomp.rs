//! The system call filter: an allow-list for every ABI of a machine, as one short program.
//!
//! What the list allows is allowed, what the kernel knows and the list does not is `EPERM`, and what nobody here
//! knows is `ENOSYS`: programs fall back on that.

mod compiler;
mod policy;
mod table;
#[cfg(test)]
mod tests;

pub use compiler::SeccompProgram;
pub use policy::{
    BaseList, Families, Machine, SeccompPolicy, Socketcall, SyncCalls, SyscallSelector, UnknownSyscall,
    system_call_names,
};
pub use table::{GROUPS, OTHER_ARCHITECTURES};
