//! Python's [pickles](https://docs.python.org/3/library/pickle.html), as far as profilers write them: the opcodes of
//! [`pickletools`](https://github.com/python/cpython/blob/main/Lib/pickletools.py) that data need. Nothing is run: classes
//! are names, and only the few that such files have are let pass. Values are kept once and named by number, so what
//! refers to itself, or to one list a thousand times, takes no more than its bytes; nothing recurses.
//!
//! No crate: those that read classes clone what is referred to, or recurse.

mod values;

use super::wire::Fault;
pub use values::{Id, Pickle};
use values::{MARK, Memo};

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

/// Whether `head` begins a pickle of the protocols that are in use. line_profiler and tracemalloc ask for the highest one of
/// their Python, which is 2 in 2.7 and more since: protocols 0 and 1 they cannot write, and [`super::foreign`] tells what
/// was pickled in those by hand.
pub fn is(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..])
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Pickle<'a>,
    stack: Vec<Id>,
    memo: Memo,
}

/// Reads the first pickle in `bytes`.
pub fn read(bytes: &[u8]) -> Result<Pickle<'_>, Fault> {
    let mut reader =
        Reader { bytes, at: 0, values: Pickle::default(), stack: Vec::new(), memo: Memo::default() };
    while !reader.step()? {}
    let root = reader.pop()?;
    reader.values.set_root(root);
    Ok(reader.values)
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

    /// A text behind its length.
    fn text(&mut self, length_bytes: usize) -> Result<(), Fault> {
        let length = usize::try_from(self.number(length_bytes)?).unwrap_or(usize::MAX);
        let bytes = self.take(length)?;
        self.stack.push(self.values.add_text(String::from_utf8_lossy(bytes)));
        Ok(())
    }

    fn line(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else { return Err(Fault::Cut(self.bytes.len() as u64)) };
        self.at += end + 1;
        Ok(&rest[..end])
    }

    fn whole(&mut self, number: i64) {
        self.stack.push(self.values.add_whole(number));
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        match self.stack.pop() {
            Some(id) if id != MARK => Ok(id),
            _ => self.damaged("it takes what is not there"),
        }
    }

    fn top(&self) -> Result<Id, Fault> {
        match self.stack.last() {
            Some(&id) => Ok(id),
            None => self.damaged("it takes what is not there"),
        }
    }

    /// Where what is above the last mark begins; the mark is in front of it.
    fn marked(&mut self) -> Result<usize, Fault> {
        match self.stack.iter().rposition(|&id| id == MARK) {
            Some(mark) => Ok(mark + 1),
            None => self.damaged("it takes what is not there"),
        }
    }

    /// Adds what stands from `first` on to the list below it.
    fn append(&mut self, first: usize, mark: usize) -> Result<(), Fault> {
        let Some(&list) = self.stack[..mark].last() else {
            return self.damaged("it takes what is not there");
        };
        if !self.values.append(list, &self.stack[first..]) {
            return self.damaged("it adds to what is no list");
        }
        self.stack.truncate(mark);
        Ok(())
    }

    /// Adds keys and values from `first` on to the dictionary below them.
    fn set(&mut self, first: usize, mark: usize) -> Result<(), Fault> {
        let Some(&entries) = self.stack[..mark].last() else {
            return self.damaged("it takes what is not there");
        };
        if !self.values.set(entries, &self.stack[first..]) {
            return self.damaged("it adds to what is no dictionary");
        }
        self.stack.truncate(mark);
        Ok(())
    }

    /// A tuple of what stands from `first` on.
    fn tuple(&mut self, first: usize, mark: usize) {
        let items = self.values.add_items(&self.stack[first..]);
        self.stack.truncate(mark);
        self.stack.push(items);
    }

    /// Where the last `count` of the stack begin, of which none is a mark.
    fn last(&mut self, count: usize) -> Result<usize, Fault> {
        match self.stack.len().checked_sub(count) {
            Some(first) if !self.stack[first..].contains(&MARK) => Ok(first),
            _ => self.damaged("it takes what is not there"),
        }
    }

    fn class(&mut self, module: &str, name: &str) -> Result<(), Fault> {
        let class = format!("{module}.{name}");
        if !is_known(&class) {
            return self.damaged("it names a class that no such file has; nothing of it was run");
        }
        self.stack.push(self.values.add_class(class));
        Ok(())
    }

    fn refer(&mut self, key: u64) -> Result<(), Fault> {
        let Some(id) = self.memo.get(key) else { return self.damaged("it refers to what is not there") };
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
            b'(' => self.stack.push(MARK),
            b'0' => {
                self.stack.pop();
            }
            b'1' => {
                let first = self.marked()?;
                self.stack.truncate(first - 1);
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' => self.stack.push(self.values.add_nothing()),
            0x88 => self.whole(1),
            0x89 => self.whole(0),
            b'K' => {
                let number = self.number(1)?;
                self.whole(number as i64);
            }
            b'M' => {
                let number = self.number(2)?;
                self.whole(number as i64);
            }
            b'J' => {
                let number = self.number(4)? as u32;
                self.whole(i64::from(number as i32));
            }
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'G' => {
                let bits = self.number(8)?.swap_bytes();
                self.stack.push(self.values.add_number(f64::from_bits(bits)));
            }
            b'I' | b'L' | b'F' => {
                let line = std::str::from_utf8(self.line()?).unwrap_or_default().trim_end_matches('L');
                match (line.parse(), line.parse()) {
                    (Ok(whole), _) => self.whole(whole),
                    (_, Ok(number)) => self.stack.push(self.values.add_number(number)),
                    _ => return self.damaged("a number is none"),
                }
            }
            0x8c | b'U' | b'C' => self.text(1)?,
            b'X' | b'T' | b'B' => self.text(4)?,
            0x8d | 0x8e => self.text(8)?,
            b'V' | b'S' => {
                let line = String::from_utf8_lossy(self.line()?);
                self.stack.push(self.values.add_text(line));
            }
            b']' | b')' | 0x8f => self.stack.push(self.values.add_items(&[])),
            b'}' => self.stack.push(self.values.add_entries(&[])),
            b't' | b'l' | 0x91 => {
                let first = self.marked()?;
                self.tuple(first, first - 1);
            }
            code @ 0x85..=0x87 => {
                let first = self.last(usize::from(code - 0x84))?;
                self.tuple(first, first);
            }
            b'd' => {
                let first = self.marked()?;
                let entries = self.values.add_entries(&self.stack[first..]);
                self.stack.truncate(first - 1);
                self.stack.push(entries);
            }
            b'a' => {
                let first = self.last(1)?;
                self.append(first, first)?;
            }
            b'e' | 0x90 => {
                let first = self.marked()?;
                self.append(first, first - 1)?;
            }
            b's' => {
                let first = self.last(2)?;
                self.set(first, first)?;
            }
            b'u' => {
                let first = self.marked()?;
                self.set(first, first - 1)?;
            }
            0x94 => {
                let id = self.top()?;
                self.memo.add(id);
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
                    self.memo.put(key, id);
                }
            }
            b'c' => {
                let module = String::from_utf8_lossy(self.line()?).into_owned();
                let name = String::from_utf8_lossy(self.line()?).into_owned();
                self.class(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Some(name), Some(module)) = (self.values.text(name), self.values.text(module)) else {
                    return self.damaged("a class has no name");
                };
                let (name, module) = (name.to_owned(), module.to_owned());
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
                let object = self.top()?;
                if !self.values.give_state(object, state) {
                    return self.damaged("it gives a state to what is no object");
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
        let rebuilt = self.values.class_name(class).is_some_and(|name| name.ends_with("_reconstructor"));
        let first = self.values.items(arguments).and_then(|items| items.first().copied());
        let class = first.filter(|_| rebuilt).unwrap_or(class);
        self.stack.push(self.values.add_object(class));
    }

    fn put(&mut self, bytes: usize) -> Result<(), Fault> {
        let key = self.number(bytes)?;
        let id = self.top()?;
        self.memo.put(key, id);
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
        self.whole(number);
        Ok(())
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
