//! What `python -X importtime` writes on standard error: how long each import took.
//!
//! By [`import.c`](https://github.com/python/cpython/blob/main/Python/import.c) (`import_find_and_load`): a line
//! for each module when its import has ended, `import time: self | cumulative | name`, microseconds, the name
//! indented by two spaces for each import it happened in. So modules come before the one that imported them.
//! With `-X importtime=2` (3.14) imports that were answered from `sys.modules` have lines as well,
//! `cached | cached`; those names are right-aligned and have no time.

use super::frame::NO_FILE;
use super::lines::{Lines, Noted, place};
use super::{About, Format, ImportError, Kind, offset_in};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same};
use crate::profile::{Profile, Track, Unit, Writer};

/// The format.
pub struct ImportTime;

/// For the registry.
pub static ABOUT: About = About {
    id: "importtime",
    title: "python -X importtime",
    kind: Kind::Profile,
    how_to_record: "python -X importtime app.py 2> imports.txt\n\
         Django: python -X importtime manage.py check 2> imports.txt",
};

const MARK: &[u8] = b"import time:";

/// A line longer than this is none of Python's.
const LINE_LIMIT: u64 = 1 << 20;

impl Format for ImportTime {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let lines = head.split(|&byte| byte == b'\n');
        let count =
            lines.filter(|line| matches!(parse(line), Parsed::Module(..) | Parsed::Cached)).take(2).count();
        // Other things are on standard error as well; one line alone may be quoted.
        match count {
            0 => 0,
            1 => 60,
            _ => 92,
        }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = head.split(|&byte| byte == b'\n');
        let is_first = |line: &&[u8]| matches!(parse(line), Parsed::Module(..) | Parsed::Cached);
        let place = |line: &[u8]| offset_in(head, line) + memchr::memmem::find(line, MARK).unwrap_or(0);
        lines.find(is_first).map_or(0, place)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut modules: Vec<Module> = Vec::new();
        // Those whose importer has not ended yet, by their depth.
        let mut waiting: Vec<(u32, u32)> = Vec::new();
        let (mut cached, mut damaged) = (0, Noted::default());
        // Of the last module: its line, and whether that is whole.
        let mut last = (0, true);
        let mut lines = Lines::new(input, LINE_LIMIT);
        while let Some((number, line)) = lines.next()? {
            match parse(line) {
                Parsed::Module(own, depth, name) => {
                    let index = modules.len() as u32;
                    while let Some(&(below, child)) = waiting.last()
                        && below > depth
                    {
                        modules[child as usize].importer = index;
                        waiting.pop();
                    }
                    waiting.push((depth, index));
                    modules.push(Module { name: name.to_owned(), own, importer: NO_PARENT });
                    last = (number, line.ends_with(b"\n"));
                }
                Parsed::Cached => cached += 1,
                Parsed::Damaged => damaged.note(number),
                Parsed::Other => {}
            }
        }
        if modules.is_empty() {
            let advice = "Record again: python -X importtime app.py 2> imports.txt";
            return Err(ImportError::new(self, "no line of it has the time of an import", advice));
        }
        let mut diagnostics = Diagnostics::default();
        let message = "imports that were answered from sys.modules took no time and are left out";
        diagnostics.note_many(Level::Info, message, cached, || None);
        damaged.say(Level::Warning, "lines that are no import's are left out", &mut diagnostics);
        let within = waiting.iter().filter(|(depth, _)| *depth > 0).count() as u64;
        if within > 0 {
            // A module's line is written when its import ends.
            let message = "imports end the file whose importers are missing, and what came after: it was cut short, \
                           or the program was stopped";
            diagnostics.note_many(Level::Warning, message, within, || Some(place(last.0)));
        } else if !last.1 {
            let message = "the file ends in the middle of a line: it may be cut short";
            diagnostics.note(Level::Warning, message, || Some(place(last.0)));
        }
        let profile = profile(&modules);
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

struct Module {
    name: String,
    /// Microseconds.
    own: u64,
    importer: u32,
}

fn profile(modules: &[Module]) -> Profile {
    let mut builder = Builder::new(Same::Place, true);
    builder.writer(Writer::ImportTime);
    let track = builder.track(Track::default());
    let mut nodes = vec![NO_PARENT; modules.len()];
    // An importer comes after what it imported.
    for (index, module) in modules.iter().enumerate().rev() {
        let parent = nodes.get(module.importer as usize).copied().unwrap_or(NO_PARENT);
        let function = builder.function(NO_FILE, 0, &module.name);
        nodes[index] = builder.child(parent, function);
        builder.add(track, nodes[index], module.own as f64 / 1e6, 1);
    }
    builder.finish(Unit::Seconds)
}

enum Parsed<'a> {
    /// Microseconds of its own, how many imports it is within, its name.
    Module(u64, u32, &'a str),
    Cached,
    /// It begins like one.
    Damaged,
    /// The head, and what else is on standard error.
    Other,
}

fn parse(line: &[u8]) -> Parsed<'_> {
    // What a program wrote without a line's end stands before it.
    let Some(at) = memchr::memmem::find(line, MARK) else { return Parsed::Other };
    let Ok(rest) = std::str::from_utf8(&line[at + MARK.len()..]) else { return Parsed::Damaged };
    let mut columns = rest.trim_end_matches(['\r', '\n']).splitn(3, '|');
    let (Some(own), Some(cumulative), Some(name)) = (columns.next(), columns.next(), columns.next()) else {
        return Parsed::Damaged;
    };
    let (own, cumulative) = (own.trim(), cumulative.trim());
    if own == "self [us]" {
        return Parsed::Other;
    }
    if own == "cached" {
        return Parsed::Cached;
    }
    let indent = name.len() - name.trim_start_matches(' ').len();
    let name = name.trim();
    match (own.parse(), cumulative.parse::<u64>()) {
        // One space stands before the first level.
        (Ok(own), Ok(_)) if !name.is_empty() => {
            Parsed::Module(own, u32::try_from(indent / 2).unwrap_or(u32::MAX), name)
        }
        _ => Parsed::Damaged,
    }
}
