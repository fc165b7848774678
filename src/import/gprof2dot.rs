//! gprof2dot's JSON, for tools that have no format of its own:
//! <https://github.com/jrfonseca/gprof2dot/blob/main/schema.json>.
//!
//! `memray transform gprof2dot` writes it. Chains of numbers of functions, innermost first, with a cost of each kind.

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::json::{Fault, Json};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same};
use crate::profile::{Profile, Track, Unit};

/// gprof2dot's JSON.
pub struct Gprof2dot;

/// For the registry.
pub static ABOUT: About = About {
    id: "gprof2dot",
    title: "gprof2dot JSON",
    kind: Kind::Profile,
    how_to_record: "memray run -o app.bin app.py && memray transform gprof2dot app.bin\n\
         Functions and stacks, without lines and threads: memray transform csv has those.",
};

const AGAIN: &str = "Write it again with the tool that it is from.";

impl Format for Gprof2dot {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        if text.starts_with(b"{") && text.holds(b"\"callchain\"") && text.holds(b"\"costs\"") {
            92
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let file = File::read(&mut json).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let profile = file.profile(&mut diagnostics);
        let profile = profile.ok_or_else(|| ImportError::new(self, "no event of it has a cost", AGAIN))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

#[derive(Default)]
struct File {
    costs: Vec<(String, Unit, f64)>,
    /// Names and modules.
    functions: Vec<(String, String)>,
    events: Vec<(Vec<i64>, Vec<f64>)>,
}

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut file = Self::default();
        if !json.object()? {
            return Ok(file);
        }
        while let Some(key) = json.key()? {
            match key.as_str() {
                "costs" => file.costs = pairs(json, ["description", "unit"])?.into_iter().map(cost).collect(),
                "functions" => file.functions = pairs(json, ["name", "module"])?,
                "events" => {
                    if json.array()? {
                        while json.item()? {
                            file.events.push(event(json)?);
                        }
                    }
                }
                _ => json.skip()?,
            }
        }
        Ok(file)
    }

    fn profile(&self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let mut builder = Builder::new(Same::Place, false);
        let (first, others) = self.costs.split_first()?;
        builder.first(&first.0);
        for (name, unit, _) in others {
            builder.also(name, *unit);
        }
        let functions: Vec<u32> = self
            .functions
            .iter()
            .map(|(name, module)| builder.function(if module.is_empty() { NO_FILE } else { module }, 0, name))
            .collect();
        let track = builder.track(Track::default());
        let (mut missing, mut bad) = (0, 0);
        for (chain, costs) in &self.events {
            let function = |&id: &i64| usize::try_from(id).ok().and_then(|id| functions.get(id).copied());
            let stack: Option<Vec<u32>> = chain.iter().rev().map(function).collect();
            let Some(stack) = stack.filter(|stack| !stack.is_empty()) else {
                missing += 1;
                continue;
            };
            let node = stack.into_iter().fold(NO_PARENT, |above, function| builder.child(above, function));
            for (measure, (cost, (_, _, scale))) in costs.iter().zip(&self.costs).enumerate() {
                bad += u64::from(!builder.add_to(measure, track, node, cost * scale) && *cost != 0.0);
            }
        }
        for (message, count) in [
            ("events without functions, or with one that is not there, are left out", missing),
            ("costs that are negative, too large or no number are left out", bad),
        ] {
            diagnostics.note_many(Level::Warning, message, count, || None);
        }
        if builder.is_empty() { None } else { Some(builder.finish(first.1)) }
    }
}

fn cost((name, unit): (String, String)) -> (String, Unit, f64) {
    let (unit, scale) = match unit.to_ascii_lowercase().as_str() {
        "bytes" | "byte" | "b" => (Unit::Bytes, 1.0),
        "seconds" | "second" | "s" => (Unit::Seconds, 1.0),
        "milliseconds" | "ms" => (Unit::Seconds, 1e-3),
        "microseconds" | "us" => (Unit::Seconds, 1e-6),
        "nanoseconds" | "ns" => (Unit::Seconds, 1e-9),
        "samples" => (Unit::Samples, 1.0),
        _ => (Unit::Count, 1.0),
    };
    (name, unit, scale)
}

/// Two texts of each object of an array.
fn pairs(json: &mut Json<'_, '_>, keys: [&str; 2]) -> Result<Vec<(String, String)>, Fault> {
    let mut pairs = Vec::new();
    if json.array()? {
        while json.item()? {
            let mut pair = (String::new(), String::new());
            if json.object()? {
                while let Some(key) = json.key()? {
                    match key.as_str() {
                        key if key == keys[0] => pair.0 = json.text()?.unwrap_or_default(),
                        key if key == keys[1] => pair.1 = json.text()?.unwrap_or_default(),
                        _ => json.skip()?,
                    }
                }
            }
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

fn event(json: &mut Json<'_, '_>) -> Result<(Vec<i64>, Vec<f64>), Fault> {
    let (mut chain, mut costs) = (Vec::new(), Vec::new());
    if json.object()? {
        while let Some(key) = json.key()? {
            match key.as_str() {
                "callchain" => {
                    if json.array()? {
                        while json.item()? {
                            chain.push(json.whole()?.unwrap_or(-1));
                        }
                    }
                }
                "cost" => {
                    if json.array()? {
                        while json.item()? {
                            costs.push(json.number()?.unwrap_or(f64::NAN));
                        }
                    }
                }
                _ => json.skip()?,
            }
        }
    }
    Ok((chain, costs))
}
