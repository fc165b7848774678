//! Cells of tables about logs: what they hold, and how it looks. A whole column of times has one unit.

use flamedrop::export::table::Value;
use flamedrop::format::{self, TimeColumn, TimeUnit};
use flamedrop::layout::chart::class_name;
use flamedrop::protocol::QueriesOverview;
use flamedrop::queries::Operation;
use leptos::prelude::*;

use super::sql::operation_class;

/// The unit of single executions: also beneath a millisecond one reads them in it.
pub const SINGLE: TimeColumn = TimeColumn { unit: TimeUnit::Milliseconds, decimals: 2 };

/// Milliseconds of a day: a log that is longer needs dates.
const DAY: f64 = 8.64e7;

/// Height of the small pictures, in units of their own.
const HIGH: f64 = 18.0;

/// How the times of a log are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Units {
    /// Of sums.
    pub totals: TimeColumn,
    /// Whether the log has a wall clock.
    pub wall_clock: bool,
    /// Whether a time of day would not do.
    pub dates: bool,
}

impl Units {
    /// Those of a log.
    pub fn of(overview: &QueriesOverview) -> Self {
        let (first, last) = overview.span.unwrap_or_default();
        Self {
            totals: TimeColumn::for_milliseconds(overview.total),
            wall_clock: overview.wall_clock,
            dates: overview.wall_clock && (first / DAY).floor() != (last / DAY).floor(),
        }
    }

    /// A start on the log's clock: the time of day, or the time since the log began.
    pub fn start(self, start: f64) -> String {
        match (self.wall_clock, self.dates) {
            (true, true) => format!("{} {}", format::date(start), format::time_of_day(start)),
            (true, false) => format::time_of_day(start),
            _ => format!("+{}", format::milliseconds(start)),
        }
    }
}

/// What a cell holds; times are milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// The log does not say.
    Unknown,
    /// Words.
    Text(String),
    /// Quiet words.
    Quiet(String),
    /// SQL in brief, with what it does.
    Sql(String, Operation),
    /// What went wrong, in words.
    Bad(String),
    /// How many; none is quiet.
    Count(u64),
    /// How many bytes.
    Bytes(f64),
    /// A single duration.
    Single(f64),
    /// A sum, with its share of the whole as a bar.
    Total(f64, f64),
    /// A share, 0 to 1.
    Percent(f64),
    /// A plain number.
    Number(f64, usize),
    /// How many there would be: seldom a whole number.
    Calls(f64),
    /// A moment.
    Start(f64),
    /// Executions per class of durations.
    Histogram(Vec<u32>),
    /// Executions per step of time.
    Curve(Vec<u32>),
    /// Reads upwards, writes downwards, per step of time.
    ReadsWrites(Vec<u32>, Vec<u32>),
    /// A change of a sum; whether it is more than chance.
    Change(f64, bool),
    /// Before and after; whether it got worse (or better) by more than chance.
    Pair(Box<Cell>, Box<Cell>, Option<bool>),
}

impl Cell {
    /// As it looks.
    pub fn view(self, units: Units) -> AnyView {
        match self {
            Self::Unknown => format::UNKNOWN.into_any(),
            Self::Text(text) => {
                view! { <span class="cut" title=text.clone()>{text.clone()}</span> }.into_any()
            }
            Self::Quiet(text) => {
                view! { <span class="tables" title=text.clone()>{text.clone()}</span> }.into_any()
            }
            Self::Bad(text) => view! { <span class="failed">{text}</span> }.into_any(),
            Self::Sql(text, operation) => view! {
                <span class="query" title=text.clone()>
                    <span class=format!("swatch {}", operation_class(operation)) aria-hidden="true"></span>
                    <code>{unquoted(&text)}</code>
                </span>
            }
            .into_any(),
            Self::Count(count) => format::count(count as i64).into_any(),
            Self::Bytes(bytes) => format::bytes(bytes.max(0.0) as u64).into_any(),
            Self::Single(time) => SINGLE.milliseconds(time).into_any(),
            Self::Total(time, share) => share_cell(units.totals.milliseconds(time), share),
            Self::Percent(share) => format::percent_cell(share).into_any(),
            Self::Number(value, decimals) => format!("{value:.decimals$}").into_any(),
            Self::Calls(value) => format::calls(value).into_any(),
            Self::Start(start) if start.is_nan() => format::UNKNOWN.into_any(),
            Self::Start(start) => units.start(start).into_any(),
            Self::Histogram(classes) => {
                let most = peak(&classes);
                let spoken = match most {
                    Some((at, _)) => format!("most often {}", class_name(at)),
                    None => format::UNKNOWN.to_owned(),
                };
                picture(bars(&classes), String::new(), classes.len(), spoken)
            }
            Self::Curve(steps) => {
                let spoken = match peak(&steps) {
                    Some((_, most)) => format!("at most {} in one step", format::count(i64::from(most))),
                    None => format::UNKNOWN.to_owned(),
                };
                picture(area(&steps), String::new(), steps.len(), spoken)
            }
            Self::ReadsWrites(reads, writes) => {
                let most = |of: &[u32]| format::count(peak(of).map_or(0, |(_, most)| i64::from(most)));
                let spoken =
                    format!("at most {} reads and {} writes in one step", most(&reads), most(&writes));
                let (up, down) = mirrored(&reads, &writes);
                picture(up, down, reads.len(), spoken)
            }
            Self::Change(change, false) => {
                let text = format::signed(change, &units.totals.milliseconds(change.abs()));
                view! { <span class="chance" title="not significant">{text}</span> }.into_any()
            }
            Self::Change(change, true) => {
                let text = format::signed(change, &units.totals.milliseconds(change.abs()));
                let (worse, better) = (change > 0.0, change < 0.0);
                view! { <span class:worse=worse class:better=better>{text}</span> }.into_any()
            }
            Self::Pair(before, after, worse) => view! {
                <span class="pair" class:worse=worse == Some(true) class:better=worse == Some(false)>
                    <span class="before">{before.view(units)}</span>
                    <span aria-hidden="true">"→"</span>
                    <span class="visually-hidden">" to "</span>
                    <span class="after">{after.view(units)}</span>
                </span>
            }
            .into_any(),
        }
    }

    /// As it is written elsewhere: times in milliseconds, shares of 1; `None` if it is a picture.
    pub fn value(self, units: Units) -> Option<Value> {
        Some(match self {
            Self::Unknown => Value::Nothing,
            Self::Text(text) | Self::Quiet(text) | Self::Bad(text) => Value::Text(text),
            Self::Sql(text, _) => Value::Code(text),
            Self::Count(count) => Value::Count(count as i64),
            Self::Bytes(value) => Value::Count(value as i64),
            Self::Single(value)
            | Self::Total(value, _)
            | Self::Percent(value)
            | Self::Number(value, _)
            | Self::Calls(value)
            | Self::Change(value, _) => Value::Number(value),
            Self::Start(start) if start.is_nan() => Value::Nothing,
            Self::Start(start) => Value::Text(units.start(start)),
            // Two columns: the table takes it apart.
            Self::Pair(..) | Self::Histogram(_) | Self::Curve(_) | Self::ReadsWrites(..) => return None,
        })
    }
}

/// SQL without the quotes around plain names, which are all that the first words of Django's statements differ in.
fn unquoted(sql: &str) -> String {
    let mut parts = sql.split('"');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut inside = true;
    for part in parts {
        let is_plain = inside
            && !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if inside && !is_plain {
            text.push('"');
        }
        text.push_str(part);
        if inside && !is_plain {
            text.push('"');
        }
        inside = !inside;
    }
    text
}

/// The largest value and where it is; `None` if there is none above 0.
fn peak(values: &[u32]) -> Option<(usize, u32)> {
    let (at, &most) = values.iter().enumerate().max_by_key(|&(at, &value)| (value, usize::MAX - at))?;
    (most > 0).then_some((at, most))
}

fn picture(strong: String, weak: String, wide: usize, spoken: String) -> AnyView {
    let weak = (!weak.is_empty()).then(|| view! { <path class="writes" d=weak></path> });
    view! {
        <span class="visually-hidden">{spoken.clone()}</span>
        <svg class="spark" viewBox=format!("0 0 {} {HIGH}", wide.max(1)) preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <path d=strong></path>
            {weak}
        </svg>
    }
    .into_any()
}

/// A bar for each value that is not 0: `M3 18v-4.5h.8v4.5z`. Also a small one is seen.
fn bars(values: &[u32]) -> String {
    let most = peak(values).map_or(1.0, |(_, most)| f64::from(most));
    let bar = |(at, &value): (usize, &u32)| {
        let high = (f64::from(value) / most * HIGH).max(1.2);
        (value > 0).then(|| format!("M{at} {HIGH}v-{high:.1}h.85v{high:.1}z"))
    };
    values.iter().enumerate().filter_map(bar).collect()
}

/// Values as steps of one area.
fn area(values: &[u32]) -> String {
    let most = peak(values).map_or(1.0, |(_, most)| f64::from(most));
    let mut path = format!("M0 {HIGH}");
    for &value in values {
        let high = if value == 0 { 0.0 } else { (f64::from(value) / most * HIGH).max(1.2) };
        path.push_str(&format!("V{:.1}h1", HIGH - high));
    }
    path.push_str(&format!("V{HIGH}z"));
    path
}

/// Reads above the middle, writes beneath it, on one scale.
fn mirrored(reads: &[u32], writes: &[u32]) -> (String, String) {
    let most = reads.iter().chain(writes).copied().max().unwrap_or(0).max(1);
    let most = f64::from(most);
    let half = HIGH / 2.0;
    let side = |values: &[u32], up: bool| {
        let bar = |(at, &value): (usize, &u32)| {
            let high = (f64::from(value) / most * half).max(0.8);
            let sign = if up { "-" } else { "" };
            let back = if up { "" } else { "-" };
            (value > 0).then(|| format!("M{at} {half}v{sign}{high:.1}h.85v{back}{high:.1}z"))
        };
        values.iter().enumerate().filter_map(bar).collect::<String>()
    };
    (side(reads, true), side(writes, false))
}

/// A number with a bar behind it: `share` of the whole, 0 to 1.
pub fn share_cell(text: String, share: f64) -> AnyView {
    let width = if share.is_finite() { (share * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    view! {
        <span class="share" style:width=format!("{width:.1}%") aria-hidden="true"></span>
        <span class="value">{text}</span>
    }
    .into_any()
}
