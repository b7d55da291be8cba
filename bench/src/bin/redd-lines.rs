//! Writes numbered lines of 80 bytes, and ends: `redd-lines COUNT`.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::io::Write as _;

/// So many lines are written at once.
const BLOCK: usize = 800;

fn main() {
    let count: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut output = std::io::stdout().lock();
    let mut line = [b'0'; 80];
    line[79] = b'\n';
    let mut block = Vec::with_capacity(BLOCK * line.len());
    for number in 1..=count {
        block.extend_from_slice(&line);
        count_on(&mut line[..79]);
        if number % BLOCK == 0 || number == count {
            output.write_all(&block).unwrap();
            output.flush().unwrap();
            block.clear();
        }
    }
}

/// The next number. To write it anew each time would cost more than what is measured.
fn count_on(digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
}
