//! vprof's modes `m` and `h`: memory by line that ran, and a code heat map.
//!
//! - `m` ([`memory_profiler.py`](https://github.com/nvdv/vprof/blob/master/vprof/memory_profiler.py)): per line that ran its
//!   number in the order of running, the line, mebibytes, function and file; no times. Then how many objects of each kind
//!   were left.
//! - `h` ([`code_heatmap.py`](https://github.com/nvdv/vprof/blob/master/vprof/code_heatmap.py)): per file its lines with
//!   seconds and how often they ran, and what they say. A line's time is its own: that of what it calls is not in it.

use super::super::json::{Fault, Json};
use crate::profile::Unit;
use crate::profile::line_table::{Builder, LineTable};
use crate::profile::series::{Axis, Curve, Place, Series};

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Mode `m`; `None` where nothing ran.
pub(super) fn read_memory(json: &mut Json<'_, '_>) -> Result<Option<Series>, Fault> {
    let mut curve = Curve { name: "Memory".to_owned(), unit: Unit::Bytes, ..Curve::default() };
    let mut objects = Vec::new();
    if !json.object()? {
        return Ok(None);
    }
    while let Some(key) = json.key()? {
        match key {
            "codeEvents" => {
                if json.array()? {
                    while json.item()? {
                        read_event(json, &mut curve)?;
                    }
                }
            }
            "objectsCount" => {
                if json.array()? {
                    while json.item()? {
                        objects.extend(read_objects(json)?);
                    }
                }
            }
            _ => json.skip()?,
        }
    }
    Ok((!curve.at.is_empty()).then(|| Series {
        axis: Axis::Lines,
        curves: vec![curve],
        marks: Vec::new(),
        objects,
    }))
}

/// `[number, line, mebibytes, function, file]`.
fn read_event(json: &mut Json<'_, '_>, curve: &mut Curve) -> Result<(), Fault> {
    let (mut number, mut line, mut memory) = (f64::NAN, 0, f64::NAN);
    let (mut function, mut file) = (String::new(), String::new());
    let mut count = 0;
    if json.array()? {
        while json.item()? {
            count += 1;
            match count {
                1 => number = json.number()?.unwrap_or(f64::NAN),
                2 => line = json.whole()?.unwrap_or(0),
                3 => memory = json.number()?.unwrap_or(f64::NAN),
                4 => function = json.text()?.unwrap_or_default(),
                5 => file = json.text()?.unwrap_or_default(),
                _ => json.skip()?,
            }
        }
    }
    let follows = curve.at.last().is_none_or(|last| *last <= number);
    if number.is_finite() && memory.is_finite() && memory >= 0.0 && follows {
        curve.at.push(number);
        curve.value.push(memory * MEBIBYTE);
        let place =
            u32::try_from(line).ok().filter(|&line| line > 0).map(|line| Place { file, line, function });
        curve.place.push(place);
    }
    Ok(())
}

/// `["class list", 1]`.
fn read_objects(json: &mut Json<'_, '_>) -> Result<Option<(String, i64)>, Fault> {
    let (mut kind, mut number, mut count) = (None, None, 0);
    if json.array()? {
        while json.item()? {
            count += 1;
            match count {
                1 => kind = json.text()?,
                2 => number = json.whole()?,
                _ => json.skip()?,
            }
        }
    }
    Ok(kind.map(|kind| kind.trim_start_matches("class ").to_owned()).zip(number))
}

/// Mode `h`; `None` where no line has a time.
pub(super) fn read_heat(json: &mut Json<'_, '_>) -> Result<Option<LineTable>, Fault> {
    let columns = [("Time", Unit::Seconds, true), ("Hits", Unit::Count, true)];
    let mut table = Builder::new(&columns);
    if !json.object()? {
        return Ok(None);
    }
    while let Some(key) = json.key()? {
        if key != "heatmaps" {
            json.skip()?;
        } else if json.array()? {
            while json.item()? {
                read_file(json, &mut table)?;
            }
        }
    }
    Ok(if table.is_empty() { None } else { Some(table.finish()) })
}

fn read_file(json: &mut Json<'_, '_>, table: &mut Builder) -> Result<(), Fault> {
    let mut name = String::new();
    let mut numbers: Vec<(usize, i64, f64)> = Vec::new();
    let mut source: Vec<(u32, String)> = Vec::new();
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key()? {
        match key {
            "name" => name = json.text()?.unwrap_or_default(),
            "heatmap" => read_numbers(json, 0, &mut numbers)?,
            "executionCount" => read_numbers(json, 1, &mut numbers)?,
            "srcCode" => {
                if json.array()? {
                    while json.item()? {
                        source.extend(read_source(json)?);
                    }
                }
            }
            _ => json.skip()?,
        }
    }
    for (column, line, value) in numbers {
        if let Some(place) = table.line(&name, line, None) {
            table.add(place, column, value);
        }
    }
    table.source(&name, source);
    Ok(())
}

/// `{"12": 0.5}`: numbers by line.
fn read_numbers(
    json: &mut Json<'_, '_>,
    column: usize,
    numbers: &mut Vec<(usize, i64, f64)>,
) -> Result<(), Fault> {
    if json.object()? {
        while let Some(line) = json.key()? {
            let line = line.parse();
            let value = json.number()?;
            if let (Ok(line), Some(value)) = (line, value) {
                numbers.push((column, line, value));
            }
        }
    }
    Ok(())
}

/// `["line", 12, "text"]`; `["skip", 12]` stands for some that are left out.
fn read_source(json: &mut Json<'_, '_>) -> Result<Option<(u32, String)>, Fault> {
    let (mut line, mut text, mut count) = (None, None, 0);
    if json.array()? {
        while json.item()? {
            count += 1;
            match count {
                2 => line = json.whole()?.and_then(|line| u32::try_from(line).ok()),
                3 => text = json.text()?,
                _ => json.skip()?,
            }
        }
    }
    Ok(line.zip(text).map(|(line, text)| (line, text.trim_end_matches(['\r', '\n']).to_owned())))
}
