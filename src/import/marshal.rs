//! Python's marshal format, as far as profiles need it: a dict is read one entry at a time, with a
//! stack of its own and every length checked against the bytes that are left.
//!
//! Type codes and reference rules are those of CPython's `Python/marshal.c`, versions 2 (Python 2.5
//! to 3.3), 4 (3.4 to 3.13), 5 (3.14) and 6 (3.15):
//! <https://github.com/python/cpython/blob/main/Python/marshal.c>. The format has no header and no
//! version; where the versions differ, the bytes tell them apart.
//!
//! Values become [`Node`]s on a *tape*: a compound comes before its parts and says where it ends.
//! Nothing else is allocated for a value, and the tape is cleared after each entry, but for those
//! that later ones can refer back to.

mod node;
mod text;

use rustc_hash::FxHashMap;

pub use node::{Error, Fault, Node, NodeId, Parts};
pub use text::decode;

/// Compounds within compounds: CPython's own limit.
const MAX_DEPTH: usize = 2000;

/// Set in a type code since version 3: the object gets the next reference number.
const FLAG_REF: u8 = 0x80;

/// Objects of a code object before its first line number; the number itself follows them.
const CODE_OBJECTS: u8 = 8;

/// Reads one marshalled dict, entry by entry.
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    nodes: Vec<Node>,
    /// Nodes before this one are kept from entry to entry: something can refer to them.
    kept: usize,
    frames: Vec<Frame>,
    /// What `r` refers to.
    references: Vec<Node>,
    /// What Python 2's `R` refers to: texts.
    interned: Vec<u32>,
    texts: Vec<&'a [u8]>,
    text_ids: FxHashMap<&'a [u8], u32>,
}

/// A compound that is not complete.
struct Frame {
    node: NodeId,
    /// Whether something can refer to it later.
    referable: bool,
    kind: FrameKind,
}

enum FrameKind {
    Items { left: u32 },
    Pairs { key_is_next: bool },
    Code { step: u8, recent: bool },
}

/// What reading one object (without its parts) came to.
#[derive(PartialEq, Eq)]
enum Progress {
    Complete,
    Open,
    EndOfDict,
}

impl<'a> Reader<'a> {
    /// Begins to read the dict in `bytes`.
    ///
    /// # Errors
    /// When no dict begins there.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Self {
            bytes,
            position: 0,
            nodes: Vec::new(),
            kept: 0,
            frames: Vec::new(),
            references: Vec::new(),
            interned: Vec::new(),
            texts: Vec::new(),
            text_ids: FxHashMap::default(),
        };
        let code = reader.byte()?;
        if code & !FLAG_REF != b'{' {
            return reader.fail(0, Fault::UnknownType(code));
        }
        if code & FLAG_REF != 0 {
            reader.references.push(Node::Whole);
        }
        Ok(reader)
    }

    /// The next entry's key and value; `None` at the dict's end. The previous entry's nodes are gone
    /// then, except those that [`Node::Alias`] can lead to.
    ///
    /// # Errors
    /// When the bytes there are damaged or cut short.
    pub fn next_entry(&mut self) -> Result<Option<(NodeId, NodeId)>, Error> {
        self.nodes.truncate(self.kept);
        if self.bytes.get(self.position) == Some(&b'0') {
            self.position += 1;
            return Ok(None);
        }
        let key = self.nodes.len() as NodeId;
        self.value()?;
        let value = self.nodes.len() as NodeId;
        self.value()?;
        Ok(Some((key, value)))
    }

    /// Where the next object begins.
    pub fn position(&self) -> usize {
        self.position
    }

    /// A value, looked up through [`Node::Alias`], with its place.
    pub fn get(&self, id: NodeId) -> (NodeId, Node) {
        let node = |id: NodeId| self.nodes.get(id as usize).copied().unwrap_or(Node::Singleton);
        match node(id) {
            Node::Alias(target) => (target, node(target)),
            node => (id, node),
        }
    }

    /// The parts of a compound; nothing for other values. `id` must have come from [`Self::get`].
    pub fn parts(&self, id: NodeId) -> Parts<'_> {
        Parts::of(&self.nodes, id)
    }

    /// The bytes of [`Node::Text`]: UTF-8 (with lone surrogates possible) of Python 3, anything of
    /// Python 2.
    pub fn text(&self, text: u32) -> &'a [u8] {
        self.texts.get(text as usize).copied().unwrap_or_default()
    }

    /// A code object's file, name and first line.
    pub fn code(&self, id: NodeId) -> Option<(u32, u32, i64)> {
        let Node::Code { recent, .. } = self.nodes.get(id as usize).copied()? else { return None };
        let mut parts = self.parts(id).map(|part| self.get(part).1).skip(if recent { 5 } else { 6 });
        let (Node::Text(file), Node::Text(name)) = (parts.next()?, parts.next()?) else { return None };
        // After the name: 3.11's qualified name.
        match parts.nth(usize::from(recent))? {
            Node::Int(line) => Some((file, name, line)),
            _ => None,
        }
    }

    /// Reads one value with all its parts.
    fn value(&mut self) -> Result<(), Error> {
        self.frames.clear();
        loop {
            let mut completed = self.nodes.len() as NodeId;
            match self.object()? {
                Progress::Open => continue,
                Progress::Complete => {}
                // The end of a dict is the end of a value like any other.
                Progress::EndOfDict => match self.frames.pop() {
                    Some(frame @ Frame { kind: FrameKind::Pairs { key_is_next: true }, .. }) => {
                        completed = self.close(&frame);
                    }
                    _ => return self.fail(self.position - 1, Fault::Unbalanced),
                },
            }
            // One value is complete, and with it all those of which it is the last part.
            loop {
                let Some(frame) = self.frames.last_mut() else { return Ok(()) };
                match &mut frame.kind {
                    FrameKind::Items { left } => {
                        *left -= 1;
                        if *left > 0 {
                            break;
                        }
                    }
                    FrameKind::Pairs { key_is_next } => {
                        *key_is_next = !*key_is_next;
                        break;
                    }
                    FrameKind::Code { step, recent } => {
                        *step += 1;
                        match *step {
                            // The fifth object: the kinds of variables since 3.11, before that a tuple.
                            5 => {
                                let node = self.nodes.get(completed as usize);
                                *recent = matches!(node, Some(Node::Text(_)));
                                let known = *recent;
                                let code = frame.node as usize;
                                self.nodes[code] = Node::Code { recent: known, end: 0 };
                                break;
                            }
                            CODE_OBJECTS => {
                                let line = self.long()?;
                                self.nodes.push(Node::Int(i64::from(line)));
                                break;
                            }
                            // Then a line table, and since 3.11 an exception table.
                            step if step < CODE_OBJECTS + 1 + u8::from(*recent) => break,
                            _ => {}
                        }
                    }
                }
                let Some(frame) = self.frames.pop() else { return Ok(()) };
                completed = self.close(&frame);
            }
        }
    }

    /// Reads one object without its parts.
    fn object(&mut self) -> Result<Progress, Error> {
        let begin = self.position;
        let code = self.byte()?;
        let flagged = code & FLAG_REF != 0;
        // Singletons, references and ends never get a reference number, whatever their flag says.
        let node = match code & !FLAG_REF {
            b'0' => return Ok(Progress::EndOfDict),
            b'N' | b'S' | b'.' => return Ok(self.complete(Node::Singleton)),
            b'F' => return Ok(self.complete(Node::Bool(false))),
            b'T' => return Ok(self.complete(Node::Bool(true))),
            b'r' => {
                let index = self.long()?;
                let node = usize::try_from(index).ok().and_then(|index| self.references.get(index).copied());
                let Some(node) = node else { return self.fail(begin, Fault::Reference) };
                return Ok(self.complete(node));
            }
            b'R' => {
                let index = self.long()?;
                let text = usize::try_from(index).ok().and_then(|index| self.interned.get(index).copied());
                let Some(text) = text else { return self.fail(begin, Fault::Reference) };
                return Ok(self.complete(Node::Text(text)));
            }
            b'i' => Node::Int(i64::from(self.long()?)),
            b'I' => Node::Int(i64::from_le_bytes(self.array()?)),
            b'l' => self.digits()?,
            b'g' => Node::Float(f64::from_le_bytes(self.array()?)),
            b'f' => Node::Float(self.decimal()?),
            b'y' => {
                self.take(16)?;
                Node::Singleton
            }
            b'x' => {
                self.decimal()?;
                self.decimal()?;
                Node::Singleton
            }
            b's' | b'u' | b'a' | b'A' => {
                let length = self.length()?;
                Node::Text(self.intern(length)?)
            }
            b't' => {
                let length = self.length()?;
                let text = self.intern(length)?;
                // Only Python 2 refers to these, by `R`.
                self.interned.push(text);
                Node::Text(text)
            }
            b'z' | b'Z' => {
                let length = usize::from(self.byte()?);
                Node::Text(self.intern(length)?)
            }
            b')' => {
                let length = u32::from(self.byte()?);
                return self.open_items(begin, flagged, Node::Tuple { length, end: 0 }, length);
            }
            b'(' | b'[' => {
                let length = self.length()? as u32;
                return self.open_items(begin, flagged, Node::Tuple { length, end: 0 }, length);
            }
            b'<' | b'>' => {
                let length = self.length()? as u32;
                return self.open_items(begin, flagged, Node::Other { end: 0 }, length);
            }
            b':' => return self.open_items(begin, flagged, Node::Other { end: 0 }, 3),
            b'{' | b'}' => {
                let kind = FrameKind::Pairs { key_is_next: true };
                return self.open(begin, flagged, Node::Dict { end: 0 }, kind);
            }
            b'c' => {
                self.skip_code_head()?;
                let kind = FrameKind::Code { step: 0, recent: false };
                return self.open(begin, flagged, Node::Code { recent: false, end: 0 }, kind);
            }
            _ => return self.fail(begin, Fault::UnknownType(code)),
        };
        if flagged {
            self.references.push(node);
        }
        Ok(self.complete(node))
    }

    fn complete(&mut self, node: Node) -> Progress {
        self.nodes.push(node);
        Progress::Complete
    }

    /// Opens a compound of `length` parts, each of which takes a byte at least.
    fn open_items(
        &mut self,
        begin: usize,
        flagged: bool,
        node: Node,
        length: u32,
    ) -> Result<Progress, Error> {
        if length as usize > self.bytes.len() - self.position {
            return self.fail(self.bytes.len(), Fault::Truncated);
        }
        self.open(begin, flagged, node, FrameKind::Items { left: length })?;
        if length > 0 {
            return Ok(Progress::Open);
        }
        if let Some(frame) = self.frames.pop() {
            self.close(&frame);
        }
        Ok(Progress::Complete)
    }

    fn open(&mut self, begin: usize, flagged: bool, node: Node, kind: FrameKind) -> Result<Progress, Error> {
        if self.frames.len() >= MAX_DEPTH {
            return self.fail(begin, Fault::TooDeep);
        }
        let id = self.nodes.len() as NodeId;
        if flagged {
            self.references.push(Node::Alias(id));
        }
        self.nodes.push(node);
        self.frames.push(Frame { node: id, referable: flagged, kind });
        Ok(Progress::Open)
    }

    /// Says where a compound ends.
    fn close(&mut self, frame: &Frame) -> NodeId {
        let here = self.nodes.len() as NodeId;
        if frame.referable {
            self.kept = here as usize;
        }
        if let Some(
            Node::Tuple { end, .. } | Node::Dict { end } | Node::Code { end, .. } | Node::Other { end },
        ) = self.nodes.get_mut(frame.node as usize)
        {
            *end = here;
        }
        frame.node
    }

    /// Skips a code object's numbers: 4 until Python 2.7, 5 in 3.0 to 3.7 and since 3.11, 6 in 3.8 to
    /// 3.10. Nothing says how many; but what follows them is the byte code, a byte string.
    fn skip_code_head(&mut self) -> Result<(), Error> {
        for count in [4, 5, 6] {
            let ahead = self.bytes.get(self.position + 4 * count..).unwrap_or_default();
            let (Some(code), Some(length)) = (ahead.first(), ahead.get(1..5)) else { break };
            let length = length.iter().rev().fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte)) as usize;
            let plausible = match code & !FLAG_REF {
                b's' => length <= ahead.len() - 5,
                b'r' => length < self.references.len(),
                _ => false,
            };
            if plausible {
                self.position += 4 * count;
                return Ok(());
            }
        }
        self.fail(self.position, Fault::Truncated)
    }

    fn intern(&mut self, length: usize) -> Result<u32, Error> {
        let text = self.take(length)?;
        let next = self.texts.len() as u32;
        let id = *self.text_ids.entry(text).or_insert(next);
        if id == next {
            self.texts.push(text);
        }
        Ok(id)
    }

    /// An integer of 15-bit digits, its sign that of their number.
    fn digits(&mut self) -> Result<Node, Error> {
        let begin = self.position;
        let count = self.long()?;
        let length = count.unsigned_abs() as usize;
        if length > (self.bytes.len() - self.position) / 2 {
            return self.fail(self.bytes.len(), Fault::Truncated);
        }
        let digits = self.take(2 * length)?;
        let mut value = 0_i128;
        for pair in digits.rchunks_exact(2) {
            let digit = u16::from_le_bytes([pair[0], pair[1]]);
            if digit > 0x7fff {
                return self.fail(begin, Fault::Number);
            }
            value = value << 15 | i128::from(digit);
            if value > i128::from(u64::MAX) {
                return Ok(Node::Huge);
            }
        }
        let value = if count < 0 { -value } else { value };
        Ok(i64::try_from(value).map_or(Node::Huge, Node::Int))
    }

    /// A float as text.
    fn decimal(&mut self) -> Result<f64, Error> {
        let begin = self.position;
        let length = self.byte()?;
        let text = self.take(usize::from(length))?;
        match std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()) {
            Some(value) => Ok(value),
            None => self.fail(begin, Fault::Number),
        }
    }

    /// A length, of bytes or of parts that take a byte at least: no more than are left.
    fn length(&mut self) -> Result<usize, Error> {
        let begin = self.position;
        match usize::try_from(self.long()?) {
            Ok(length) if length <= self.bytes.len() - self.position => Ok(length),
            Ok(_) => self.fail(self.bytes.len(), Fault::Truncated),
            Err(_) => self.fail(begin, Fault::Length),
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn long(&mut self) -> Result<i32, Error> {
        self.array().map(i32::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        match self.bytes.get(self.position..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(array) => {
                self.position += N;
                Ok(*array)
            }
            None => self.fail(self.bytes.len(), Fault::Truncated),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let bytes: &'a [u8] = self.bytes;
        let Some(taken) = bytes.get(self.position..).and_then(|rest| rest.get(..length)) else {
            return self.fail(bytes.len(), Fault::Truncated);
        };
        self.position += length;
        Ok(taken)
    }

    fn fail<T>(&self, position: usize, fault: Fault) -> Result<T, Error> {
        Err(Error { position, fault })
    }
}
