//! redd's memory: one growing arena, without the locks that threads would need.
//!
//! The C library's own allocator gives every few pages back to the kernel and asks for them again; a mutex around each
//! allocation would cost more than the allocation.
//!
//! # Safety
//!
//! The arena is touched only between [`Arena::enter`] and the end of the call that entered: nobody else is in it then.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};

use dlmalloc::Dlmalloc;

/// How much the arena grows at a time, in bytes. Pages that are not touched cost nothing.
const GROWTH: usize = 512 * 1024;

/// A global allocator.
pub struct Arena {
    is_entered: AtomicBool,
    memory: UnsafeCell<Dlmalloc>,
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Arena {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Arena").finish_non_exhaustive()
    }
}

// SAFETY: whoever touches the memory has entered, and only one thread has at a time.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena that has nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        let mut memory = Dlmalloc::new();
        assert!(memory.set_granularity(GROWTH), "a power of two");
        Self { is_entered: AtomicBool::new(false), memory: UnsafeCell::new(memory) }
    }

    /// Keeps everybody else out for as long as `task` lasts. redd has one thread (ADR 2), so nobody ever waits here.
    fn enter<T>(&self, task: impl FnOnce(&mut Dlmalloc) -> T) -> T {
        while self.is_entered.swap(true, Ordering::Acquire) {
            spin_loop();
        }
        // SAFETY: entered, so this is the only reference.
        let result = task(unsafe { &mut *self.memory.get() });
        self.is_entered.store(false, Ordering::Release);
        result
    }
}

// SAFETY: each method hands the caller's promises on to the same method of the arena, which keeps them; none unwinds.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        self.enter(|memory| unsafe { memory.malloc(layout.size(), layout.align()) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller vouches that the pointer came from here with this layout.
        self.enter(|memory| unsafe { memory.free(pointer, layout.size(), layout.align()) });
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        self.enter(|memory| unsafe { memory.calloc(layout.size(), layout.align()) })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as for `dealloc`.
        self.enter(|memory| unsafe { memory.realloc(pointer, layout.size(), layout.align(), size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_given_out_again() {
        let arena = Arena::new();
        let layout = Layout::from_size_align(64, 8).unwrap();
        // SAFETY: the layout has a size.
        let one = unsafe { arena.alloc(layout) };
        // SAFETY: it came from there.
        unsafe { arena.dealloc(one, layout) };
        // SAFETY: as above.
        let other = unsafe { arena.alloc(layout) };
        assert!(!one.is_null());
        assert_eq!(one, other);
    }

    #[test]
    fn threads_do_not_get_each_others_memory() {
        static ARENA: Arena = Arena::new();
        let task = |mark: u8| {
            for size in 1..2000_usize {
                let layout = Layout::from_size_align(size, 16).unwrap();
                // SAFETY: the layout has a size.
                let memory = unsafe { ARENA.alloc(layout) };
                // SAFETY: so many bytes are ours.
                unsafe { memory.write_bytes(mark, size) };
                // SAFETY: written just now.
                let bytes = unsafe { std::slice::from_raw_parts(memory, size) };
                assert!(bytes.iter().all(|&byte| byte == mark));
                // SAFETY: it came from there.
                unsafe { ARENA.dealloc(memory, layout) };
            }
        };
        std::thread::scope(|scope| {
            for mark in 1..4 {
                scope.spawn(move || task(mark));
            }
        });
    }
}
