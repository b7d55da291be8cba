//! Tables without borders, and figures for people.

use std::time::Duration;

/// Whether the columns are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legend {
    /// They are.
    Shown,
    /// They are not.
    Hidden,
}

/// A table: every row has as many cells as there are columns.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    legend: usize,
}

impl Table {
    /// Without a row yet.
    #[must_use]
    pub fn new(columns: &[&str], legend: Legend) -> Self {
        let names = columns.iter().map(ToString::to_string).collect();
        let rows = if legend == Legend::Shown { vec![names] } else { Vec::new() };
        Self { legend: rows.len(), rows }
    }

    /// Adds a row; an empty cell is shown as `-`.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let shown = |cell: String| if cell.is_empty() { "-".to_owned() } else { cell };
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// The text, the rows as `paint` wants them.
    #[must_use]
    pub fn render(&self, paint: impl Fn(usize, String) -> String) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let lines = self.rows.iter().map(line).enumerate();
        lines
            .map(|(index, line)| match index.checked_sub(self.legend) {
                Some(row) => format!("{}\n", paint(row, line)),
                None => format!("{line}\n"),
            })
            .collect()
    }
}

/// An amount of memory: `1.5G`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];
    let (mut whole, mut rest, mut unit) = (bytes, 0, None);
    for next in UNITS {
        if whole < 1024 {
            break;
        }
        (whole, rest, unit) = (whole / 1024, whole % 1024, Some(next));
    }
    match unit {
        None => format!("{whole}B"),
        Some(unit) if whole < 100 => format!("{whole}.{}{unit}", rest * 10 / 1024),
        Some(unit) => format!("{whole}{unit}"),
    }
}

/// A span of time in its two largest units: `3h 12min`.
#[must_use]
pub fn span(time: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let mut rest = time.as_secs();
    let mut parts = Vec::new();
    for (seconds, name) in UNITS {
        let count = rest / seconds;
        rest %= seconds;
        if count > 0 {
            parts.push(format!("{count}{name}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    match parts.len() {
        0 => format!("{}ms", time.subsec_millis()),
        _ => parts[..parts.len().min(2)].join(" "),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", "STATE"], Legend::Shown);
        table.row(["web-server".to_owned(), "running".to_owned()]);
        table.row(["ä".to_owned(), String::new()]);
        assert_eq!(table.render(|_, line| line), "NAME        STATE\nweb-server  running\nä           -\n");
    }

    #[rstest]
    #[case(0, "0B")]
    #[case(1023, "1023B")]
    #[case(1536, "1.5K")]
    #[case(200 << 20, "200M")]
    #[case(u64::MAX, "16383P")]
    fn amounts_are_short(#[case] amount: u64, #[case] expected: &str) {
        assert_eq!(bytes(amount), expected);
    }

    #[rstest]
    #[case(Duration::from_millis(12), "12ms")]
    #[case(Duration::from_secs(61), "1min 1s")]
    #[case(Duration::from_secs(3601), "1h")]
    #[case(Duration::from_secs(90_000), "1d 1h")]
    fn spans_are_told_in_two_units(#[case] time: Duration, #[case] expected: &str) {
        assert_eq!(span(time), expected);
    }
}
