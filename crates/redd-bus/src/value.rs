//! Values of D-Bus and their marshalled form, little-endian.

/// A value. Containers carry the signature of what is in them, which an empty one could not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `b`
    Bool(bool),
    /// `u`
    U32(u32),
    /// `i`
    I32(i32),
    /// `t`
    U64(u64),
    /// `h`: the how manieth descriptor of the message.
    Descriptor(u32),
    /// `s`
    Text(String),
    /// `o`
    Path(String),
    /// `ay`
    Bytes(Vec<u8>),
    /// `a…`, with the signature of the elements.
    Array(&'static str, Vec<Self>),
    /// `(…)`
    Struct(Vec<Self>),
    /// `v`
    Variant(Box<Self>),
    /// Of a kind that is read past.
    Other,
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// `as`
    #[must_use]
    pub fn texts(texts: &[&str]) -> Self {
        Self::Array("s", texts.iter().map(|text| Self::text(text)).collect())
    }

    /// What a variant holds, or the value itself.
    #[must_use]
    pub fn inner(&self) -> &Self {
        match self {
            Self::Variant(inner) => inner.inner(),
            other => other,
        }
    }

    /// Its text, where it has one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self.inner() {
            Self::Text(text) | Self::Path(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array or structure.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self.inner() {
            Self::Array(_, elements) | Self::Struct(elements) => elements,
            _ => &[],
        }
    }

    /// As people read it.
    #[must_use]
    pub fn show(&self) -> String {
        match self.inner() {
            Self::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
            Self::U32(value) => value.to_string(),
            Self::I32(value) => value.to_string(),
            Self::U64(value) => value.to_string(),
            Self::Text(text) | Self::Path(text) => text.clone(),
            other => format!("{other:?}"),
        }
    }

    fn signature(&self) -> String {
        match self {
            Self::Bool(_) => "b".to_owned(),
            Self::U32(_) => "u".to_owned(),
            Self::I32(_) => "i".to_owned(),
            Self::U64(_) => "t".to_owned(),
            Self::Descriptor(_) => "h".to_owned(),
            Self::Text(_) => "s".to_owned(),
            Self::Path(_) => "o".to_owned(),
            Self::Bytes(_) => "ay".to_owned(),
            Self::Array(element, _) => format!("a{element}"),
            Self::Struct(fields) => format!("({})", fields.iter().map(Self::signature).collect::<String>()),
            Self::Variant(_) => "v".to_owned(),
            Self::Other => String::new(),
        }
    }
}

/// The signature of a message's body.
pub(super) fn signature_of(values: &[Value]) -> String {
    values.iter().map(Value::signature).collect()
}

/// Bytes being written.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn align(&mut self, to: usize) {
        while !self.0.len().is_multiple_of(to) {
            self.0.push(0);
        }
    }

    pub(super) fn number(&mut self, number: u32) {
        self.align(4);
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn signature(&mut self, text: &str) {
        self.0.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    fn text(&mut self, text: &str) {
        self.number(length(text.len()));
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(value) => self.number(u32::from(*value)),
            Value::U32(value) | Value::Descriptor(value) => self.number(*value),
            Value::I32(value) => self.number(value.cast_unsigned()),
            Value::U64(value) => {
                self.align(8);
                self.0.extend(value.to_le_bytes());
            }
            Value::Text(text) | Value::Path(text) => self.text(text),
            Value::Bytes(bytes) => {
                self.number(length(bytes.len()));
                self.0.extend(bytes);
            }
            Value::Array(element, values) => self.array(element, values),
            Value::Struct(fields) => {
                self.align(8);
                fields.iter().for_each(|field| self.value(field));
            }
            Value::Variant(inner) => {
                self.signature(&inner.signature());
                self.value(inner);
            }
            Value::Other => {}
        }
    }

    fn array(&mut self, element: &str, values: &[Value]) {
        self.number(0);
        let place = self.0.len() - 4;
        self.align(alignment(element.as_bytes().first().copied()));
        let start = self.0.len();
        values.iter().for_each(|value| self.value(value));
        let written = length(self.0.len() - start);
        self.0[place..place + 4].copy_from_slice(&written.to_le_bytes());
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

const fn alignment(kind: Option<u8>) -> usize {
    match kind {
        Some(b'y' | b'g' | b'v') => 1,
        Some(b'n' | b'q') => 2,
        Some(b't' | b'x' | b'd' | b'(' | b'{') => 8,
        _ => 4,
    }
}

/// Bytes being read. Everything in them may be a lie.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

/// The deepest nesting that is followed.
const DEPTH_MAX: u32 = 16;

impl Reader<'_> {
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.align(4);
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn wide(&mut self) -> Option<u64> {
        self.align(8);
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self, count: usize) -> Option<String> {
        let text = String::from_utf8_lossy(self.take(count)?).into_owned();
        self.take(1)?;
        Some(text)
    }

    pub(super) fn signature(&mut self) -> Option<String> {
        let count = usize::from(*self.take(1)?.first()?);
        self.text(count)
    }

    /// The value that the start of a signature describes.
    pub(super) fn value(&mut self, signature: &mut &[u8], depth: u32) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        let (&kind, rest) = signature.split_first()?;
        *signature = rest;
        Some(match kind {
            b'b' => Value::Bool(self.number()? != 0),
            b'u' => Value::U32(self.number()?),
            b'h' => Value::Descriptor(self.number()?),
            b'i' => Value::I32(self.number()?.cast_signed()),
            b't' | b'x' | b'd' => Value::U64(self.wide()?),
            b's' | b'o' => {
                let count = self.number()? as usize;
                Value::Text(self.text(count)?)
            }
            b'g' => Value::Text(self.signature()?),
            b'y' => self.take(1).map(|_byte| Value::Other)?,
            b'n' | b'q' => {
                self.align(2);
                self.take(2).map(|_bytes| Value::Other)?
            }
            b'v' => {
                let inner = self.signature()?;
                Value::Variant(Box::new(self.value(&mut inner.as_bytes(), depth + 1)?))
            }
            b'a' => self.elements(signature, depth)?,
            b'(' | b'{' => self.fields(signature, depth)?,
            _ => return None,
        })
    }

    fn elements(&mut self, signature: &mut &[u8], depth: u32) -> Option<Value> {
        let count = self.number()? as usize;
        let element = single(signature)?;
        *signature = &signature[element.len()..];
        self.align(alignment(element.first().copied()));
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len())?;
        if element == b"y" {
            return self.take(count).map(|bytes| Value::Bytes(bytes.to_vec()));
        }
        let mut elements = Vec::new();
        while self.at < end {
            let before = self.at;
            elements.push(self.value(&mut &*element, depth + 1)?);
            // Elements without a length would never end.
            if self.at == before {
                return None;
            }
        }
        Some(Value::Array("v", elements))
    }

    fn fields(&mut self, signature: &mut &[u8], depth: u32) -> Option<Value> {
        self.align(8);
        let mut fields = Vec::new();
        while !matches!(signature.first()?, b')' | b'}') {
            fields.push(self.value(signature, depth + 1)?);
        }
        *signature = &signature[1..];
        Some(Value::Struct(fields))
    }
}

/// The first complete type of a signature.
fn single<'a>(signature: &&'a [u8]) -> Option<&'a [u8]> {
    let mut open = 0_usize;
    for (index, kind) in signature.iter().enumerate() {
        match kind {
            b'a' => continue,
            b'(' | b'{' => open += 1,
            b')' | b'}' => open = open.checked_sub(1)?,
            _ => {}
        }
        if open == 0 {
            return signature.get(..=index);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_way_there_and_back() {
        let values = [
            Value::text("name"),
            Value::Bool(true),
            Value::Array("(st)", vec![Value::Struct(vec![Value::text("x"), Value::U64(7)])]),
            Value::Variant(Box::new(Value::Bytes(vec![1, 2, 3]))),
            Value::texts(&[]),
        ];
        let mut writer = Writer::default();
        values.iter().for_each(|value| writer.value(value));
        let signature = signature_of(&values);
        let (mut reader, mut rest) = (Reader { bytes: &writer.0, at: 0 }, signature.as_bytes());
        let read: Vec<_> = (0..values.len()).map(|_| reader.value(&mut rest, 0).unwrap()).collect();
        assert_eq!(read[2].elements()[0].elements()[1].show(), "7");
        assert_eq!(read[3].inner(), &Value::Bytes(vec![1, 2, 3]));
        assert_eq!((read[0].as_text(), read[4].elements().len()), (Some("name"), 0));
    }

    #[test]
    fn lies_are_no_values() {
        for (signature, bytes) in [
            ("s", &[255, 255, 255, 255, b'x'][..]),
            ("a()", &[8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("as", &[255, 255, 255, 127]),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaay", &[0; 64]),
            ("(s", &[0; 16]),
            ("?", &[0; 16]),
        ] {
            let mut reader = Reader { bytes, at: 0 };
            let value = reader.value(&mut signature.as_bytes(), 0);
            assert!(value.is_none() || value.is_some_and(|value| value.elements().is_empty()), "{signature}");
        }
    }
}
