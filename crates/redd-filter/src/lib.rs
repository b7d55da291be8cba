//! Rule lists become programs for the kernel: which system calls and which devices a payload may use.
//!
//! Pure: a program is a list of numbers, compared in tests with the list of rules it was made of.
#![forbid(unsafe_code)]

pub mod device;
pub mod seccomp;
