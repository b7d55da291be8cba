//! Writes numbered lines of 80 bytes, and ends: `redd-lines COUNT`.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::io::Write as _;

fn main() {
    let count: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut output = std::io::BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
    for number in 0..count {
        writeln!(output, "{number:079}").unwrap();
    }
    output.flush().unwrap();
}
