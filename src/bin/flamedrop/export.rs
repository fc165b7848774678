//! `flamedrop export`: a document in another tool's format.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use flamedrop::document::{Content, Document};
use flamedrop::export::{callgrind, folded, speedscope};
use flamedrop::profile::{CallTree, Profile, estimate};

use super::Lines;

/// What to write, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The format to write.
    #[arg(long = "as", value_name = "FORMAT")]
    format: Format,
    /// How many boxes an estimated call tree may have.
    #[arg(long, value_name = "BOXES", default_value_t = 10_000)]
    boxes: usize,
    #[command(flatten)]
    lines: Lines,
    /// The file to read; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// `frame;frame;frame microseconds`, one line per stack of the (for pstats: estimated) call
    /// tree; for flamegraph.pl, inferno, speedscope.
    Folded,
    /// The call tree for https://www.speedscope.app.
    Speedscope,
    /// Functions and who called whom, nothing estimated; for KCachegrind, QCachegrind, gprof2dot.
    Callgrind,
}

/// Writes the export; false if the file cannot be read, or has not what the format needs.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<bool> {
    let Some((document, _)) = super::read(&arguments.file, arguments.lines) else { return Ok(false) };
    match write(arguments, &document, out)? {
        Ok(()) => Ok(true),
        Err(problem) => {
            super::complain(&arguments.file, &problem);
            Ok(false)
        }
    }
}

fn write(arguments: &Arguments, document: &Document, out: &mut dyn Write) -> io::Result<Result<(), String>> {
    let Content::Profile(profile) = &document.content else {
        return Ok(Err("an SQL log has no call tree to export; `flamedrop summary` reads it.".to_owned()));
    };
    let tree = || tree(profile, arguments.boxes);
    match arguments.format {
        Format::Folded => folded::write(&tree(), &profile.functions, out)?,
        Format::Speedscope => speedscope::write(&document.name, &tree(), &profile.functions, out)?,
        Format::Callgrind => callgrind::write(&document.name, profile, out)?,
    }
    Ok(Ok(()))
}

/// The recorded call tree, or an estimated one.
fn tree(profile: &Profile, boxes: usize) -> Cow<'_, CallTree> {
    match &profile.recorded_tree {
        Some(tree) => Cow::Borrowed(tree),
        None => Cow::Owned(estimate::estimate(profile, boxes)),
    }
}
