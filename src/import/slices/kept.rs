//! What batches keep of records ([`Kept`]): events, their texts, shapes of statements, and what their reader noticed.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::document::{Diagnostics, Level};
use crate::import::records::Record;
use crate::queries::comments::Tags;
use crate::queries::fingerprint::{SEED, Shape, mix_text};
use crate::queries::lexer::Dialect;
use crate::queries::statements::{Recogniser, Recognition};

/// Says where a record is, by its byte and its line in the slice, for a diagnostic.
pub type Place<'a> = &'a dyn Fn(u64, u64) -> Option<String>;

/// A text in [`Texts`]; the empty one by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text {
    begin: u32,
    end: u32,
}

/// Texts, one behind the other: a slice's are not much longer than the slice.
#[derive(Debug, Default)]
pub struct Texts(Vec<u8>);

impl Texts {
    /// The bytes of a text.
    pub fn get(&self, text: Text) -> &[u8] {
        self.0.get(text.begin as usize..text.end as usize).unwrap_or_default()
    }

    /// Keeps a text.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        if text.is_empty() {
            return Text::default();
        }
        let begin = self.0.len() as u32;
        self.0.extend_from_slice(text);
        Text { begin, end: self.0.len() as u32 }
    }
}

/// Which texts are kept already, for those that are likely to come again.
#[derive(Debug, Default)]
struct Known(FxHashMap<u64, Text>);

impl Known {
    /// Keeps a text once.
    pub fn keep(&mut self, texts: &mut Texts, text: &[u8]) -> Text {
        if text.is_empty() {
            return Text::default();
        }
        let hash = mix_text(SEED, text);
        match self.0.get(&hash) {
            Some(&known) if texts.get(known) == text => known,
            _ => {
                let kept = texts.keep(text);
                self.0.insert(hash, kept);
                kept
            }
        }
    }
}

/// What statements are, and what their comments say.
#[derive(Debug, Default)]
struct Shapes {
    shapes: Vec<(Shape, u32)>,
    tags: Vec<Tags>,
}

impl Shapes {
    /// What a statement was recognised as, by its index; nothing for none.
    pub fn get(&self, index: u32) -> Option<Recognition<'_>> {
        let (shape, tags) = self.shapes.get(index as usize)?;
        Some(Recognition { shape: *shape, tags: self.tags.get(*tags as usize) })
    }
}

/// Makes [`Shapes`].
#[derive(Debug, Default)]
struct Shaping {
    shapes: Vec<(Shape, u32)>,
    recogniser: Recogniser,
    /// Hashes of shapes that [`Self::is_first`] was asked of.
    asked: FxHashSet<u64>,
}

impl Shaping {
    /// What `sql` is: an index into the shapes.
    pub fn shape(&mut self, sql: &[u8], dialect: Dialect) -> u32 {
        self.shapes.push(self.recogniser.recognise(sql, dialect));
        self.shapes.len() as u32 - 1
    }

    /// Whether this is asked the first time of a shape.
    pub fn is_first(&mut self, index: u32) -> bool {
        self.shapes.get(index as usize).is_some_and(|(shape, _)| self.asked.insert(shape.hash))
    }

    /// All of them.
    pub fn finish(self) -> Shapes {
        Shapes { shapes: self.shapes, tags: self.recogniser.tags() }
    }
}

/// Something that a reader noticed, with how often in the slice and where first.
#[derive(Debug)]
struct Note {
    /// Before which event.
    before: usize,
    level: Level,
    message: &'static str,
    count: u64,
    offset: u64,
    line: u64,
}

/// What a reader noticed.
#[derive(Debug, Default)]
struct Notes(Vec<Note>);

impl Notes {
    /// Something that was noticed in a record, so many times, when there were so many events.
    pub fn add(
        &mut self,
        before: usize,
        (level, message): (Level, &'static str),
        count: u64,
        record: &Record<'_>,
    ) {
        match self.0.iter_mut().find(|note| note.message == message) {
            Some(note) => note.count += count,
            None => {
                let (offset, line) = (record.offset, record.line);
                self.0.push(Note { before, level, message, count, offset, line });
            }
        }
    }

    /// Tells `diagnostics` what was noticed before there were more than so many events; `from` counts what was told.
    pub fn tell(&self, from: &mut usize, events: usize, diagnostics: &mut Diagnostics, place: Place<'_>) {
        while let Some(note) = self.0.get(*from).filter(|note| note.before <= events) {
            let place = || place(note.offset, note.line);
            diagnostics.note_many(note.level, note.message, note.count, place);
            *from += 1;
        }
    }
}

/// What is kept of the records of a slice, each event as an `E` that names texts and shapes in it.
#[derive(Debug)]
pub struct Kept<E> {
    pub texts: Texts,
    pub events: Vec<E>,
    shapes: Shapes,
    notes: Notes,
}

impl<E> Default for Kept<E> {
    fn default() -> Self {
        let (texts, shapes, notes) = (Texts::default(), Shapes::default(), Notes::default());
        Self { texts, events: Vec::new(), shapes, notes }
    }
}

impl<E> Kept<E> {
    /// What the statement of a shape was recognised as; nothing for none.
    pub fn recognised(&self, shape: u32) -> Option<Recognition<'_>> {
        self.shapes.get(shape)
    }

    /// Tells `reader` of all events in their order, and in between what was noticed.
    pub fn tell<R>(
        &self,
        reader: &mut R,
        diagnostics: fn(&mut R) -> &mut Diagnostics,
        place: Place<'_>,
        mut take_in: impl FnMut(&mut R, &E),
    ) {
        let mut told = 0;
        for (at, event) in self.events.iter().enumerate() {
            self.notes.tell(&mut told, at, diagnostics(reader), place);
            take_in(reader, event);
        }
        self.notes.tell(&mut told, self.events.len(), diagnostics(reader), place);
    }
}

/// Makes a [`Kept`].
#[derive(Debug)]
pub struct Keeping<E> {
    pub kept: Kept<E>,
    shaping: Shaping,
    known: Known,
}

impl<E> Default for Keeping<E> {
    fn default() -> Self {
        Self { kept: Kept::default(), shaping: Shaping::default(), known: Known::default() }
    }
}

impl<E> Keeping<E> {
    /// Keeps a text.
    pub fn text(&mut self, text: &[u8]) -> Text {
        self.kept.texts.keep(text)
    }

    /// Keeps a text once that is likely to come again.
    pub fn once(&mut self, text: &[u8]) -> Text {
        self.known.keep(&mut self.kept.texts, text)
    }

    /// What a statement is, for [`Kept::recognised`].
    pub fn shape(&mut self, sql: &[u8], dialect: Dialect) -> u32 {
        self.shaping.shape(sql, dialect)
    }

    /// Whether this is asked the first time of a shape: then whoever takes it in may need the text.
    pub fn is_first(&mut self, shape: u32) -> bool {
        self.shaping.is_first(shape)
    }

    /// What a statement is, and its text where whoever takes it in may need that.
    pub fn statement(&mut self, sql: &[u8], dialect: Dialect) -> (u32, Text) {
        let shape = self.shape(sql, dialect);
        let text = if self.is_first(shape) { self.text(sql) } else { Text::default() };
        (shape, text)
    }

    /// Something that was noticed in a record, so many times.
    pub fn note(&mut self, (level, message): (Level, &'static str), count: u64, record: &Record<'_>) {
        self.kept.notes.add(self.kept.events.len(), (level, message), count, record);
    }

    /// What was put together.
    pub fn finish(self) -> Kept<E> {
        Kept { shapes: self.shaping.finish(), ..self.kept }
    }
}
