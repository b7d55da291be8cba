//! The system calls of the stub.
//!
//! # Safety
//! Pointers handed to [`call`] point into statics or locals that live across it.

use core::arch::asm;

#[cfg(target_arch = "x86_64")]
mod numbers {
    pub(super) const READ: usize = 0;
    pub(super) const WRITE: usize = 1;
    pub(super) const CLOSE: usize = 3;
    pub(super) const SIGPROCMASK: usize = 14;
    pub(super) const IOCTL: usize = 16;
    pub(super) const CONNECT: usize = 42;
    pub(super) const CLONE: usize = 56;
    pub(super) const EXECVE: usize = 59;
    pub(super) const WAIT4: usize = 61;
    pub(super) const KILL: usize = 62;
    pub(super) const SETSID: usize = 112;
    pub(super) const SIGTIMEDWAIT: usize = 128;
    pub(super) const PRCTL: usize = 157;
    pub(super) const EXIT_GROUP: usize = 231;
    pub(super) const PPOLL: usize = 271;
}

#[cfg(target_arch = "aarch64")]
mod numbers {
    pub(super) const IOCTL: usize = 29;
    pub(super) const CLOSE: usize = 57;
    pub(super) const READ: usize = 63;
    pub(super) const WRITE: usize = 64;
    pub(super) const PPOLL: usize = 73;
    pub(super) const EXIT_GROUP: usize = 94;
    pub(super) const KILL: usize = 129;
    pub(super) const SIGPROCMASK: usize = 135;
    pub(super) const SIGTIMEDWAIT: usize = 137;
    pub(super) const SETSID: usize = 157;
    pub(super) const PRCTL: usize = 167;
    pub(super) const CONNECT: usize = 203;
    pub(super) const CLONE: usize = 220;
    pub(super) const EXECVE: usize = 221;
    pub(super) const WAIT4: usize = 260;
}

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and rsp, -16", "call start", "ud2");

#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(".globl _start", "_start:", "mov x29, xzr", "mov x30, xzr", "bl start", "brk 0");

#[cfg(target_arch = "x86_64")]
fn call(number: usize, arguments: [usize; 5]) -> isize {
    let result: isize;
    // SAFETY: see the module; the clobbers are those of the x86-64 system call interface.
    unsafe {
        asm!("syscall", inlateout("rax") number => result, in("rdi") arguments[0], in("rsi") arguments[1],
             in("rdx") arguments[2], in("r10") arguments[3], in("r8") arguments[4],
             lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

#[cfg(target_arch = "aarch64")]
fn call(number: usize, arguments: [usize; 5]) -> isize {
    let result: isize;
    // SAFETY: see the module; the registers are those of the AArch64 system call interface.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") arguments[0] as isize => result, in("x1") arguments[1],
             in("x2") arguments[2], in("x3") arguments[3], in("x4") arguments[4], options(nostack));
    }
    result
}

/// Ends the process.
pub(super) fn exit(status: i32) -> ! {
    loop {
        call(numbers::EXIT_GROUP, [status as usize, 0, 0, 0, 0]);
    }
}

/// Reads to the end; `None` where the buffer is too small or reading fails.
pub(super) fn read_all(fd: usize, buffer: &mut [u8]) -> Option<usize> {
    let mut length = 0;
    loop {
        let rest = buffer.get_mut(length..)?;
        if rest.is_empty() {
            return None;
        }
        match call(numbers::READ, [fd, rest.as_mut_ptr() as usize, rest.len(), 0, 0]) {
            0 => return Some(length),
            read if read > 0 => length += read as usize,
            _ => return None,
        }
    }
}

/// Names the process: what is executed from a descriptor has no name of its own.
pub(super) fn set_name(name: &core::ffi::CStr) {
    const PR_SET_NAME: usize = 15;
    call(numbers::PRCTL, [PR_SET_NAME, name.as_ptr() as usize, 0, 0, 0]);
}

/// Until it becomes another program nobody of its user may look into the process.
pub(super) fn forbid_inspection() {
    const PR_SET_DUMPABLE: usize = 4;
    call(numbers::PRCTL, [PR_SET_DUMPABLE, 0, 0, 0, 0]);
}

pub(super) fn die_with_parent() {
    const PR_SET_PDEATHSIG: usize = 1;
    const SIGKILL: usize = 9;
    call(numbers::PRCTL, [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]);
}

/// Writes once; a short message goes as a whole or not at all.
pub(super) fn write(fd: usize, bytes: &[u8]) {
    call(numbers::WRITE, [fd, bytes.as_ptr() as usize, bytes.len(), 0, 0]);
}

/// Whether the other end of a connection is closed.
pub(super) fn is_hung_up(fd: usize) -> bool {
    const POLLHUP: u16 = 16;
    // struct pollfd: descriptor, then events asked for and seen; struct timespec: no time.
    let mut polled: (u32, u16, u16) = (fd as u32, 0, 0);
    let no_time: [u64; 2] = [0, 0];
    call(numbers::PPOLL, [&raw mut polled as usize, 1, &raw const no_time as usize, 0, SET_SIZE]);
    polled.2 & POLLHUP != 0
}

/// Connects a socket to a path; the number of the error, 0 where there is none.
pub(super) fn connect(fd: usize, path: *const u8) -> i32 {
    const AF_UNIX: u16 = 1;
    const ENAMETOOLONG: i32 = 36;
    // struct sockaddr_un: the family in the order of this machine, then the path.
    let mut address = [0_u8; 110];
    address[..2].copy_from_slice(&AF_UNIX.to_ne_bytes());
    let mut length = 2;
    loop {
        // SAFETY: the path ends with NUL, and nothing behind that is read.
        let byte = unsafe { *path.add(length - 2) };
        if byte == 0 {
            break;
        }
        let Some(slot) = address[..109].get_mut(length) else { return ENAMETOOLONG };
        *slot = byte;
        length += 1;
    }
    -call(numbers::CONNECT, [fd, address.as_ptr() as usize, length + 1, 0, 0]) as i32
}

pub(super) fn close(fd: usize) {
    call(numbers::CLOSE, [fd, 0, 0, 0, 0]);
}

const SET_SIZE: usize = 8;
const SIG_SETMASK: usize = 2;
static ALL_SIGNALS: u64 = u64::MAX;
static NO_SIGNALS: u64 = 0;

pub(super) fn block_all_signals() {
    call(numbers::SIGPROCMASK, [SIG_SETMASK, &raw const ALL_SIGNALS as usize, 0, SET_SIZE, 0]);
}

pub(super) fn unblock_all_signals() {
    call(numbers::SIGPROCMASK, [SIG_SETMASK, &raw const NO_SIGNALS as usize, 0, SET_SIZE, 0]);
}

/// The next blocked signal; 0 where waiting was interrupted.
pub(super) fn wait_for_signal() -> i32 {
    let signal = call(numbers::SIGTIMEDWAIT, [&raw const ALL_SIGNALS as usize, 0, 0, SET_SIZE, 0]);
    if signal > 0 { signal as i32 } else { 0 }
}

pub(super) fn send(pid: i32, signal: i32) {
    call(numbers::KILL, [pid as usize, signal as usize, 0, 0, 0]);
}

/// A copy of this process: 0 in it, its pid here, negative for an error.
pub(super) fn fork() -> i32 {
    const SIGCHLD: usize = 17;
    call(numbers::CLONE, [SIGCHLD, 0, 0, 0, 0]) as i32
}

/// The same, as a child of this process's parent.
pub(super) fn clone_sibling() -> i32 {
    const CLONE_PARENT: usize = 0x8000;
    const SIGCHLD: usize = 17;
    call(numbers::CLONE, [CLONE_PARENT | SIGCHLD, 0, 0, 0, 0]) as i32
}

pub(super) fn lead_session() {
    call(numbers::SETSID, [0; 5]);
}

/// Makes standard input the controlling terminal, if it is a terminal; elsewhere the kernel refuses, and nothing is lost.
pub(super) fn take_terminal() {
    const TIOCSCTTY: usize = 0x540e;
    call(numbers::IOCTL, [0, TIOCSCTTY, 0, 0, 0]);
}

/// Becomes the program; returns the number of the error.
pub(super) fn execute(path: *const u8, arguments: *const *const u8, environment: *const *const u8) -> isize {
    -call(numbers::EXECVE, [path as usize, arguments as usize, environment as usize, 0, 0])
}

/// Waits for a child; its status.
pub(super) fn wait_for(child: i32) -> i32 {
    const EINTR: isize = 4;
    const EIO: i32 = 5;
    let mut raw: i32 = 0;
    loop {
        match call(numbers::WAIT4, [child as usize, &raw mut raw as usize, 0, 0, 0]) {
            waited if waited > 0 && raw & 0x7f == 0 => return raw >> 8 & 0xff,
            waited if -waited == EINTR => {}
            _ => return EIO,
        }
    }
}

/// What waiting found.
pub(super) enum Waited {
    /// A process ended, with the status a shell would give it.
    Ended { pid: i32, status: i32 },
    /// None has.
    None,
    /// The kernel does not say.
    Failed,
}

/// Reaps one process that has ended, without waiting.
pub(super) fn wait_any() -> Waited {
    const WNOHANG: usize = 1;
    const EINTR: isize = 4;
    const ECHILD: isize = 10;
    let mut raw: i32 = 0;
    loop {
        let pid = call(numbers::WAIT4, [usize::MAX, &raw mut raw as usize, WNOHANG, 0, 0]);
        if pid > 0 {
            let signal = raw & 0x7f;
            let status = if signal == 0 { raw >> 8 & 0xff } else { 128 + signal };
            return Waited::Ended { pid: pid as i32, status };
        }
        match -pid {
            EINTR => {}
            0 | ECHILD => return Waited::None,
            _ => return Waited::Failed,
        }
    }
}
