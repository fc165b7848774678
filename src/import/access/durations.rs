//! Which field is how long a request took. Units are known by name, by the digits behind a point, or by two fields that say
//! the same in different units; where nothing says it, a number is no duration.

use super::columns::{Columns, is_address};
use super::fields;
use super::layout::{Layout, Server};
use super::roles::Role;
use crate::sort;

/// Chooses the field of the duration, with its unit: by its name, or by what the numbers are. Of those that are alike a field
/// `from` one on is likelier: in front of the request stand processes and counters as well.
pub fn durations(layout: &mut Layout, columns: &Columns<'_>, from: usize) {
    let in_angles = |layout: &Layout, at: usize| layout.fields[at].before.ends_with(b"<");
    let is_process =
        |cell: &[u8]| cell.starts_with(b"<") && fields::whole(fields::without_angles(cell)).is_some();
    if let Some(at) = (0..layout.fields.len())
        .find(|&at| layout.fields[at].role == Role::Skip && columns.all(at, is_process))
    {
        layout.fields[at].role = Role::Worker;
    }
    let count = layout.fields.len();
    // A number in brackets in front of the request is a process.
    let may_be = |at: &usize| *at >= from || !layout.fields[*at].before.ends_with(b"[");
    let unnamed: Vec<usize> = (from..count)
        .chain((0..from.min(count)).filter(may_be))
        .filter(|&at| layout.fields[at].role == Role::Skip && layout.fields[at].name.is_empty())
        .filter(|&at| !layout.fields[at].before.ends_with(b"\"") || columns.are_times(at))
        .collect();
    let mut numbers: Vec<(usize, Vec<f64>)> = Vec::new();
    for &at in unnamed.iter().filter(|&&at| !columns.are_protocols(at)) {
        if in_angles(layout, at) {
            layout.fields[at].role = in_angles_is(layout, columns, at);
        } else if columns.all(at, |cell| fields::when(cell).is_some()) {
            if at < from {
                // That of what is around the line, syslog's for one.
                continue;
            }
            let is_count = columns.most(at, fields::is_count);
            layout.fields[at].role = if is_count { Role::Epoch } else { Role::Again };
        } else if let Some(values) = columns.numbers(at) {
            numbers.push((at, values));
        }
    }
    // Only the finest of the moments is read: others would win by coming later.
    let step = |at: usize| {
        columns.cells(at).filter_map(fields::when).map(|when| when.step).fold(f64::INFINITY, f64::min)
    };
    let epochs: Vec<usize> = (0..layout.fields.len())
        .filter(|&at| matches!(layout.fields[at].role, Role::Epoch | Role::Again))
        .collect();
    let finest = epochs.iter().copied().min_by(|&a, &b| step(a).total_cmp(&step(b)));
    // A date that is no finer than the stamp says nothing that the stamp does not.
    let stamp = layout.fields.iter().position(|field| field.role == Role::Stamp);
    let is_told = |at: usize| stamp.is_some_and(|stamp| step(stamp) <= step(at));
    for at in epochs {
        if Some(at) != finest || layout.fields[at].role == Role::Again && is_told(at) {
            layout.fields[at].role = Role::Skip;
        }
    }
    // With its unit behind it, the finest one.
    let with_unit = (from..layout.fields.len()).chain(0..from.min(layout.fields.len())).filter(|&at| {
        layout.fields[at].role == Role::Skip
            && columns.all(at, |cell| fields::with_unit(cell).is_some() || cell == b"-")
            && columns.cells(at).any(|cell| fields::with_unit(cell).is_some())
    });
    let unit = |at: usize| {
        columns.cells(at).find_map(|cell| fields::with_unit(cell).map(|(_, unit)| unit)).unwrap_or(1e9)
    };
    if let Some(at) = with_unit.min_by(|&a, &b| unit(a).total_cmp(&unit(b))) {
        forget(layout);
        layout.fields[at].role = Role::DurationWithUnit;
        layout.step = unit(at)
            / 10_f64.powi(
                columns
                    .cells(at)
                    .filter_map(fields::with_unit)
                    .filter_map(|(number, _)| fields::decimal(number))
                    .map(|(_, digits)| digits)
                    .max()
                    .unwrap_or(0) as i32,
            );
        return;
    }
    // Named ones: the finest.
    let named: Vec<(usize, f64)> = (0..layout.fields.len())
        .filter_map(|at| match layout.fields[at].role {
            Role::Duration(unit) => Some((at, unit)),
            _ => None,
        })
        .collect();
    if !named.is_empty() {
        let fine = |&(at, unit): &(usize, f64)| unit / 10_f64.powi(columns.digits(at) as i32);
        let best = named.iter().copied().min_by(|a, b| fine(a).total_cmp(&fine(b)));
        for (at, _) in &named {
            layout.fields[*at].role = Role::Skip;
        }
        if let Some((at, unit)) = best {
            layout.fields[at].role = Role::Duration(unit);
            layout.step = fine(&(at, unit));
        }
        return;
    }
    // What is the same in every line is a version or a setting, beside what differs.
    let differs = |at: usize| columns.digits(at) > 0 && !columns.are_one(at) && !columns.are_ratios(at);
    if numbers.iter().any(|(at, _)| differs(*at)) {
        // An application's time behind nginx may be the same in all of a few lines.
        let is_nginx = layout.server == Server::Nginx;
        numbers.retain(|(at, _)| !columns.are_one(*at) || is_nginx && columns.digits(*at) == 3);
    }
    layout.has_commas = numbers.is_empty() && (0..layout.fields.len()).any(|at| columns.have_commas(at));
    by_shape(layout, columns, numbers, from);
}

/// What stands in angle brackets: gunicorn's process is a number there. A site may put its client's address into some.
fn in_angles_is(layout: &Layout, columns: &Columns<'_>, at: usize) -> Role {
    let has_client = layout.fields.iter().any(|field| field.role == Role::Client);
    if columns.all(at, |cell| fields::whole(cell).is_some()) {
        Role::Worker
    } else if !has_client && columns.cells(at).any(is_address) {
        Role::Client
    } else {
        Role::Skip
    }
}

fn forget(layout: &mut Layout) {
    for field in &mut layout.fields {
        if matches!(field.role, Role::Duration(_) | Role::DurationWithUnit) {
            field.role = Role::Skip;
        }
    }
}

/// The unit that stands behind all numbers of a field, in a word of its own (`50.000 ms`), in ms.
fn unit_behind(layout: &Layout, columns: &Columns<'_>, at: usize) -> Option<f64> {
    let next = layout.fields.get(at + 1)?;
    let unit = fields::unit_of(columns.cells(at + 1).next()?)?;
    let is_same = |cell: &[u8]| fields::unit_of(cell) == Some(unit);
    (next.before == b" " && columns.all(at + 1, is_same)).then_some(unit)
}

/// Of the fields with a point, the one that is the request's; the others are the application's. That is `-` where the
/// application was not asked, and rounded by itself, it may be a step longer: only what is more than that is longer.
fn of_request(decimals: &[(usize, &Vec<f64>)], step: f64) -> usize {
    let unknown = |values: &[f64]| values.iter().filter(|value| value.is_nan()).count();
    let fewest = decimals.iter().map(|(_, values)| unknown(values)).min().unwrap_or(0);
    let mut best = 0;
    let mut found = false;
    for (place, (_, values)) in decimals.iter().enumerate() {
        if unknown(values) > fewest {
            continue;
        }
        let longer = |a: &[f64], b: &[f64]| a.iter().zip(b).filter(|(a, b)| **a > **b + 2.5 * step).count();
        if !found || longer(values, decimals[best].1) > longer(decimals[best].1, values) {
            (best, found) = (place, true);
        }
    }
    best
}

/// Numbers without names: those with a point are seconds (of Granian milliseconds); whole ones where two fields say the
/// same in different units.
fn by_shape(layout: &mut Layout, columns: &Columns<'_>, numbers: Vec<(usize, Vec<f64>)>, from: usize) {
    let said = numbers.iter().find_map(|(at, _)| Some((*at, unit_behind(layout, columns, *at)?)));
    if let Some((at, unit)) = said {
        layout.fields[at].role = Role::Duration(unit);
        layout.step = unit / 10_f64.powi(columns.digits(at) as i32);
        return;
    }
    let unit = if layout.server == Server::Granian { 1.0 } else { 1e3 };
    let (ratios, numbers): (Vec<_>, Vec<_>) =
        numbers.into_iter().partition(|(at, values)| values.len() > 1 && columns.are_ratios(*at));
    let mut decimals: Vec<(usize, &Vec<f64>)> =
        numbers.iter().filter(|(at, _)| columns.digits(*at) > 0).map(|(at, values)| (*at, values)).collect();
    if !decimals.is_empty() {
        // What a request took is more than what the application took for it.
        let step = 1.0 / 10_f64.powi(columns.digits(decimals[0].0) as i32);
        let own: Vec<_> = decimals.iter().copied().filter(|(at, _)| !columns.has_lists(*at)).collect();
        let among = if own.is_empty() { &decimals } else { &own };
        let at = among[of_request(among, step)].0;
        decimals.retain(|(other, _)| *other != at);
        layout.fields[at].role = Role::Duration(unit);
        layout.step = unit / 10_f64.powi(columns.digits(at) as i32);
        layout.is_guessed = layout.server != Server::Granian;
        let sum = |values: &[f64]| values.iter().filter(|value| !value.is_nan()).sum::<f64>();
        let longest = decimals.iter().max_by(|a, b| sum(a.1).total_cmp(&sum(b.1)));
        if let Some((upstream, _)) = longest
            && layout.server == Server::Nginx
        {
            layout.fields[*upstream].role = Role::Upstream(1e3);
        }
        return;
    }
    let ratio = |a: &[f64], b: &[f64], by: f64| {
        let known = a.iter().zip(b).filter(|(a, b)| !a.is_nan() && !b.is_nan());
        known.clone().any(|(a, _)| *a >= by) && known.clone().all(|(a, b)| (a / by).trunc() == *b)
    };
    let microseconds = numbers.iter().find(|(_, fine)| {
        let has = |by: f64| numbers.iter().any(|(_, coarse)| ratio(fine, coarse, by));
        // Only microseconds have a millionth part that is logged: whole seconds.
        has(1e6) || (layout.server == Server::Gunicorn && has(1e3))
    });
    if let Some((at, _)) = microseconds {
        layout.fields[*at].role = Role::Duration(1e-3);
        layout.step = 1e-3;
        if layout.server == Server::Any {
            layout.server = Server::Apache;
        }
        return;
    }
    // A number that differs from line to line may be one: it is said, not taken. Right behind the status are bytes, most often.
    let varies = |values: &[f64]| values.len() > 1 && values.iter().any(|value| *value != values[0]);
    let bytes = layout.fields.iter().position(|field| field.role == Role::Status).map(|status| status + 1);
    // Who adds one to a format adds it at the end, behind the bytes that came and went (`%I %O`).
    let mut doubtful: Vec<_> = numbers.iter().chain(&ratios).filter(|(_, values)| varies(values)).collect();
    if doubtful.len() > 1 {
        doubtful.retain(|(at, _)| Some(*at) != bytes);
    }
    let behind = |at: usize| (at >= from, at);
    let chosen = doubtful.into_iter().max_by_key(|(at, _)| behind(*at));
    if let Some((_, values)) = chosen {
        let mut known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sort::floats(&mut known);
        layout.ambiguous = known.get(known.len() / 2).copied();
    }
}
