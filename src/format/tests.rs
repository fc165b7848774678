use super::*;

#[test]
fn changes_have_signs_but_for_none() {
    let shown = [(-0.0001, "0.00"), (-3.0, "3.00"), (0.25, "0.25"), (0.0, "0 s")];
    assert_eq!(shown.map(|(change, text)| signed(change, text)), ["0.00", "−3.00", "+0.25", "0 s"]);
}

#[test]
fn single_times_take_the_unit_that_fits() {
    let cases = [
        (0.0, "0 s"),
        (1.84, "1.84 s"),
        (0.0124, "12.4 ms"),
        (0.00034, "340 µs"),
        (0.000_000_25, "250 ns"),
        (1.0, "1 s"),
        (0.9996, "1 s"),
        (0.000_999_6, "1 ms"),
        (59.96, "60 s"),
        (99.96, "100 s"),
        (119.4, "119 s"),
        (119.6, "2 min 00 s"),
        (125.0, "2 min 05 s"),
        (4321.0, "1 h 12 min"),
        (-0.0124, "-12.4 ms"),
        (f64::NAN, "–"),
        (f64::INFINITY, "–"),
    ];
    for (value, text) in cases {
        assert_eq!(seconds(value), text, "{value}");
    }
    assert_eq!(milliseconds(12.4), "12.4 ms");
}

#[test]
fn a_column_keeps_its_unit_and_decimals() {
    let column = TimeColumn::for_seconds(1.84);
    assert_eq!(column.unit.symbol(), "ms");
    let cells: Vec<String> =
        [1.84, 0.0124, 0.00034, 0.000_000_3, 0.0, f64::NAN].iter().map(|&v| column.seconds(v)).collect();
    assert_eq!(cells, ["1,840.00", "12.40", "0.34", "<0.01", "0.00", "–"]);
    assert_eq!(TimeColumn::for_seconds(3600.0).seconds(1234.5), "1,234.500");
    assert_eq!(TimeColumn::for_milliseconds(0.5).milliseconds(0.0123), "12.3");
    assert_eq!(TimeColumn::for_milliseconds(5.0).milliseconds(0.0123), "0.012");
    assert_eq!(TimeColumn::for_seconds(0.0).seconds(0.0), "0.000");
    assert_eq!(TimeColumn::for_seconds(0.5).seconds(-0.000_000_1), "0.00");
}

#[test]
fn only_the_first_letter_is_capitalised() {
    let texts = ["", "an order", "Order", "1st", "été"].map(capitalised);
    assert_eq!(texts, ["", "An order", "Order", "1st", "été"]);
}

#[test]
fn counts_have_separators() {
    let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (12_431, "12,431"), (-1_234_567, "-1,234,567")];
    for (value, text) in cases {
        assert_eq!(count(value), text);
    }
    assert_eq!(count(i64::MIN), "-9,223,372,036,854,775,808");
    assert_eq!(calls(12_431.0), "12,431");
    assert_eq!(calls(2.5), "≈ 2.5");
    assert_eq!(calls(1234.5678), "≈ 1,235");
    assert_eq!(calls(0.000_01), "≈ 0");
    assert_eq!(recursive_calls(Some(12), Some(12)), "12");
    assert_eq!(recursive_calls(Some(1200), Some(3)), "1,200/3");
    assert_eq!(recursive_calls(None, None), UNKNOWN);
}

#[test]
fn percentages_never_round_to_nothing_or_all() {
    let cases = [
        (0.0, "0 %"),
        (0.0001, "< 0.1 %"),
        (0.071, "7.1 %"),
        (0.0996, "10 %"),
        (0.38, "38 %"),
        (0.9949, "99 %"),
        (0.998, "99.8 %"),
        (0.9999, "> 99.9 %"),
        (1.0, "100 %"),
        (1.234, "123 %"),
        (f64::NAN, "–"),
    ];
    for (share, text) in cases {
        assert_eq!(percent(share), text, "{share}");
    }
    assert_eq!(percent_cell(0.1234), "12.3");
}

#[test]
fn sizes() {
    let cases = [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_840_000, "1.84 MB"), (999_600, "1 MB")];
    for (value, text) in cases {
        assert_eq!(bytes(value), text);
    }
}

#[test]
fn wall_clocks() {
    // 2026-07-04T05:34:15.250 on the log's clock.
    let time = 1_783_143_255_250.0;
    assert_eq!(date(time), "2026-07-04");
    assert_eq!(time_of_day(time), "05:34:15.250");
    assert_eq!(time_of_day(-1.0), "23:59:59.999");
    assert_eq!(date(-1.0), "1969-12-31");
    assert_eq!(date(f64::NAN), "–");
    assert_eq!(date(1e300), "–");
}

#[test]
fn dates_are_those_of_a_calendar() {
    let last = jiff::civil::date(9999, 12, 31);
    let mut day = jiff::civil::date(0, 1, 1);
    // Steps that are coprime to weeks, months and years come by every kind of day.
    while let Ok(next) = day.checked_add(jiff::Span::new().days(97)) {
        let since = day.duration_since(jiff::civil::date(1970, 1, 1)).as_secs() as f64;
        assert_eq!(date(since * 1000.0), day.to_string());
        assert_eq!(date((since + 86_399.0) * 1000.0), day.to_string());
        if next > last {
            break;
        }
        day = next;
    }
    assert_eq!(date(253_402_300_799_000.0), "9999-12-31");
    assert_eq!(date(253_402_300_800_000.0), "–");
}

#[test]
fn lines_of_cells_are_spelt_out() {
    assert_eq!(line("/app/views.py", 12), "/app/views.py:12");
    assert_eq!(line("cell 3", 5), "cell 3, line 5");
    assert_eq!(line("cell 3.py", 5), "cell 3.py:5");
    assert_eq!(line("cell ", 5), "cell :5");
}

#[test]
fn places_are_spelt_as_pstats_spells_them() {
    assert_eq!(pstats_place("/app/views.py", 12, "people"), "/app/views.py:12(people)");
    assert_eq!(pstats_place("~", 0, "<built-in method builtins.len>"), "{built-in method builtins.len}");
    assert_eq!(pstats_place("~", 0, "odd"), "odd");
    assert_eq!(pstats_place("<string>", 1, "<module>"), "<string>:1(<module>)");
    assert_eq!(short_name("~", "<built-in method builtins.len>"), "{built-in method builtins.len}");
    assert_eq!(short_name("a.py", "<module>"), "<module>");
}
