//! Documents in other tools' formats: equal totals, and nothing in a name is anything but text.

mod common;

use std::collections::BTreeMap;

use flamedrop::export::{callgrind, speedscope};
use flamedrop::profile::{Profile, estimate};
use serde_json::Value as Json;

fn read(path: &str) -> Profile {
    common::profile(common::open(common::bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// Every recording of the oldest and the newest Pythons, of other tools, and of a request to Django.
fn recordings() -> impl Iterator<Item = (&'static str, Profile)> {
    ["pstats/2.7.prof", "pstats/3.8.prof", "pstats/3.13.prof", "yappi/recursive.prof", "shop/shop.prof"]
        .into_iter()
        .map(|path| (path, read(path)))
}

fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}

/// Run on that very export by `./dev record exports`.
#[test]
fn gprof2dot_reads_the_numbers_of_pstats() {
    let profile = read("pstats/3.13.prof");
    let mut export = Vec::new();
    callgrind::write("3.13.prof", &profile, &mut export).unwrap();
    let recorded = common::bytes("exports/3.13.callgrind");
    assert!(export == recorded, "another export than gprof2dot read: run ./dev record exports");
    let read: Json = serde_json::from_slice(&common::bytes("exports/3.13.gprof2dot.json")).unwrap();
    assert_eq!(read["total"], nanoseconds(profile.total()));
    let (functions, edges) = (&profile.functions, &profile.edges);
    let numbers = read["functions"].as_object().unwrap();
    assert_eq!(numbers.len(), functions.len());
    for function in 0..functions.len() as u32 {
        let name = functions.name(function);
        // Names that several functions have are longer there.
        let is_it = |key: &str| key == name || key.ends_with(&format!(":{})", functions.line(function)));
        let found: Vec<&Json> =
            numbers.iter().filter(|(key, _)| is_it(key)).map(|(_, numbers)| numbers).collect();
        let own = nanoseconds(functions.self_time[function as usize]);
        let calls: i64 = edges.out_of(function).iter().map(|&edge| edges.calls[edge as usize]).sum();
        let below: i64 =
            edges.out_of(function).iter().map(|&edge| nanoseconds(edges.total_time[edge as usize])).sum();
        let equal = |numbers: &&Json| {
            let callees = numbers["calls"].as_object().unwrap();
            let sum = |at: usize| callees.values().map(|call| call[at].as_i64().unwrap()).sum::<i64>();
            numbers["self"] == own && (sum(0), sum(1)) == (calls, below)
        };
        assert!(found.iter().any(equal), "{name}: {own} ns, {calls} calls of {below} ns; {found:?}");
    }
}

#[test]
fn callgrind_adds_up_whoever_recorded() {
    for (path, profile) in recordings() {
        let mut export = Vec::new();
        callgrind::write(path, &profile, &mut export).unwrap();
        let export = String::from_utf8(export).unwrap();
        let (mut sum, mut called, mut calls) = (0, false, BTreeMap::new());
        for line in export.lines() {
            if let Some(callee) = line.strip_prefix("cfn=") {
                *calls.entry(callee.split(' ').next().unwrap()).or_insert(0) += 1;
            }
            if line.starts_with(|first: char| first.is_ascii_digit()) && !called {
                sum += line.split(' ').nth(1).unwrap().parse::<i64>().unwrap();
            }
            called = line.starts_with("calls=");
        }
        let total = nanoseconds(profile.total());
        assert!((sum - total).abs() <= profile.functions.len() as i64 / 2, "{path}: {sum} for {total} ns");
        assert!(
            export.contains(&format!("\nsummary: {sum}\n")) && export.ends_with(&format!("totals: {sum}\n"))
        );
        assert_eq!(calls.values().sum::<usize>(), profile.edges.len(), "{path}");
    }
}

/// What speedscope makes of it is in tests/e2e/exports.test.js.
#[test]
fn speedscope_has_the_total_to_the_nanosecond() {
    for (path, profile) in recordings() {
        let tree = estimate::estimate(&profile, 10_000);
        let mut export = Vec::new();
        speedscope::write(path, &profile, &tree, &mut export).unwrap();
        let export: Json = serde_json::from_slice(&export).unwrap();
        let frames = export["shared"]["frames"].as_array().unwrap();
        let sampled = &export["profiles"][0];
        let (samples, weights) =
            (sampled["samples"].as_array().unwrap(), sampled["weights"].as_array().unwrap());
        assert_eq!(samples.len(), weights.len(), "{path}");
        let mut self_times = vec![0; frames.len()];
        for (sample, weight) in samples.iter().zip(weights) {
            let stack: Vec<usize> =
                sample.as_array().unwrap().iter().map(|frame| frame.as_u64().unwrap() as usize).collect();
            self_times[*stack.last().unwrap()] += weight.as_i64().unwrap();
        }
        assert_eq!(self_times.iter().sum::<i64>(), nanoseconds(profile.total()), "{path}");
        assert_eq!(sampled["endValue"], nanoseconds(profile.total()), "{path}");
        // Where nothing is merged, every function has its own time.
        if tree.merged == Default::default() {
            for (frame, self_time) in frames.iter().zip(self_times) {
                let file = frame["file"].as_str().unwrap_or("~");
                let (line, name) = (frame["line"].as_i64().unwrap_or(0), frame["name"].as_str().unwrap());
                let Some(function) = profile.functions.find(file, line, name) else {
                    panic!("{path}: no function {frame}");
                };
                let own = nanoseconds(profile.functions.self_time[function as usize]);
                let boxes = samples.len() as i64;
                assert!((self_time - own).abs() <= boxes, "{path} {name}: {self_time} for {own} ns");
            }
        }
    }
}

/// What a view shows is written as other tables are: numbers unrounded, no text a formula.
#[test]
fn a_view_s_table_is_written_as_others_are() {
    use flamedrop::export::table::{Form, Title, Value, shown};
    let title = |name, in_milliseconds, is_number| Title { name, in_milliseconds, is_number };
    let titles = [title("text", false, false), title("total", true, true), title("share", false, true)];
    let written = |form| {
        let rows = [
            vec![Value::Code("SELECT 1, 2".into()), Value::Number(0.1234567), Value::Number(0.25)],
            vec![Value::Text("=1+1".into()), Value::Nothing, Value::Count(3)],
        ];
        let mut out = Vec::new();
        shown(&titles, &mut rows.into_iter(), form, &mut out).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    };
    assert_eq!(written(Form::Csv), "text,total (ms),share\r\n\"SELECT 1, 2\",0.1234567,0.25\r\n'=1+1,,3\r\n");
    assert_eq!(
        written(Form::Json),
        "[\n{\"text\":\"SELECT 1, 2\",\"total_ms\":0.1234567,\"share\":0.25},\n\
         {\"text\":\"=1+1\",\"total_ms\":null,\"share\":3}\n]\n"
    );
    assert_eq!(
        written(Form::Markdown),
        "| text | total (ms) | share |\n| --- | ---: | ---: |\n| `SELECT 1, 2` | 0.123457 | 0.25 |\n\
         | =1+1 |  | 3 |\n"
    );
}
