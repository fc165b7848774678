//! Lines of code: a heat map of each file, with what each line took, how often it ran and what it says.

use std::sync::Arc;

use flamedrop::format::{self, TimeColumn, UNKNOWN, Unit};
use flamedrop::protocol::{LineColumn, LineFile, LineRow, LinesAnswer, LinesOf, Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::cells::share_cell;
use crate::components::place::place;
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, answers};
use crate::state::state;
use crate::view::View;

/// Beside a line's text and the function it is in.
const COLUMNS: usize = 5;

/// The view.
#[component]
pub fn Lines(document: OpenDocument) -> impl IntoView {
    let answer = answers(
        document,
        move || {
            Some(Request::Lines(match (document.lines_file.get(), document.function.get()) {
                (Some(file), _) => LinesOf::File(file),
                // From a function one comes to its lines.
                (None, Some(function)) => LinesOf::Function(function),
                (None, None) => LinesOf::Most,
            }))
        },
        |response| match response {
            Response::Lines(lines) => Some(Arc::<LinesAnswer>::from(lines)),
            _ => None,
        },
    );
    let sources = state().sources;
    let matched = sources.of(document);
    // The answer, with the user's source of that file once it is read.
    let shown = RwSignal::new(None::<Shown>);
    // A file's number, and a line.
    let chosen = RwSignal::new(None::<(u32, u32)>);
    Effect::new(move |_: Option<()>| {
        let Some((_, lines)) = answer.get() else {
            shown.set(None);
            return;
        };
        let path = lines.files.iter().find(|file| file.file == lines.file).map(|file| file.path.clone());
        let number = path.and_then(|path| matched.with(|matched| matched.as_ref()?.get(&path).copied()));
        let Some(number) = number else {
            shown.set(Some(Shown { lines, source: None }));
            return;
        };
        spawn_local(async move {
            let source = sources.text(number).await.map(|text| lines.with_source(&text));
            // Another file's answer may be there by now.
            if answer.try_with_untracked(|now| now.as_ref().is_some_and(|(_, now)| Arc::ptr_eq(now, &lines)))
                == Some(true)
            {
                let (lines, source) = match source {
                    Some((with, differ)) => (Arc::new(with), Some(differ)),
                    None => (lines, None),
                };
                shown.try_set(Some(Shown { lines, source }));
            }
        });
    });
    view! {
        <div class="lines-view">
            {move || shown.get().map(|Shown { lines, source }| {
                // The same line again where the answer was asked for once more.
                let same = chosen.get_untracked().filter(|(file, _)| *file == lines.file);
                let row = same.and_then(|(_, line)| lines.rows.iter().position(|row| row.line == line));
                let at = RwSignal::new(row.map(|row| row as u32).or(lines.row));
                view! { <Files document lines=Arc::clone(&lines) source at /> <Heat document lines at chosen /> }
            })}
        </div>
    }
}

/// Lines as they are shown.
#[derive(Clone)]
struct Shown {
    lines: Arc<LinesAnswer>,
    /// Where there is the user's source: how many lines differ in it.
    source: Option<u32>,
}

/// What is to be said of the source, or of there being none.
fn source_note(lines: &LinesAnswer, source: Option<u32>) -> Option<String> {
    match source {
        Some(0) => None,
        Some(differ) => Some(format!(
            "The source is of another version than the recording: {} differ.",
            format::counted(i64::from(differ), "line", "lines")
        )),
        None if lines.rows.iter().all(|row| row.text.is_none()) => {
            Some("The file has no source: drop the .py files here, or their folder.".to_owned())
        }
        None => None,
    }
}

/// The files, of which one is chosen.
#[component]
fn Files(
    document: OpenDocument,
    lines: Arc<LinesAnswer>,
    source: Option<u32>,
    at: RwSignal<Option<u32>>,
) -> impl IntoView {
    let note = source_note(&lines, source).map(|note| view! { <p class="hint">{note}</p> });
    let here = {
        let lines = Arc::clone(&lines);
        move || {
            let path = &lines.files.iter().find(|file| file.file == lines.file)?.path;
            let line = at.get().and_then(|at| lines.rows.get(at as usize)).map_or(1, |row| row.line);
            Some(view! { <p class="place">{place(path, i64::from(line))}</p> })
        }
    };
    let columns = &lines.columns;
    let option = |file: &LineFile| {
        let number = columns.first().zip(file.values.first().copied().flatten());
        let number =
            number.map(|(column, value)| format!(": {}", column.unit.text(value))).unwrap_or_default();
        let text = format!("{}{number}", file.path);
        view! { <option value=file.file.to_string() selected=file.file == lines.file>{text}</option> }
    };
    let options: Vec<_> = lines.files.iter().map(option).collect();
    let whole: Vec<_> = columns
        .iter()
        .zip(
            lines
                .files
                .iter()
                .find(|file| file.file == lines.file)
                .map(|file| file.values.clone())
                .unwrap_or_default(),
        )
        .filter_map(|(column, value)| {
            // Of lines whose values hold each other's, the largest says how much there is at least.
            let word = if column.adds_up { "" } else { "largest line " };
            Some(view! { <div><dt>{column.name.clone()}</dt><dd>{word}{column.unit.text(value?)}</dd></div> })
        })
        .collect();
    view! {
        <header class="lines-head">
            <label>
                "File "
                <select on:change=move |event| document.lines_file.set(event_target_value(&event).parse().ok())>
                    {options}
                </select>
            </label>
            <dl class="numbers">{whole}</dl>
            {here}
            {note}
        </header>
    }
}

/// What a column of numbers is called in the head of a table: the page's own words.
fn heading(column: &LineColumn) -> (&'static str, &'static str) {
    match (column.unit, column.adds_up, column.name.as_str()) {
        (_, _, "Hits") => ("hits", "How often the line ran"),
        (_, _, "Blocks") => ("blocks", "How many blocks of memory live that the line asked for"),
        (_, _, "Allocations") => ("allocations", "How often the line asked for memory"),
        (_, _, "Peak memory") => ("peak", "The most memory that the line held"),
        (_, _, "Allocated") => ("allocated", "All memory that the line asked for"),
        (_, _, "In Python") => ("Python", "Time in Python's own code"),
        (_, _, "In native code") => ("native", "Time in native code"),
        (_, _, "In the system") => ("system", "Time in the operating system"),
        (_, _, "Copied, a second") => ("copied/s", "Memory copied each second"),
        (_, _, "With the GIL") => ("with GIL", "Samples in which the thread held the GIL"),
        (Unit::Bytes, true, _) => ("memory", "Memory that the line itself asked for"),
        (Unit::Bytes, false, _) => ("with calls", "Memory of the line and of what it called"),
        (Unit::Samples, true, _) => ("samples", "Samples that ended in the line"),
        (Unit::Samples, false, _) => ("with calls", "Samples that had the line on the stack"),
        (Unit::CpuSeconds, true, _) => ("CPU time", "Time of a processor in the line itself"),
        (Unit::Seconds | Unit::CpuSeconds, false, name) if name.ends_with(" with calls") => {
            ("with calls", "Time in the line and in what it called")
        }
        (Unit::Seconds | Unit::CpuSeconds, _, _) => ("time", "Time in the line"),
        (Unit::Count, _, _) => ("count", "How often it happened in the line"),
    }
}

/// The lines of the file.
#[component]
fn Heat(
    document: OpenDocument,
    lines: Arc<LinesAnswer>,
    at: RwSignal<Option<u32>>,
    chosen: RwSignal<Option<(u32, u32)>>,
) -> impl IntoView {
    let shown: Vec<(usize, TimeColumn)> = lines
        .columns
        .iter()
        .enumerate()
        .take(COLUMNS)
        .map(|(at, column)| (at, column.unit.column(column.largest)))
        .collect();
    let has_functions = lines.rows.iter().any(|row| row.function.is_some());
    let mut columns = vec![Column::number("line", "", "64px", "Its number")];
    columns.extend(shown.iter().map(|(at, format)| {
        let (label, hint) = heading(&lines.columns[*at]);
        // Of counts the label says what they are.
        let unit = match lines.columns[*at].unit {
            Unit::Count | Unit::Samples => "",
            _ => format.unit.symbol(),
        };
        Column::number(label, unit, "124px", hint)
    }));
    let has_source = lines.rows.iter().any(|row| row.text.is_some());
    // The last column takes the room that is left.
    if has_functions {
        let width = if has_source { "minmax(96px, 200px)" } else { "minmax(160px, 1fr)" };
        let column = Column::text("function", width, "The function it is in");
        columns.push(if has_source { column } else { column.leading() });
    }
    if has_source || !has_functions {
        columns.push(
            Column::text("source", "minmax(280px, 1fr)", "What the line says, where the file has it")
                .leading(),
        );
    }
    let rows = lines.rows.len() as u32;
    let row = {
        let lines = Arc::clone(&lines);
        let shown = shown.clone();
        move |index: u32| {
            let row = lines.rows.get(index as usize)?;
            let mut cells = vec![row.line.to_string().into_any()];
            for (at, format) in &shown {
                let (value, column) = (row.values.get(*at).copied().flatten(), &lines.columns[*at]);
                cells.push(match value {
                    None => ().into_any(),
                    Some(value) => share_cell(format.seconds(value), value / column.largest),
                });
            }
            let heat = heat_of(row, &lines.columns);
            if has_functions {
                let name = row.function.clone().unwrap_or_default();
                let heat = if has_source { "" } else { heat };
                cells.push(view! { <code class=format!("source {heat}")>{name}</code> }.into_any());
            }
            if has_source || !has_functions {
                let text = row.text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
                cells.push(view! { <code class=format!("source {heat}")>{text}</code> }.into_any());
            }
            Some(Row { cells, faint: false })
        }
    };
    let select = {
        let lines = Arc::clone(&lines);
        move |index: u32| {
            at.set(Some(index));
            let row = lines.rows.get(index as usize);
            chosen.set(row.map(|row| (lines.file, row.line)));
            if let Some(id) = row.and_then(|row| row.id) {
                document.lines_file.set(Some(lines.file));
                document.select_function(id);
            }
            true
        }
    };
    let actions = Actions {
        select: Arc::new(select),
        open: Arc::new(move |_| {
            if document.function.get_untracked().is_some() {
                document.view.set(View::Callers);
            }
        }),
        ..Actions::default()
    };
    view! {
        <Table
            label="Lines"
            columns
            rows=Signal::stored(rows)
            row=Arc::new(row)
            window=RwSignal::new(0..0)
            selected=at.into()
            actions
            loaded=Signal::stored(true)
            empty="No line of this file has a number."
        />
    }
}

/// How hot a line is, by its share of the largest in the first column: a class of the style sheet.
fn heat_of(row: &LineRow, columns: &[LineColumn]) -> &'static str {
    let share = match (row.values.first().copied().flatten(), columns.first()) {
        (Some(value), Some(column)) if column.largest > 0.0 => value / column.largest,
        _ => 0.0,
    };
    match share {
        0.5.. => "heat3",
        0.1.. => "heat2",
        0.01.. => "heat1",
        _ => "",
    }
}
