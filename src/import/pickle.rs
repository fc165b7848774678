//! Python's [pickles](https://docs.python.org/3/library/pickle.html), as far as profilers write them: the opcodes of
//! [`pickletools`](https://github.com/python/cpython/blob/main/Lib/pickletools.py) that data need. Nothing is run: classes
//! are names, and only the few that such files have are let pass. Values are kept once and named by number, so what
//! refers to itself, or to one list a thousand times, takes no more than its bytes; nothing recurses.
//!
//! No crate: those that read classes clone what is referred to, or recurse.

use std::borrow::Cow;

use super::wire::Fault;

/// A value's number.
pub type Id = u32;

/// A value.
#[derive(Debug, Clone)]
enum Value<'a> {
    Nothing,
    Whole(i64),
    Number(f64),
    Text(Cow<'a, str>),
    /// A list, a tuple or a set.
    Items(Vec<Id>),
    Entries(Vec<(Id, Id)>),
    /// Module and name.
    Class(String),
    /// Its class, and its state once it was set.
    Object(Id, Option<Id>),
    Mark,
}

/// What was read.
pub struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: Id,
}

/// Classes and functions that the data of profilers name; none of them is run.
fn is_known(class: &str) -> bool {
    matches!(
        class,
        "tracemalloc.Snapshot"
            | "tracemalloc._Traces"
            | "copyreg._reconstructor"
            | "copy_reg._reconstructor"
            | "builtins.object"
            | "__builtin__.object"
            | "collections.OrderedDict"
            | "collections.defaultdict"
            | "builtins.list"
            | "builtins.dict"
    ) || (class.starts_with("line_profiler") && class.ends_with(".LineStats"))
}

/// Whether `head` begins a pickle of the protocols that are in use.
pub fn is(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..])
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    memo: rustc_hash::FxHashMap<u64, Id>,
}

/// Reads the first pickle in `bytes`.
pub fn read(bytes: &[u8]) -> Result<Pickle<'_>, Fault> {
    let mut reader = Reader {
        bytes,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        memo: rustc_hash::FxHashMap::default(),
    };
    while !reader.step()? {}
    let root = reader.pop()?;
    Ok(Pickle { values: reader.values, root })
}

impl<'a> Reader<'a> {
    fn damaged<T>(&self, problem: &'static str) -> Result<T, Fault> {
        Err(Fault::Damaged(self.at as u64, problem))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.get(..count) else { return Err(Fault::Cut(self.bytes.len() as u64)) };
        self.at += count;
        Ok(bytes)
    }

    /// A number of so many bytes, the lowest first.
    fn number(&mut self, count: usize) -> Result<u64, Fault> {
        Ok(self.take(count)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn text_of(&mut self, length_bytes: usize) -> Result<Value<'a>, Fault> {
        let length = usize::try_from(self.number(length_bytes)?).unwrap_or(usize::MAX);
        Ok(Value::Text(String::from_utf8_lossy(self.take(length)?)))
    }

    fn line(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else { return Err(Fault::Cut(self.bytes.len() as u64)) };
        self.at += end + 1;
        Ok(&rest[..end])
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len() as Id);
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        match self.stack.pop() {
            Some(id) if !matches!(self.values[id as usize], Value::Mark) => Ok(id),
            _ => self.damaged("it takes what is not there"),
        }
    }

    fn top(&self) -> Result<Id, Fault> {
        match self.stack.last() {
            Some(&id) => Ok(id),
            None => self.damaged("it takes what is not there"),
        }
    }

    /// All above the last mark, which goes as well.
    fn marked(&mut self) -> Result<Vec<Id>, Fault> {
        let mark = self.stack.iter().rposition(|&id| matches!(self.values[id as usize], Value::Mark));
        let Some(mark) = mark else { return self.damaged("it takes what is not there") };
        let ids = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(ids)
    }

    fn append(&mut self, ids: Vec<Id>) -> Result<(), Fault> {
        let list = self.top()? as usize;
        match &mut self.values[list] {
            Value::Items(items) => items.extend(ids),
            // Of a class that is a list.
            Value::Object(..) => {}
            _ => return self.damaged("it adds to what is no list"),
        }
        Ok(())
    }

    fn set(&mut self, ids: &[Id]) -> Result<(), Fault> {
        let entries = self.top()? as usize;
        let pairs = ids.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        match &mut self.values[entries] {
            Value::Entries(entries) => entries.extend(pairs),
            Value::Object(..) => {}
            _ => return self.damaged("it adds to what is no dictionary"),
        }
        Ok(())
    }

    fn class(&mut self, module: &str, name: &str) -> Result<(), Fault> {
        let class = format!("{module}.{name}");
        if !is_known(&class) {
            return self.damaged("it names a class that no such file has; nothing of it was run");
        }
        self.push(Value::Class(class));
        Ok(())
    }

    fn refer(&mut self, key: u64) -> Result<(), Fault> {
        let Some(&id) = self.memo.get(&key) else { return self.damaged("it refers to what is not there") };
        self.stack.push(id);
        Ok(())
    }

    /// One opcode; true at the end.
    fn step(&mut self) -> Result<bool, Fault> {
        match self.take(1)?[0] {
            0x80 => {
                self.take(1)?;
            }
            0x95 => {
                self.take(8)?;
            }
            b'.' => return Ok(true),
            b'(' => self.push(Value::Mark),
            b'0' => {
                self.stack.pop();
            }
            b'1' => {
                self.marked()?;
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' => self.push(Value::Nothing),
            0x88 => self.push(Value::Whole(1)),
            0x89 => self.push(Value::Whole(0)),
            b'K' => {
                let number = self.number(1)?;
                self.push(Value::Whole(number as i64));
            }
            b'M' => {
                let number = self.number(2)?;
                self.push(Value::Whole(number as i64));
            }
            b'J' => {
                let number = self.number(4)? as u32;
                self.push(Value::Whole(i64::from(number as i32)));
            }
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'G' => {
                let bits = self.number(8)?.swap_bytes();
                self.push(Value::Number(f64::from_bits(bits)));
            }
            b'I' | b'L' | b'F' => {
                let line = std::str::from_utf8(self.line()?).unwrap_or_default().trim_end_matches('L');
                let whole = line.parse().map(Value::Whole);
                let Ok(value) = whole.or_else(|_| line.parse().map(Value::Number)) else {
                    return self.damaged("a number is none");
                };
                self.push(value);
            }
            0x8c | b'U' | b'C' => {
                let text = self.text_of(1)?;
                self.push(text);
            }
            b'X' | b'T' | b'B' => {
                let text = self.text_of(4)?;
                self.push(text);
            }
            0x8d | 0x8e => {
                let text = self.text_of(8)?;
                self.push(text);
            }
            b'V' | b'S' => {
                let line = String::from_utf8_lossy(self.line()?);
                self.push(Value::Text(line));
            }
            b']' | b')' | 0x8f => self.push(Value::Items(Vec::new())),
            b'}' => self.push(Value::Entries(Vec::new())),
            b't' | b'l' | 0x91 => {
                let ids = self.marked()?;
                self.push(Value::Items(ids));
            }
            code @ 0x85..=0x87 => {
                let mut ids = Vec::new();
                for _ in 0x85..=code {
                    ids.push(self.pop()?);
                }
                ids.reverse();
                self.push(Value::Items(ids));
            }
            b'd' => {
                let ids = self.marked()?;
                self.push(Value::Entries(ids.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()));
            }
            b'a' => {
                let id = self.pop()?;
                self.append(vec![id])?;
            }
            b'e' | 0x90 => {
                let ids = self.marked()?;
                self.append(ids)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let ids = self.marked()?;
                self.set(&ids)?;
            }
            0x94 => {
                let id = self.top()?;
                self.memo.insert(self.memo.len() as u64, id);
            }
            b'q' => self.put(1)?,
            b'r' => self.put(4)?,
            b'h' => {
                let key = self.number(1)?;
                self.refer(key)?;
            }
            b'j' => {
                let key = self.number(4)?;
                self.refer(key)?;
            }
            code @ (b'p' | b'g') => {
                let line = std::str::from_utf8(self.line()?).ok().and_then(|line| line.trim().parse().ok());
                let Some(key) = line else { return self.damaged("a number is none") };
                if code == b'g' {
                    self.refer(key)?;
                } else {
                    let id = self.top()?;
                    self.memo.insert(key, id);
                }
            }
            b'c' => {
                let module = String::from_utf8_lossy(self.line()?).into_owned();
                let name = String::from_utf8_lossy(self.line()?).into_owned();
                self.class(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(name), Value::Text(module)) =
                    (&self.values[name as usize], &self.values[module as usize])
                else {
                    return self.damaged("a class has no name");
                };
                let (name, module) = (name.to_string(), module.to_string());
                self.class(&module, &name)?;
            }
            0x81 | b'R' => {
                let (arguments, class) = (self.pop()?, self.pop()?);
                self.object(class, arguments);
            }
            0x92 => {
                let (_, arguments, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.object(class, arguments);
            }
            b'b' => {
                let state = self.pop()?;
                let object = self.top()? as usize;
                match &mut self.values[object] {
                    Value::Object(_, place) => *place = Some(state),
                    _ => return self.damaged("it gives a state to what is no object"),
                }
            }
            _ => {
                self.at -= 1;
                return self.damaged("it has an opcode that no profiler's data need");
            }
        }
        Ok(false)
    }

    /// An object of a class; of `copyreg._reconstructor` its first argument is the class.
    fn object(&mut self, class: Id, arguments: Id) {
        let rebuilt =
            matches!(&self.values[class as usize], Value::Class(name) if name.ends_with("_reconstructor"));
        let class = match &self.values[arguments as usize] {
            Value::Items(items) if rebuilt => items.first().copied().unwrap_or(class),
            _ => class,
        };
        self.push(Value::Object(class, None));
    }

    fn put(&mut self, bytes: usize) -> Result<(), Fault> {
        let key = self.number(bytes)?;
        let id = self.top()?;
        self.memo.insert(key, id);
        Ok(())
    }

    /// A whole number of any length, with a sign; one that does not fit is the largest.
    fn long(&mut self, length_bytes: usize) -> Result<(), Fault> {
        let length = usize::try_from(self.number(length_bytes)?).unwrap_or(usize::MAX);
        let bytes = self.take(length)?;
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut eight = [if negative { 0xff } else { 0 }; 8];
        let fits = bytes.len() <= 8;
        eight.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
        let number = match (fits, negative) {
            (true, _) => i64::from_le_bytes(eight),
            (false, true) => i64::MIN,
            (false, false) => i64::MAX,
        };
        self.push(Value::Whole(number));
        Ok(())
    }
}

impl Pickle<'_> {
    /// What all of it is.
    pub fn root(&self) -> Id {
        self.root
    }

    fn value(&self, id: Id) -> Option<&Value<'_>> {
        self.values.get(id as usize)
    }

    /// A text.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.value(id)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    pub fn whole(&self, id: Id) -> Option<i64> {
        match self.value(id)? {
            Value::Whole(number) => Some(*number),
            _ => None,
        }
    }

    /// Any number.
    pub fn number(&self, id: Id) -> Option<f64> {
        match self.value(id)? {
            Value::Whole(number) => Some(*number as f64),
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// What is in a list or a tuple.
    pub fn items(&self, id: Id) -> Option<&[Id]> {
        match self.value(id)? {
            Value::Items(items) => Some(items),
            _ => None,
        }
    }

    /// Keys and values of a dictionary.
    pub fn entries(&self, id: Id) -> Option<&[(Id, Id)]> {
        match self.value(id)? {
            Value::Entries(entries) => Some(entries),
            _ => None,
        }
    }

    /// What a dictionary has under a text.
    pub fn entry(&self, id: Id, key: &str) -> Option<Id> {
        let entries = self.entries(id)?;
        entries.iter().find(|(other, _)| self.text(*other) == Some(key)).map(|(_, value)| *value)
    }

    /// What class an object is of, `module.name`.
    pub fn class(&self, id: Id) -> Option<&str> {
        let Value::Object(class, _) = self.value(id)? else { return None };
        match self.value(*class)? {
            Value::Class(name) => Some(name),
            _ => None,
        }
    }

    /// An object's attribute.
    pub fn attribute(&self, id: Id, name: &str) -> Option<Id> {
        let Value::Object(_, Some(state)) = self.value(id)? else { return None };
        self.entry(*state, name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn data_are_read() {
        // pickle.dumps({"a": (1, -2, 3.5), "b": [70000, None]}, 2)
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01J\xfe\xff\xff\xffG@\x0c\x00\x00\x00\x00\x00\x00\x87q\x02X\x01\x00\x00\x00bq\x03]q\x04(Jp\x11\x01\x00Neu.";
        let pickle = read(bytes).unwrap();
        let root = pickle.root();
        let a = pickle.items(pickle.entry(root, "a").unwrap()).unwrap();
        assert_eq!(
            (pickle.whole(a[0]), pickle.whole(a[1]), pickle.number(a[2])),
            (Some(1), Some(-2), Some(3.5))
        );
        let b = pickle.items(pickle.entry(root, "b").unwrap()).unwrap();
        assert_eq!((pickle.whole(b[0]), pickle.whole(b[1])), (Some(70_000), None));
    }

    #[test]
    fn what_would_run_is_refused() {
        for bytes in
            [&b"\x80\x02cposix\nsystem\n(S'true'\ntR."[..], b"\x80\x04\x8c\x05posix\x8c\x06system\x93)R."]
        {
            let Err(Fault::Damaged(_, problem)) = read(bytes) else { panic!("it was read") };
            assert!(problem.contains("nothing of it was run"));
        }
    }

    #[test]
    fn what_refers_to_itself_or_claims_to_be_long_takes_no_more() {
        // A list in itself.
        let pickle = read(b"\x80\x04]\x94h\x00a.").unwrap();
        assert_eq!(pickle.items(pickle.root()).unwrap(), [pickle.root()]);
        assert!(matches!(read(b"\x80\x04X\xff\xff\xff\xffabc."), Err(Fault::Cut(_))));
        assert!(matches!(read(b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc."), Err(Fault::Cut(_))));
        assert!(
            read(b"\x80\x04e.").is_err() && read(b"\x80\x04(.").is_err() && read(b"\x80\x04h\x07.").is_err()
        );
    }

    proptest! {
        #[test]
        fn any_opcodes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn likely_opcodes_end(bytes in prop::collection::vec(prop::sample::select(b"(0124.NK]})tduesabq\x94\x85\x86hlR\x81".to_vec()), 0..80)) {
            let _ = read(&bytes);
        }
    }
}
