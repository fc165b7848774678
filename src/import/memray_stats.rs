//! memray's statistics (`memray stats --json recording.bin`):
//! <https://github.com/bloomberg/memray/blob/main/src/memray/reporters/stats.py>.
//!
//! What was allocated in all, not only at the peak, and the few lines that allocated most: `function:file:line`. No stacks.

use super::beginning::Beginning;
use super::json::{Fault, Json};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::format;
use crate::input::Input;
use crate::profile::{Profile, Unit, line_table};

/// memray's statistics.
pub struct MemrayStats;

/// For the registry.
pub static ABOUT: About = About {
    id: "memray-stats",
    title: "memray, statistics",
    kind: Kind::Profile,
    how_to_record: "memray run -o app.bin app.py && memray stats --json app.bin\n\
         The lines that allocated most in all; -n 50 for more of them.",
};

const AGAIN: &str = "Write it again: memray stats --json recording.bin";

impl Format for MemrayStats {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        let words = [&b"\"total_bytes_allocated\""[..], b"\"allocation_size_histogram\""];
        if text.starts_with(b"{") && words.into_iter().all(|word| text.holds(word)) { 98 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let mut file = File::read(&mut json).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let bytes = |value: Option<f64>| value.map(|value| Unit::Bytes.text(value));
        if let Some(peak) = bytes(file.peak) {
            diagnostics.note(Level::Info, &format!("the peak was {peak}"), || None);
        }
        if let (Some(bytes), Some(count)) = (bytes(file.bytes), file.allocations) {
            let count = format::counted(count as i64, "allocation", "allocations");
            diagnostics.note(Level::Info, &format!("{bytes} in {count} in all"), || None);
        }
        let message = "it has the lines that allocated most, and no stacks: with those memray transform csv";
        diagnostics.note(Level::Info, message, || None);
        if let Some(peak) = file.peak {
            file.lines.peak(peak);
        }
        if file.lines.is_empty() {
            return Err(ImportError::new(self, "no line of it has an allocation", AGAIN));
        }
        let profile = Profile {
            unit: Unit::Bytes,
            line_table: Some(Box::new(file.lines.finish())),
            ..Profile::default()
        };
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

struct File {
    lines: line_table::Builder,
    bytes: Option<f64>,
    allocations: Option<f64>,
    peak: Option<f64>,
}

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let columns = [("Allocated", Unit::Bytes, true), ("Allocations", Unit::Count, true)];
        let lines = line_table::Builder::new(&columns);
        let mut file = Self { lines, bytes: None, allocations: None, peak: None };
        if !json.object()? {
            return Ok(file);
        }
        let known = |number: Option<f64>| number.filter(|number| (0.0..1e18).contains(number));
        while let Some(key) = json.key()? {
            match key {
                "total_bytes_allocated" => file.bytes = known(json.number()?),
                "total_num_allocations" => file.allocations = known(json.number()?),
                "top_allocations_by_size" => file.read_lines(json, 0, "size")?,
                "top_allocations_by_count" => file.read_lines(json, 1, "count")?,
                "metadata" => {
                    if json.object()? {
                        while let Some(key) = json.key()? {
                            match key {
                                "peak_memory" => file.peak = known(json.number()?),
                                _ => json.skip()?,
                            }
                        }
                    }
                }
                _ => json.skip()?,
            }
        }
        Ok(file)
    }

    fn read_lines(&mut self, json: &mut Json<'_, '_>, column: usize, number: &str) -> Result<(), Fault> {
        if !json.array()? {
            return Ok(());
        }
        while json.item()? {
            let (mut place, mut value) = (String::new(), f64::NAN);
            if !json.object()? {
                continue;
            }
            while let Some(key) = json.key()? {
                match key {
                    "location" => place = json.text()?.unwrap_or_default(),
                    key if key == number => value = json.number()?.unwrap_or(f64::NAN),
                    _ => json.skip()?,
                }
            }
            // A name has no colon, a path may.
            let spelt = place.split_once(':').and_then(|(name, rest)| {
                let (file, line) = rest.rsplit_once(':')?;
                Some((name, file, line.parse::<i64>().ok()?))
            });
            if let Some((name, file, line)) = spelt
                && let Some(place) = self.lines.line(file, line, Some(name))
            {
                self.lines.add(place, column, value);
            }
        }
        Ok(())
    }
}
