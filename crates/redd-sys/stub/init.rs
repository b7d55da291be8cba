//! What of redd runs where a payload can see it. It reads what to do from descriptor 3 (see `stub_init::orders`):
//! as PID 1 of `redd run` it starts one command, reaps what is left to it, forwards signals, and ends as the command
//! ends; for somebody who went into a machine it makes the one process that is seen there.
//!
//! No libc, no allocation, no panics.
//!
//! # Safety
//! Every pointer handed to the kernel points into a static buffer or a local that lives across the call.
#![no_std]
#![no_main]

mod enter;
mod kernel;

use kernel::{Waited, exit};

/// What it is told to be, see `stub_init::Role`.
const ROLE_INIT: u32 = 0;
const ROLE_COMMAND: u32 = 1;
const ROLE_CONNECTION: u32 = 2;

/// The most that a command's arguments and environment may take.
const ORDERS_MAX: usize = 2 << 20;
/// The most strings among them.
const STRINGS_MAX: usize = 32 << 10;

static mut ORDERS: [u8; ORDERS_MAX] = [0; ORDERS_MAX];
static mut POINTERS: [*const u8; STRINGS_MAX] = [core::ptr::null(); STRINGS_MAX];

const EXIT_FAILED: i32 = 125;
const EXIT_NOT_EXECUTABLE: i32 = 126;
const EXIT_NOT_FOUND: i32 = 127;
const ENOENT: isize = 2;
const ENOTDIR: isize = 20;

const SIGHUP: i32 = 1;
const SIGTERM: i32 = 15;
const SIGCHLD: i32 = 17;
const SIGCONT: i32 = 18;
/// SIGRTMIN+3 and SIGRTMIN+4, which mean halt and power off to systemd.
const POWER_OFF: [i32; 2] = [37, 38];
/// HUP INT QUIT USR1 USR2 TERM CONT WINCH
const FORWARDED: [i32; 8] = [1, 2, 3, 10, 12, 15, 18, 28];

#[panic_handler]
fn panic(_information: &core::panic::PanicInfo<'_>) -> ! {
    exit(EXIT_FAILED)
}

/// Called by the entry point with an aligned stack.
#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let Some(orders) = read_orders() else { exit(EXIT_FAILED) };
    match orders.role {
        ROLE_INIT => be_init(&orders),
        ROLE_COMMAND => enter::start_command(&orders),
        ROLE_CONNECTION => enter::connect(&orders),
        _ => exit(EXIT_FAILED),
    }
}

fn be_init(orders: &Orders) -> ! {
    kernel::block_all_signals();
    kernel::set_name(c"redd-init");
    match kernel::fork() {
        0 => run(orders),
        child if child > 0 => supervise(child),
        _ => exit(EXIT_FAILED),
    }
}

/// What to be, the program's path and its vectors, NULL-terminated.
struct Orders {
    role: u32,
    path: *const u8,
    arguments: *const *const u8,
    environment: *const *const u8,
}

fn read_orders() -> Option<Orders> {
    // SAFETY: this is the only reference to the buffer, and there is one thread.
    let buffer = unsafe { &mut *(&raw mut ORDERS) };
    let length = kernel::read_all(3, buffer)?;
    kernel::close(3);
    let orders = buffer.get(..length)?;
    let number = |at: usize| Some(u32::from_le_bytes(*orders.get(at..)?.first_chunk::<4>()?));
    let (role, arguments, environment) = (number(0)?, number(4)? as usize, number(8)? as usize);
    // SAFETY: this is the only reference to the array, and there is one thread.
    let pointers = unsafe { &mut *(&raw mut POINTERS) };
    let mut strings = orders.get(12..)?.split_inclusive(|&byte| byte == 0).filter(|text| text.ends_with(&[0]));
    let path = strings.next()?.as_ptr();
    let environment_at = arguments.checked_add(1)?;
    let end = environment_at.checked_add(environment)?;
    if end >= STRINGS_MAX {
        return None;
    }
    for slot in (0..end).filter(|&slot| slot != arguments) {
        *pointers.get_mut(slot)? = strings.next()?.as_ptr();
    }
    let environment = pointers.get(environment_at..)?.as_ptr();
    Some(Orders { role, path, arguments: pointers.as_ptr(), environment })
}

fn run(orders: &Orders) -> ! {
    kernel::lead_session();
    kernel::take_terminal();
    kernel::unblock_all_signals();
    match kernel::execute(orders.path, orders.arguments, orders.environment) {
        ENOENT | ENOTDIR => exit(EXIT_NOT_FOUND),
        _ => exit(EXIT_NOT_EXECUTABLE),
    }
}

fn supervise(child: i32) -> ! {
    loop {
        if let Some(status) = reap(child) {
            exit(status);
        }
        let signal = kernel::wait_for_signal();
        if FORWARDED.contains(&signal) {
            kernel::send(child, signal);
        } else if POWER_OFF.contains(&signal) {
            for signal in [SIGTERM, SIGCONT, SIGHUP] {
                kernel::send(child, signal);
            }
        } else if signal == SIGCHLD {
            // Reaped above.
        }
    }
}

/// Reaps everything that ended; the command's status, once it is among it.
fn reap(child: i32) -> Option<i32> {
    let mut status = None;
    loop {
        match kernel::wait_any() {
            Waited::Ended { pid, status: ended } if pid == child => status = Some(ended),
            Waited::Ended { .. } => {}
            Waited::None => return status,
            // No signal would come for it any more: better no payload than one that nobody sees the end of.
            Waited::Failed => return Some(EXIT_FAILED),
        }
    }
}
