//! The one process of somebody who went into a machine that is seen there. This one is not yet: it is in the host's pid
//! namespace, confined already, and only what it starts is inside.

use crate::{EXIT_FAILED, Orders, kernel, run};
use kernel::exit;

/// The connection to whoever went in.
const CHANNEL: usize = 4;
/// What is to be connected.
const SOCKET: usize = 5;
/// What a message with a number begins with, see `redd-runtime/src/enter/message.rs`.
const BORN: u8 = b'P';

/// Starts the command as a child of whoever started this process, and tells its number.
pub(super) fn start_command(orders: &Orders) -> ! {
    kernel::forbid_inspection();
    match kernel::clone_sibling() {
        0 => {
            kernel::die_with_parent();
            // A parent that died before has closed its end.
            if kernel::is_hung_up(CHANNEL) {
                exit(EXIT_FAILED);
            }
            kernel::close(CHANNEL);
            run(orders)
        }
        number => {
            let [first, second, third, fourth] = number.to_le_bytes();
            kernel::write(CHANNEL, &[BORN, first, second, third, fourth]);
            exit(if number > 0 { 0 } else { EXIT_FAILED })
        }
    }
}

/// Connects the socket as somebody of the payload's pid namespace; ends with the number of the error.
pub(super) fn connect(orders: &Orders) -> ! {
    kernel::forbid_inspection();
    match kernel::fork() {
        0 => {
            kernel::die_with_parent();
            exit(kernel::connect(SOCKET, orders.path))
        }
        child if child > 0 => exit(kernel::wait_for(child)),
        failed => exit(-failed),
    }
}
