//! A log through filters: the numbers of every view are those of the same statements.

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod events;

use flamedrop::document::Content;
use flamedrop::input::MemorySource;
use flamedrop::protocol::{
    Answer, Ask, ExecutionColumn, GroupColumn, GroupRow, Page, Request, RequestColumn, Response, TableColumn,
    TimelineColumns, Window, decode, encode,
};
use flamedrop::queries::Operation;
use flamedrop::queries::by::By;
use flamedrop::queries::figures::Figures;
use flamedrop::queries::filter::{Facet, Filter};
use flamedrop::queries::overview::Glance;
use flamedrop::session::Session;

/// Logs of every kind: with requests, sites, rows, several users, without times, without durations.
const LOGS: [&str; 8] = [
    "sql/postgres/pg15.log",
    "sql/django/postgresql_json.log",
    "sql/django/sqlite_bare.log",
    "shop/shop.sql.jsonl",
    "silk/dumpdata.json",
    "mysql/mariadb-10.11.slow.log",
    "findings/clean-orders.sql.jsonl",
    "findings/n_plus_one-category.sql.jsonl",
];

fn open(path: &str) -> Session {
    Session::open(Box::new(MemorySource::new(path, common::bytes(path))), &|_| ()).expect(path)
}

/// Asks as the page does: through bytes.
fn ask(session: &mut Session, filter: &Filter, ask: Ask) -> Answer {
    let request = Request::View(filter.clone(), ask);
    let request: Request = decode(&encode(&request).expect("encoding")).expect("decoding");
    match decode(&encode(&session.answer(&request)).expect("encoding")).expect("decoding") {
        Response::View(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn all<C>(sort: C) -> Window<C> {
    Window { sort, descending: true, first: 0, count: u32::MAX, selected: None }
}

fn glance(session: &mut Session, filter: &Filter) -> Glance {
    match ask(session, filter, Ask::Glance) {
        Answer::Glance(glance) => *glance,
        other => panic!("{other:?}"),
    }
}

fn groups(session: &mut Session, filter: &Filter, by: By) -> (Page<GroupRow>, Figures) {
    match ask(
        session,
        filter,
        Ask::Groups { by, window: all(GroupColumn::Total), charts: true, threshold: 500.0 },
    ) {
        Answer::Groups(page, whole) => (page, *whole),
        other => panic!("{other:?}"),
    }
}

fn timeline(session: &mut Session, filter: &Filter, lanes: By) -> TimelineColumns {
    match ask(session, filter, Ask::Timeline { lanes }) {
        Answer::Timeline(columns) => columns,
        other => panic!("{other:?}"),
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn facet(by: By, value: &str, not: bool) -> Filter {
    Filter { facets: vec![Facet { by, value: value.to_owned(), not }], ..Filter::default() }
}

/// Filters that leave something in most logs.
fn filters(session: &mut Session) -> Vec<Filter> {
    let whole = glance(session, &Filter::default());
    let (tables, _) = groups(session, &Filter::default(), By::Table);
    let table = &tables.page[0].value;
    vec![
        Filter::default(),
        Filter { range: Some((0.0, whole.span / 3.0)), ..Filter::default() },
        Filter { range: Some((whole.span / 3.0, whole.span)), ..Filter::default() },
        facet(By::Table, table, false),
        facet(By::Table, table, true),
        facet(By::Operation, "SELECT", false),
        Filter { shortest: Some(whole.figures.p50), ..Filter::default() },
        Filter { longest: Some(whole.figures.p95), failed: false, ..facet(By::Operation, "SELECT", true) },
        Filter { text: "WHERE".to_owned(), ..Filter::default() },
        Filter { failed: true, ..Filter::default() },
    ]
}

#[test]
fn the_sums_over_every_grouping_equal_the_total() {
    for path in LOGS {
        let mut session = open(path);
        for filter in filters(&mut session) {
            let Glance { figures, series, classes, pareto, reads, writes, requests, .. } =
                glance(&mut session, &filter);
            let what = format!("{path} {filter:?}");
            for by in By::ALL {
                let (page, whole) = groups(&mut session, &filter, by);
                assert_eq!(whole, figures, "{what}");
                assert_eq!(page.rows as usize, page.page.len());
                let count =
                    |of: fn(&Figures) -> u32| page.page.iter().map(|row| of(&row.figures)).sum::<u32>();
                assert_eq!(count(|it| it.calls), figures.calls, "{what} {by:?}");
                assert_eq!(count(|it| it.failed), figures.failed, "{what} {by:?}");
                assert_eq!(count(|it| it.attempts), figures.attempts, "{what} {by:?}");
                assert_eq!(count(|it| it.without_duration), figures.without_duration);
                let total: f64 = page.page.iter().map(|row| row.figures.total).sum();
                assert!(near(total, figures.total), "{what} {by:?} {total} {}", figures.total);
                let rows: u64 = page.page.iter().filter_map(|row| row.figures.rows).sum();
                assert_eq!(rows, figures.rows.unwrap_or(0));
                if figures.total > 0.0 {
                    assert!(near(page.page.iter().map(|row| row.share).sum(), 1.0));
                }
                for row in &page.page {
                    assert_eq!(row.classes.iter().sum::<u32>(), row.figures.timed());
                    assert_eq!(row.calls_over_time.iter().sum::<u32>(), row.figures.calls);
                    // What a row is filtered by gives the row again; tables are filtered by wherever they
                    // are named.
                    if page.page.len() <= 40 && by != By::Table {
                        let mut narrow = filter.clone();
                        narrow.facets.retain(|facet| facet.by != by);
                        narrow.facets.push(Facet { by, value: row.value.clone(), not: false });
                        if filter.facets.iter().all(|facet| facet.by != by) {
                            assert_eq!(glance(&mut session, &narrow).figures, row.figures, "{what} {by:?}");
                        }
                    }
                }
                let columns = timeline(&mut session, &filter, by);
                assert_eq!(columns.statement.len(), figures.calls as usize);
                // What only failed has no place in time that is as long as it took.
                let ran = page.page.iter().filter(|row| row.figures.calls > 0).count();
                assert_eq!(columns.lanes.len(), ran, "{what} {by:?}");
            }
            assert_eq!(series.calls.iter().sum::<u32>(), figures.calls, "{what}");
            assert_eq!(series.failed.iter().sum::<u32>(), figures.failed);
            assert_eq!(series.attempts.iter().sum::<u32>(), figures.attempts);
            assert_eq!((series.reads.iter().sum(), series.writes.iter().sum()), (reads, writes), "{what}");
            assert_eq!(classes.iter().sum::<u32>(), figures.timed());
            assert!(near(pareto.iter().map(|(_, time)| time).sum(), figures.total));
            for by_view in [false, true] {
                let window = all(RequestColumn::Wall);
                let Answer::Requests(page) =
                    ask(&mut session, &filter, Ask::Requests { by_view, threshold: 100.0, window })
                else {
                    panic!("no requests");
                };
                let sum = |of: fn(&flamedrop::queries::request_use::RequestUse) -> u32| {
                    page.page.iter().map(|row| of(&row.usage)).sum::<u32>()
                };
                assert_eq!(sum(|it| it.statements), figures.calls, "{what}");
                assert_eq!(sum(|it| it.requests), requests, "{what}");
                assert!(near(page.page.iter().map(|row| row.usage.database_time).sum(), figures.total));
            }
            let Answer::Executions(page) =
                ask(&mut session, &filter, Ask::Executions(all(ExecutionColumn::Duration)))
            else {
                panic!("no executions");
            };
            assert_eq!(page.rows, figures.calls);
            let known = page.page.iter().filter(|row| !row.duration.is_nan());
            assert!(near(known.map(|row| row.duration).sum(), figures.total), "{what}");
        }
    }
}

#[test]
fn time_in_the_database_is_shared_by_tables() {
    for path in LOGS {
        let mut session = open(path);
        for filter in filters(&mut session) {
            let ask_for = Ask::Tables { window: all(TableColumn::Time), steps: 30 };
            let Answer::Tables(page, total) = ask(&mut session, &filter, ask_for) else {
                panic!("no tables")
            };
            let mut without = filter.clone();
            without.facets.push(Facet { by: By::Table, value: String::new(), not: false });
            let without = if filter.facets.iter().any(|facet| facet.by == By::Table) {
                continue;
            } else {
                glance(&mut session, &without).figures.total
            };
            let shares: f64 = page.page.iter().map(|row| row.share_time).sum();
            assert!(near(shares + without, total), "{path} {filter:?}");
            for row in &page.page {
                assert_eq!(row.reads_over_time.iter().sum::<u32>(), row.reads);
                assert_eq!(row.writes_over_time.iter().sum::<u32>(), row.writes);
                let mut narrow = filter.clone();
                narrow.facets.push(Facet { by: By::Table, value: row.table.clone(), not: false });
                let figures = glance(&mut session, &narrow).figures;
                assert_eq!(figures.calls, row.reads + row.writes, "{path} {}", row.table);
                assert!(near(figures.total, row.time()));
            }
        }
    }
}

#[test]
fn without_a_filter_the_figures_are_the_digests() {
    for path in LOGS {
        let mut session = open(path);
        let (page, _) = groups(&mut session, &Filter::default(), By::Fingerprint);
        let Content::Queries(log) = &session.document().content else { panic!("a profile") };
        let ran: Vec<&GroupRow> = page.page.iter().filter(|row| row.figures.calls > 0).collect();
        assert_eq!(ran.len(), log.numbers.len());
        for row in ran {
            let (own, digest) = (row.figures, log.numbers[row.key as usize]);
            assert_eq!(
                (own.calls, own.failed, own.without_duration, own.total, own.mean),
                (digest.calls, digest.failed, digest.without_duration, digest.total, digest.mean)
            );
            assert_eq!(
                (own.min, own.p50, own.p95, own.p99, own.max),
                (digest.min, digest.p50, digest.p95, digest.p99, digest.max)
            );
            assert!(near(own.deviation, digest.stddev) && near(own.dispersion(), digest.variance_to_mean));
            assert_eq!(own.distinct, digest.distinct_parameters);
            assert_eq!(
                (own.rows, own.rows_examined),
                (digest.rows.map(|rows| rows.total), digest.rows_examined.map(|rows| rows.total))
            );
        }
    }
}

#[test]
fn neighbouring_ranges_share_nothing_and_leave_nothing_out() {
    for path in LOGS {
        let mut session = open(path);
        let whole = glance(&mut session, &Filter::default());
        for cuts in [1_u32, 2, 7] {
            let edge = |part: u32| whole.span * f64::from(part) / f64::from(cuts);
            let mut calls = 0;
            let mut total = 0.0;
            for part in 0..cuts {
                let filter = Filter { range: Some((edge(part), edge(part + 1))), ..Filter::default() };
                let figures = glance(&mut session, &filter).figures;
                calls += figures.calls;
                total += figures.total;
            }
            assert_eq!(calls, whole.figures.calls, "{path}");
            assert!(near(total, whole.figures.total), "{path}");
        }
    }
}

#[test]
fn answers_do_not_depend_on_what_was_asked_in_between() {
    let mut session = open("shop/shop.sql.jsonl");
    let filters = filters(&mut session);
    let fresh: Vec<_> = filters
        .iter()
        .map(|filter| {
            let mut session = open("shop/shop.sql.jsonl");
            (glance(&mut session, filter), groups(&mut session, filter, By::View).0)
        })
        .collect();
    for round in 0..3 {
        for (at, filter) in filters.iter().enumerate().skip(round) {
            assert_eq!(groups(&mut session, filter, By::View).0, fresh[at].1);
            let other = &filters[(at * 7 + round) % filters.len()];
            groups(&mut session, other, By::Table);
            // By their bytes: a step without statements has no percentiles, and NaN equals nothing.
            let now = glance(&mut session, filter);
            assert_eq!(encode(&now).expect("encoding"), encode(&fresh[at].0).expect("encoding"));
        }
    }
}

#[test]
fn rows_are_sorted_and_windowed() {
    let mut session = open("sql/postgres/pg15.log");
    let filter = Filter::default();
    let mut page = |sort, descending, first, count, selected| {
        let window = Window { sort, descending, first, count, selected };
        match ask(
            &mut session,
            &filter,
            Ask::Groups { by: By::Fingerprint, window, charts: false, threshold: 500.0 },
        ) {
            Answer::Groups(page, _) => page,
            other => panic!("{other:?}"),
        }
    };
    let whole = page(GroupColumn::Deviation, true, 0, u32::MAX, None);
    assert!(whole.page.iter().rev().is_sorted_by_key(|row| row.figures.deviation));
    assert!(whole.page[0].classes.is_empty());
    let part = page(GroupColumn::Deviation, true, 10, 5, Some(whole.page[60].key));
    assert_eq!((part.page.as_slice(), part.selected), (&whole.page[10..15], Some(60)));
    let labels = page(GroupColumn::Label, false, 0, u32::MAX, None);
    assert!(labels.page.is_sorted_by_key(|row| row.label.clone()));
    assert!(page(GroupColumn::First, true, u32::MAX, u32::MAX, Some(9999)).page.is_empty());
}

#[test]
fn a_group_in_full() {
    let mut session = open("shop/shop.sql.jsonl");
    let filter = Filter::default();
    let (page, _) = groups(&mut session, &filter, By::Fingerprint);
    for row in &page.page {
        let ask_for = Ask::Group { by: By::Fingerprint, key: row.key, threshold: 500.0 };
        let Answer::Group(Some(detail)) = ask(&mut session, &filter, ask_for) else { panic!("no group") };
        assert_eq!(detail.row.figures, row.figures);
        assert_eq!(detail.series.calls.iter().sum::<u32>(), row.figures.calls);
        assert_eq!(detail.callers.iter().map(|row| row.figures.calls).sum::<u32>(), row.figures.calls);
        assert!(detail.queries.is_empty());
        let sets: u32 = detail.parameters.iter().map(|set| set.calls).sum();
        assert!(sets <= row.figures.calls);
        if row.figures.distinct <= 12 {
            assert_eq!((detail.parameters.len() as u32, sets), (row.figures.distinct, row.figures.calls));
        }
    }
    let nothing = Filter { text: "no such text".to_owned(), ..Filter::default() };
    let gone = ask(&mut session, &nothing, Ask::Group { by: By::Fingerprint, key: 0, threshold: 500.0 });
    assert_eq!(gone, Answer::Group(None));
}

#[test]
fn a_request_is_its_statements_and_the_gaps_between() {
    for path in LOGS {
        let mut session = open(path);
        let window = all(RequestColumn::Start);
        let Answer::Requests(page) =
            ask(&mut session, &Filter::default(), Ask::Requests { by_view: false, threshold: 50.0, window })
        else {
            panic!("no requests");
        };
        let wall_clock = timeline(&mut session, &Filter::default(), By::Request).wall_clock;
        for row in page.page.iter().take(50) {
            let request = row.usage.request;
            let Answer::Waterfall(waterfall) =
                ask(&mut session, &Filter::default(), Ask::Waterfall { request })
            else {
                panic!("no waterfall");
            };
            assert_eq!(waterfall.statements, row.usage.statements);
            assert_eq!(waterfall.steps.len() as u32, row.usage.statements);
            let busy: f64 = waterfall.steps.iter().map(|step| step.duration.max(0.0)).sum();
            assert!(near(busy, row.usage.database_time), "{path}");
            assert!(waterfall.steps.is_sorted_by_key(|step| step.start));
            // Where statements do not overlap, they and the gaps make the whole.
            let overlap = waterfall
                .steps
                .windows(2)
                .any(|pair| pair[0].start + pair[0].duration.max(0.0) > pair[1].start + 1e-6);
            if wall_clock && !overlap && waterfall.steps.iter().all(|step| step.start >= 0.0) {
                let wall = busy + waterfall.outside;
                assert!((wall - row.usage.wall).abs() < 1e-3, "{path} {wall} {}", row.usage.wall);
            }
        }
    }
    let mut session = open("shop/shop.sql.jsonl");
    let request = Request::View(Filter::default(), Ask::Waterfall { request: u32::MAX });
    assert!(matches!(session.answer(&request), Response::Refused(_)));
}

#[test]
fn loops_of_requests_are_those_of_the_findings() {
    let mut session = open("findings/n_plus_one-category.sql.jsonl");
    let window = all(RequestColumn::Loops);
    let ask_for = Ask::Requests { by_view: true, threshold: 50.0, window };
    let Answer::Requests(page) = ask(&mut session, &Filter::default(), ask_for) else {
        panic!("no requests")
    };
    assert!(page.page[0].usage.loops >= 5, "{:?}", page.page[0]);
    let mut session = open("findings/clean-orders.sql.jsonl");
    let ask_for = Ask::Requests { by_view: true, threshold: 50.0, window };
    let Answer::Requests(page) = ask(&mut session, &Filter::default(), ask_for) else {
        panic!("no requests")
    };
    assert_eq!(page.page[0].usage.loops, 0);
}

#[test]
fn apdex_counts_by_the_threshold() {
    let mut session = open("shop/shop.sql.jsonl");
    let mut rows = |threshold: f64| {
        let window = all(RequestColumn::Start);
        match ask(&mut session, &Filter::default(), Ask::Requests { by_view: false, threshold, window }) {
            Answer::Requests(page) => page.page,
            other => panic!("{other:?}"),
        }
    };
    let walls: Vec<f64> = rows(0.0).iter().map(|row| row.usage.wall).collect();
    let threshold = walls[walls.len() / 2];
    for (row, wall) in rows(threshold).iter().zip(walls) {
        let expected = if wall <= threshold {
            1.0
        } else if wall <= 4.0 * threshold {
            0.5
        } else {
            0.0
        };
        assert_eq!(row.usage.apdex(), if row.status >= 500 { 0.0 } else { expected });
    }
}

#[test]
fn what_statements_can_be_told_apart_by() {
    let kinds = |path: &str| {
        let mut session = open(path);
        match ask(&mut session, &Filter::default(), Ask::Kinds) {
            Answer::Kinds(kinds) => format!("{path}: {kinds:?}"),
            other => panic!("{other:?}"),
        }
    };
    insta::assert_snapshot!(LOGS.map(kinds).join("\n"));
}

#[test]
fn operations_are_named_as_filters_name_them() {
    let mut session = open("sql/postgres/pg15.log");
    let (page, _) = groups(&mut session, &Filter::default(), By::Operation);
    assert!(page.page.iter().any(|row| row.value == Operation::Transaction.name()));
}

#[test]
fn columns_with_what_uses_them() {
    let mut session = open("sql/postgres/pg15.log");
    let mut columns = |filter: &Filter, table: Option<&str>| {
        let table = table.map(str::to_owned);
        match ask(&mut session, filter, Ask::Columns { table }) {
            Answer::Columns(columns) => columns,
            other => panic!("{other:?}"),
        }
    };
    let all = columns(&Filter::default(), None);
    assert!(all.iter().rev().is_sorted_by_key(|column| column.time));
    for column in all.iter().filter(|column| column.table.is_some()) {
        let table = column.table.as_deref();
        // COPY (SELECT …) has columns, but its tables are not read.
        if table == Some("pg_stat_statements") {
            continue;
        }
        assert!(columns(&Filter::default(), table).contains(column));
        let narrow = columns(&facet(By::Table, table.expect("a table"), false), None);
        let same = narrow.iter().find(|other| {
            (&other.table, &other.column, other.usage, &other.function)
                == (&column.table, &column.column, column.usage, &column.function)
        });
        assert!(
            same.is_some_and(|same| same.calls == column.calls && near(same.time, column.time)),
            "{column:?} {same:?}"
        );
    }
    let lines = all.iter().filter(|column| column.calls > 2).map(|column| {
        let table = column.table.as_deref().unwrap_or("?");
        let function = column.function.as_deref().unwrap_or_default();
        format!(
            "{table}.{} {:?} {function} {}×, {} shapes",
            column.column, column.usage, column.calls, column.shapes
        )
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn lanes_of_queries_are_in_order_of_their_time() {
    let mut session = open("sql/postgres/pg15.log");
    let (page, _) = groups(&mut session, &Filter::default(), By::Fingerprint);
    let queries = timeline(&mut session, &Filter::default(), By::Fingerprint);
    for (lane, row) in page.page.iter().enumerate().take(10) {
        assert_eq!(queries.first[lane + 1] - queries.first[lane], row.figures.calls);
    }
    assert!(queries.without_gaps);
    // Where a filter takes statements away, an empty lane says nothing; a range takes whole stretches.
    assert!(!timeline(&mut session, &Filter::default(), By::Connection).without_gaps);
    let range = Filter { range: Some((0.0, 1000.0)), ..Filter::default() };
    assert!(!timeline(&mut session, &range, By::Connection).without_gaps);
    assert!(timeline(&mut session, &facet(By::Operation, "SELECT", false), By::Connection).without_gaps);
}

#[test]
fn the_executions_of_groups_are_all_executions_once() {
    for path in ["sql/postgres/pg15.log", "shop/shop.sql.jsonl"] {
        let mut session = open(path);
        for by in By::ALL {
            let (page, whole) = groups(&mut session, &Filter::default(), by);
            let mut seen = vec![false; whole.calls as usize];
            for row in &page.page {
                let asked = Ask::GroupExecutions { by, key: row.key, window: all(ExecutionColumn::Duration) };
                assert_eq!(asked.place(), Some((0, None)));
                let Answer::Executions(executions) = ask(&mut session, &Filter::default(), asked) else {
                    panic!("{path} {by:?}")
                };
                assert_eq!(executions.rows, row.figures.calls, "{path} {by:?} {}", row.label);
                let total: f64 = executions.page.iter().map(|it| it.duration).filter(|it| !it.is_nan()).sum();
                assert!(near(total, row.figures.total), "{path} {by:?} {}", row.label);
                for execution in executions.page {
                    assert!(!std::mem::replace(&mut seen[execution.statement as usize], true));
                }
            }
            assert!(seen.into_iter().all(|seen| seen), "{path} {by:?}");
        }
    }
}
