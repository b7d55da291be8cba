//! Safe wrappers for kernel interfaces that rustix lacks.
//!
//! The only crate with `unsafe`. Every block names the precondition and who guarantees it.

pub mod arena;
pub mod bpf;
pub mod btrfs;
pub mod channel;
pub mod clone;
pub mod datagram;
pub mod disposal;
pub mod file_system;
pub mod inherit;
pub mod lock;
pub mod memory_file;
pub mod mount;
pub mod packet_socket;
pub mod process;
pub mod program_text;
pub mod resource_usage;
pub mod root_dir;
pub mod seccomp;
pub mod signal;
pub mod single_thread;
pub mod stub_init;
mod syscall;

pub use rustix::io::Errno;
