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
    /// Counts the threads: `/proc/self/task` has a link for each, and the two that every directory has.
    ///
    /// # Errors
    /// `/proc/self/task` cannot be looked at, or there is more than one.
    pub fn check() -> io::Result<Self> {
        let threads = rustix::fs::stat("/proc/self/task")?.st_nlink.saturating_sub(2);
        if threads == 1 {
            return Ok(Self(PhantomData));
        }
        Err(io::Error::other(format!("this process has {threads} threads; it must have one")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_thread_is_seen() {
        let error = std::thread::scope(|scope| scope.spawn(SingleThreaded::check_twice).join()).unwrap();
        assert!(error.is_some_and(|error| error.to_string().contains("it must have one")));
    }

    impl SingleThreaded {
        /// The proof itself cannot leave its thread.
        fn check_twice() -> Option<io::Error> {
            Self::check().err()
        }
    }
}
