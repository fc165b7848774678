//! Writes marshal, for files no Python at hand writes.

/// A value to be marshalled.
#[derive(Debug, Clone)]
pub enum Value {
    None,
    True,
    Int(i64),
    /// An `l`, whatever its size: digits of 15 bits, the least first, and the sign.
    Long(Vec<u16>, bool),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// Sets the reference flag: the object gets the next number.
    Flagged(Box<Value>),
    Reference(i32),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// A tuple of anything.
#[macro_export]
macro_rules! tuple {
    ($($value:expr),* $(,)?) => {
        $crate::common::marshal::Value::Tuple(vec![$($value.into()),*])
    };
}

/// `(file, line, name)`.
pub fn key(file: &str, line: i64, name: &str) -> Value {
    tuple![file, line, name]
}

/// `{key: (cc, nc, tt, ct, callers)}` out of rows.
pub fn stats(rows: Vec<(Value, Value)>) -> Vec<u8> {
    dump(&Value::Dict(rows))
}

/// A function's numbers, in the file's order: primitive calls first.
pub fn numbers(
    primitive: i64,
    calls: i64,
    self_time: f64,
    total: f64,
    callers: Vec<(Value, Value)>,
) -> Value {
    tuple![primitive, calls, self_time, total, Value::Dict(callers)]
}

/// The bytes of `value`.
pub fn dump(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, flag: u8, out: &mut Vec<u8>) {
    let code = |code: u8, out: &mut Vec<u8>| out.push(code | flag);
    let length = |length: usize| (length as i32).to_le_bytes();
    match value {
        Value::None => code(b'N', out),
        Value::True => code(b'T', out),
        Value::Int(value) => match i32::try_from(*value) {
            Ok(value) => {
                code(b'i', out);
                out.extend(value.to_le_bytes());
            }
            Err(_) => {
                code(b'I', out);
                out.extend(value.to_le_bytes());
            }
        },
        Value::Long(digits, negative) => {
            code(b'l', out);
            let count = digits.len() as i32;
            out.extend((if *negative { -count } else { count }).to_le_bytes());
            out.extend(digits.iter().flat_map(|digit| digit.to_le_bytes()));
        }
        Value::Float(value) => {
            code(b'g', out);
            out.extend(value.to_le_bytes());
        }
        Value::Text(text) => {
            code(b'u', out);
            out.extend(length(text.len()));
            out.extend(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            code(b's', out);
            out.extend(length(bytes.len()));
            out.extend(bytes);
        }
        Value::Tuple(items) => {
            code(b'(', out);
            out.extend(length(items.len()));
            items.iter().for_each(|item| write(item, 0, out));
        }
        Value::Dict(entries) => {
            code(b'{', out);
            for (key, value) in entries {
                write(key, 0, out);
                write(value, 0, out);
            }
            out.push(b'0');
        }
        Value::Flagged(value) => write(value, 0x80, out),
        Value::Reference(index) => {
            code(b'r', out);
            out.extend(index.to_le_bytes());
        }
    }
}
