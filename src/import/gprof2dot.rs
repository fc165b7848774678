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
         Functions and stacks, without lines: memray transform csv has those.",
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
    /// Where the chains and costs of each event end among those of all.
    events: Vec<(usize, usize)>,
    /// Numbers of functions, [`NONE`] where it is none.
    chains: Vec<u32>,
    amounts: Vec<f64>,
}

/// What stands for a number that is none of a function.
const NONE: u32 = u32::MAX;

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut file = Self::default();
        if !json.object()? {
            return Ok(file);
        }
        while let Some(key) = json.key()? {
            match key {
                "costs" => file.costs = pairs(json, ["description", "unit"])?.into_iter().map(cost).collect(),
                "functions" => file.functions = pairs(json, ["name", "module"])?,
                "events" => {
                    if json.array()? {
                        while json.item()? {
                            file.read_event(json)?;
                        }
                    }
                }
                _ => json.skip()?,
            }
        }
        Ok(file)
    }

    fn read_event(&mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        if json.object()? {
            while let Some(key) = json.key()? {
                match key {
                    "callchain" => {
                        if json.array()? {
                            while json.item()? {
                                let id = json.whole()?.and_then(|id| u32::try_from(id).ok());
                                self.chains.push(id.unwrap_or(NONE));
                            }
                        }
                    }
                    "cost" => {
                        if json.array()? {
                            while json.item()? {
                                self.amounts.push(json.number()?.unwrap_or(f64::NAN));
                            }
                        }
                    }
                    _ => json.skip()?,
                }
            }
        }
        self.events.push((self.chains.len(), self.amounts.len()));
        Ok(())
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
        let mut begin = (0, 0);
        for &end in &self.events {
            let chain = self.chains.get(begin.0..end.0).unwrap_or_default();
            let costs = self.amounts.get(begin.1..end.1).unwrap_or_default();
            begin = end;
            if chain.is_empty() || chain.iter().any(|&id| id as usize >= functions.len()) {
                missing += 1;
                continue;
            }
            let node = builder.stack(chain.iter().rev().map(|&id| functions[id as usize]));
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
                    match key {
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
