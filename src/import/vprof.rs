//! vprof's JSON (`vprof -c MODES app.py --output-file app.json`): <https://github.com/nvdv/vprof>.
//!
//! An object of modes, each written by its profiler:
//!
//! - `c` ([`flame_graph.py`](https://github.com/nvdv/vprof/blob/master/vprof/flame_graph.py)): a tree of stacks with
//!   numbers of samples. `sampleInterval` is what was asked for, not what happened: a sample is
//!   `runTime / totalSamples`.
//! - `p` ([`profiler.py`](https://github.com/nvdv/vprof/blob/master/vprof/profiler.py)): cProfile's functions, with
//!   calls and times, without who called whom.
//! - `m` and `h`: see [`lines`].

mod lines;

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::json::{Fault, Json};
use super::nested::{self, Node, Texts};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same, is_amount};
use crate::profile::{Edges, Functions, LineTable, Profile, Series, Track, Unit};

/// The format.
pub struct Vprof;

/// For the registry.
pub static ABOUT: About = About {
    id: "vprof",
    title: "vprof",
    kind: Kind::Profile,
    how_to_record: "vprof -c cmh app.py --output-file app.json\n\
         Mode c has stacks, m memory, h the time of each line; p has functions and calls.",
};

const RECORD_AGAIN: &str = "Record again: vprof -c c app.py --output-file app.json";
const CUT: &str = "It was cut short, or copied before it was complete: copy it again.";

impl Format for Vprof {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        let modes = ["\"callStats\"", "\"codeEvents\"", "\"heatmaps\"", "\"heatmap\""];
        let has_mode = modes.iter().any(|mode| text.holds(mode.as_bytes()));
        if text.starts_with(b"{") && text.holds(b"\"objectName\"") && has_mode { 90 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let modes = read(&mut json).map_err(|fault| match fault {
            Fault::Cut(_) => fault.of(self, CUT),
            _ => fault.of(self, RECORD_AGAIN),
        })?;
        let mut diagnostics = Diagnostics::default();
        let profile = modes.profile(&mut diagnostics)?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

#[derive(Default)]
struct Modes {
    stacks: Vec<Node>,
    texts: Option<Texts>,
    run_time: f64,
    samples: f64,
    rows: Vec<Row>,
    memory: Option<Series>,
    heat: Option<LineTable>,
}

/// A function of mode `p`.
#[derive(Default)]
struct Row {
    file: String,
    line: i64,
    name: String,
    total: f64,
    calls: i64,
    primitive: i64,
    own: f64,
}

fn read(json: &mut Json<'_, '_>) -> Result<Modes, Fault> {
    let mut modes = Modes::default();
    if !json.object()? {
        return Ok(modes);
    }
    while let Some(key) = json.key()? {
        match key {
            "c" => read_stacks(json, &mut modes)?,
            "p" => read_rows(json, &mut modes)?,
            "m" => modes.memory = lines::read_memory(json)?,
            "h" => modes.heat = lines::read_heat(json)?,
            _ => json.skip()?,
        }
    }
    Ok(modes)
}

fn read_stacks(json: &mut Json<'_, '_>, modes: &mut Modes) -> Result<(), Fault> {
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key()? {
        match key {
            "runTime" => modes.run_time = json.number()?.unwrap_or(0.0),
            "totalSamples" => modes.samples = json.number()?.unwrap_or(0.0),
            "callStats" => {
                let mut texts = Texts::new();
                modes.stacks = nested::read(json, Node::below, |json, key, node| {
                    match key {
                        "sampleCount" => node.total = json.number()?.unwrap_or(f64::NAN),
                        "stack" => read_place(json, node, &mut texts)?,
                        _ => json.skip()?,
                    }
                    Ok(())
                })?;
                modes.texts = Some(texts);
            }
            _ => json.skip()?,
        }
    }
    Ok(())
}

/// `[name, file, line]`.
fn read_place(json: &mut Json<'_, '_>, node: &mut Node, texts: &mut Texts) -> Result<(), Fault> {
    let mut count = 0;
    if json.array()? {
        while json.item()? {
            count += 1;
            match count {
                1 => node.name = texts.read(json)?,
                2 => node.file = texts.read(json)?,
                3 => node.line = json.whole()?.unwrap_or(0).max(0),
                _ => json.skip()?,
            }
        }
    }
    Ok(())
}

fn read_rows(json: &mut Json<'_, '_>, modes: &mut Modes) -> Result<(), Fault> {
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key()? {
        if key != "callStats" {
            json.skip()?;
        } else if json.array()? {
            while json.item()? {
                if json.array()? {
                    modes.rows.push(read_row(json)?);
                }
            }
        }
    }
    Ok(())
}

/// `[file, line, name, total, percent, calls, primitive calls, self, …]`.
fn read_row(json: &mut Json<'_, '_>) -> Result<Row, Fault> {
    let mut row = Row { total: f64::NAN, own: f64::NAN, ..Row::default() };
    let mut count = 0;
    while json.item()? {
        count += 1;
        match count {
            1 => row.file = json.text()?.unwrap_or_default(),
            2 => row.line = json.whole()?.unwrap_or(0).max(0),
            3 => row.name = json.text()?.unwrap_or_default(),
            4 => row.total = json.number()?.unwrap_or(f64::NAN),
            6 => row.calls = json.whole()?.unwrap_or(0),
            7 => row.primitive = json.whole()?.unwrap_or(0),
            8 => row.own = json.number()?.unwrap_or(f64::NAN),
            _ => json.skip()?,
        }
    }
    Ok(row)
}

impl Modes {
    fn profile(mut self, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
        let (series, line_table) = (self.memory.take().map(Box::new), self.heat.take().map(Box::new));
        let functions = match self.functions(diagnostics) {
            // One sample is all there is of a short run, and none is no fault where there are lines.
            Err(_) if series.is_some() || line_table.is_some() => {
                let unit = if line_table.is_some() { Unit::Seconds } else { Unit::Bytes };
                Profile { unit, ..Profile::default() }
            }
            functions => functions?,
        };
        Ok(Profile { series, line_table, ..functions })
    }

    /// Modes `c` and `p`.
    fn functions(&self, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
        let has_rows = self.rows.iter().any(|row| row.own > 0.0);
        if self.stacks.iter().any(|node| node.total > 0.0) {
            if has_rows {
                let message = "mode p is in this file as well: what is shown is mode c, which has stacks";
                diagnostics.note(Level::Info, message, || None);
            }
            return self.of_stacks(diagnostics);
        }
        if has_rows {
            let message = "mode p has no callers, so there is no call tree; with stacks: vprof -c c app.py --output-file app.json";
            diagnostics.note(Level::Info, message, || None);
            return Ok(of_rows(&self.rows, diagnostics));
        }
        let problem = "it has neither samples nor functions, lines or memory";
        Err(ImportError::new(&Vprof, problem, RECORD_AGAIN))
    }

    fn of_stacks(&self, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
        let known = [self.run_time, self.samples].iter().all(|&number| is_amount(number) && number > 0.0);
        let (unit, each) =
            if known { (Unit::Seconds, self.run_time / self.samples) } else { (Unit::Samples, 1.0) };
        if !known {
            let message = "the file does not say how long it ran, or of how many samples it is (runTime, totalSamples): what is shown are samples";
            diagnostics.note(Level::Warning, message, || None);
        }
        let mut builder = Builder::new(Same::Place, false);
        let track = builder.track(Track::default());
        let mut places: Vec<u32> = Vec::with_capacity(self.stacks.len());
        let mut bad = 0;
        for (node, own) in self.stacks.iter().zip(nested::own(&self.stacks)) {
            let parent = if node.parent == NO_PARENT { NO_PARENT } else { places[node.parent as usize] };
            let text = |id| self.texts.as_ref().map_or("", |texts| texts.get(id));
            let file = if text(node.file).is_empty() { NO_FILE } else { text(node.file) };
            let function = builder.function(file, node.line, text(node.name));
            let place = builder.child(parent, function);
            places.push(place);
            bad += u64::from(!builder.add(track, place, own * each, 0) && own != 0.0);
        }
        let message = "frames with a number of samples that is negative, infinite or none are left out";
        diagnostics.note_many(Level::Warning, message, bad, || None);
        if builder.is_empty() {
            return Err(ImportError::new(&Vprof, "no frame of it has a sample", RECORD_AGAIN));
        }
        Ok(builder.finish(unit))
    }
}

fn of_rows(rows: &[Row], diagnostics: &mut Diagnostics) -> Profile {
    let mut functions = Functions::default();
    let mut bad = 0;
    for row in rows {
        if !is_amount(row.own) || !is_amount(row.total) {
            bad += 1;
            continue;
        }
        functions.file.push(functions.files.intern(&row.file));
        functions.name.push(functions.names.intern(&row.name));
        functions.line.push(row.line);
        functions.calls.push(row.calls.max(row.primitive).max(0));
        functions.primitive_calls.push(row.primitive.min(row.calls).max(0));
        functions.self_time.push(row.own);
        // Totals are rounded to four decimals, self times are not.
        functions.total_time.push(row.total.max(row.own));
    }
    let message = "functions with a time that is negative, too large or no number are left out";
    diagnostics.note_many(Level::Warning, message, bad, || None);
    let edges = Edges::new(functions.len(), Vec::new());
    Profile { unit: Unit::Seconds, functions, edges, by_line: false, ..Profile::default() }
}
