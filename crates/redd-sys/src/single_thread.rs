//! Proof that this process has one thread.

use std::io;
use std::marker::PhantomData;

/// Proof that this process had one thread when it was checked; what would start another one is banned.
///
/// A copy of a multi-threaded process may find locks taken by threads that it does not have. So whatever copies
/// the process, or changes what all its threads share, asks for this.
#[derive(Debug)]
pub struct SingleThreaded(PhantomData<*const ()>);

impl SingleThreaded {
    /// Counts the threads.
    ///
    /// # Errors
    /// `/proc/self/task` cannot be read, or there is more than one.
    pub fn check() -> io::Result<Self> {
        let threads = std::fs::read_dir("/proc/self/task")?.count();
        if threads == 1 {
            return Ok(Self(PhantomData));
        }
        Err(io::Error::other(format!("this process has {threads} threads; it must have one")))
    }
}
