//! The syntax of systemd's configuration files, see systemd.syntax(7).

/// One line with something on it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// `[NAME]`
    Section(String),
    /// `KEY=VALUE`
    Assignment { key: String, value: String },
    /// Neither.
    Malformed,
}

/// The lines with something on them, and their numbers; a backslash at the end joins two.
pub(super) fn lines(text: &str) -> Vec<(usize, Line)> {
    let mut found = Vec::new();
    let mut rest = text.lines().map(str::trim).enumerate();
    while let Some((index, line)) = rest.next() {
        if line.is_empty() || is_comment(line) {
            continue;
        }
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            whole.push(' ');
            // Comments in between are passed over, as systemd does.
            match rest.by_ref().find(|(_, next)| !is_comment(next)) {
                Some((_, next)) => whole.push_str(next),
                None => break,
            }
        }
        found.push((index + 1, read(whole.trim())));
    }
    found
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['#', ';'])
}

fn read(line: &str) -> Line {
    match (line.strip_prefix('['), line.split_once('=')) {
        (Some(section), _) => {
            section.strip_suffix(']').map_or(Line::Malformed, |name| Line::Section(name.to_owned()))
        }
        (None, Some((key, value))) => {
            Line::Assignment { key: key.trim().to_owned(), value: value.trim().to_owned() }
        }
        (None, None) => Line::Malformed,
    }
}

/// The words of a value: quotes and backslashes as in systemd.syntax(7).
///
/// # Errors
/// A quote that is not closed.
pub(super) fn words(value: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, space) if space.is_ascii_whitespace() => words.extend(word.take()),
            (_, '\\') => {
                let escaped = characters.next().ok_or("a backslash ends it")?;
                word.get_or_insert_default().push(unescape(escaped));
            }
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    if quote.is_some() { Err("a quote is not closed".to_owned()) } else { Ok(words) }
}

const fn unescape(character: char) -> char {
    match character {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        's' => ' ',
        other => other,
    }
}
