//! Where everything of a chart is: bars and lines over equal steps, with axes of round values.

use std::borrow::Cow;

use crate::format;
use crate::queries::overview::{CLASSES, bound};

use super::time_axis::{self, AxisClock, Tick};

/// Left of the plot: the texts of the axis.
pub const GUTTER: f64 = 54.0;
/// Above the plot: half a text.
pub const HEAD: f64 = 8.0;
/// Beneath the plot: a line of text.
pub const FOOT: f64 = 20.0;
/// Distance of the axis' texts along the plot, CSS pixels.
const SPACING: f64 = 84.0;
/// Distance of lines of the grid, CSS pixels.
const GRID: f64 = 30.0;

/// What the steps of a chart are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Across {
    /// Of time: where the first begins and how long each is, ms.
    Time {
        /// Beginning of the first.
        from: f64,
        /// Length of each.
        step: f64,
        /// What the beginning counts from.
        clock: AxisClock,
    },
    /// Classes of durations ([`crate::queries::overview::class`]); the number of the first one shown.
    Durations(usize),
    /// Lines of a program that ran one after the other, from 1: so many a step.
    Lines(f64),
}

/// What the values of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// How many at the same time, on average.
    Mean,
    /// Memory, in 1,048,576 bytes.
    Mebibytes,
}

impl Unit {
    /// A value in it.
    pub fn text(self, value: f64) -> String {
        match self {
            _ if value.is_nan() => format::UNKNOWN.to_owned(),
            Self::Count => format::count(value.round() as i64),
            Self::Milliseconds => format::milliseconds(value),
            Self::Mean => format::mean(value),
            Self::Mebibytes => format::Unit::Bytes.text(value * 1_048_576.0),
        }
    }
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bar per step, on top of the bars before it.
    Bars,
    /// A line through the steps' middles; interrupted where a value is NaN.
    Line,
    /// A row of cells for a class of durations, above the rows before it: the more of them, the more colour.
    Cells(usize),
}

/// What a series is about: its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All statements.
    All,
    /// Statements that read.
    Reads,
    /// Statements that write.
    Writes,
    /// What failed.
    Failed,
    /// What is usual.
    Usual,
    /// What is rare and slow.
    Slow,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is called ([`Self::title`]); cells are called by their class.
    pub name: &'static str,
    /// Its colour.
    pub tone: Tone,
    /// How it is drawn.
    pub kind: Kind,
    /// One value a step.
    pub values: Vec<f32>,
}

impl Series {
    /// What it is called.
    pub fn title(&self) -> Cow<'static, str> {
        match self.kind {
            Kind::Cells(class) => Cow::Owned(class_name(class)),
            Kind::Bars | Kind::Line => Cow::Borrowed(self.name),
        }
    }
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// What the steps are.
    pub across: Across,
    /// What the values are.
    pub unit: Unit,
    /// Bars first, so that lines are over them.
    pub series: Vec<Series>,
}

impl Data {
    /// Executions by how long they took, without the empty classes at both ends.
    pub fn durations(classes: &[u32]) -> Self {
        let first = classes.iter().position(|&count| count > 0).unwrap_or(0);
        let end = classes.iter().rposition(|&count| count > 0).map_or(first, |last| last + 1);
        // A single bar as wide as the chart would say nothing.
        let (first, end) = (first.saturating_sub(1), (end + 1).max(first + 6).min(classes.len()));
        let values = classes[first.min(end)..end].iter().map(|&count| count as f32).collect();
        Self {
            across: Across::Durations(first),
            unit: Unit::Count,
            series: vec![Series { name: "executions", tone: Tone::All, kind: Kind::Bars, values }],
        }
    }

    /// When requests began and how long they took: a row of cells per class of durations, without the empty classes at both
    /// ends. `counts` has [`CLASSES`] for each step.
    pub fn heat(across: Across, counts: &[u32]) -> Self {
        let of = |class: usize| counts.iter().skip(class).step_by(CLASSES);
        let is_there = |class: &usize| of(*class).any(|&count| count > 0);
        let first = (0..CLASSES).find(is_there).unwrap_or(0);
        let last = (0..CLASSES).rfind(is_there).unwrap_or(first);
        let row = |class: usize| Series {
            name: "",
            tone: Tone::All,
            kind: Kind::Cells(class),
            values: of(class).map(|&count| count as f32).collect(),
        };
        Self { across, unit: Unit::Count, series: (first..=last).map(row).collect() }
    }

    /// Of cells: the class of the lowest row, and how many rows there are.
    fn cells(&self) -> Option<(usize, usize)> {
        match self.series.first()?.kind {
            Kind::Cells(first) => Some((first, self.series.len())),
            Kind::Bars | Kind::Line => None,
        }
    }

    /// Whether it is made of cells, and how much there is in the fullest of them.
    pub fn fullest(&self) -> Option<f32> {
        self.cells()?;
        Some(self.series.iter().flat_map(|series| &series.values).copied().fold(0.0, f32::max))
    }

    /// What stands beside a line of the grid.
    pub fn grid_text(&self, value: f64) -> String {
        match self.cells() {
            Some((first, _)) => format::milliseconds(bound((first + value as usize).saturating_sub(1))),
            None => self.unit.text(value),
        }
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.series.iter().map(|series| series.values.len()).max().unwrap_or(0)
    }

    /// What a step is called: its time, or its durations.
    pub fn step_name(&self, at: usize) -> String {
        match self.across {
            Across::Time { from, step, clock } => time_axis::label(from + step * at as f64, step, clock),
            Across::Durations(first) => class_name(first + at),
            Across::Lines(step) => format!("line {}", format::count((step * at as f64) as i64 + 1)),
        }
    }

    /// The largest value that is drawn: bars stand on each other.
    fn largest(&self) -> f64 {
        let mut largest = 0.0_f64;
        for at in 0..self.steps() {
            let value = |series: &Series| f64::from(series.values.get(at).copied().unwrap_or(0.0)).max(0.0);
            let of = |kind: Kind| self.series.iter().filter(move |series| series.kind == kind);
            largest = largest.max(of(Kind::Bars).map(value).sum());
            largest = of(Kind::Line).map(value).fold(largest, f64::max);
        }
        largest
    }
}

/// What the durations of a class are: `500 µs to 1 ms`.
pub fn class_name(class: usize) -> String {
    let above = format::milliseconds(bound(class.saturating_sub(1)));
    match class {
        0 => format!("up to {}", format::milliseconds(bound(0))),
        _ if class + 1 == CLASSES => format!("over {above}"),
        _ => format!("{above} to {}", format::milliseconds(bound(class))),
    }
}

/// Where everything is on a surface.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// How many steps there are.
    pub steps: usize,
    /// Width of the surface, CSS pixels.
    pub width: f64,
    /// Height of the surface, CSS pixels.
    pub height: f64,
    /// The value at the top of the plot.
    pub top: f64,
    /// Lines of the grid, from 0 upwards.
    pub grid: Vec<f64>,
}

impl Chart {
    /// A chart of `data` on a surface.
    pub fn new(data: &Data, width: f64, height: f64) -> Self {
        let plot = (height - HEAD - FOOT).max(1.0);
        if let Some((first, rows)) = data.cells() {
            // Where two classes meet: at powers of ten, or all where these are few.
            let every = if rows > 6 { 3 } else { 1 };
            let meets = |row: &usize| {
                (1..CLASSES).contains(&(first + row)) && (first + row - 1).is_multiple_of(every)
            };
            return Self {
                steps: data.steps(),
                width,
                height,
                top: rows as f64,
                grid: (0..=rows).filter(meets).map(|row| row as f64).collect(),
            };
        }
        let largest = match data.largest() {
            largest if largest > 0.0 => largest,
            _ => 1.0,
        };
        let lines = (plot / GRID).floor().clamp(1.0, 6.0);
        let mut step = round_up(largest / lines);
        if data.unit == Unit::Count {
            step = step.max(1.0);
        }
        let count = (largest / step - 1e-9).ceil().max(1.0);
        Self {
            steps: data.steps(),
            width,
            height,
            top: step * count,
            grid: (0..=count as u32).map(|line| step * f64::from(line)).collect(),
        }
    }

    /// Right end of the plot, CSS pixels.
    pub fn right(&self) -> f64 {
        (self.width - 8.0).max(GUTTER)
    }

    /// Left edge of a step, CSS pixels; of the one after the last the plot's right end.
    pub fn x_of(&self, step: usize) -> f64 {
        GUTTER + (self.right() - GUTTER) * step as f64 / self.steps.max(1) as f64
    }

    /// Height of a value, CSS pixels from the top.
    pub fn y_of(&self, value: f64) -> f64 {
        let plot = (self.height - HEAD - FOOT).max(0.0);
        HEAD + plot * (1.0 - (value / self.top).clamp(0.0, 1.0))
    }

    /// The step at a point.
    pub fn hit(&self, x: f64) -> Option<usize> {
        let each = (self.right() - GUTTER) / self.steps.max(1) as f64;
        let step = ((x - GUTTER) / each).floor();
        (self.steps > 0 && step >= 0.0 && step < self.steps as f64).then_some(step as usize)
    }

    /// The row of cells at a point.
    pub fn row(&self, y: f64) -> Option<usize> {
        let plot = (self.height - HEAD - FOOT).max(1.0);
        let row = ((1.0 - (y - HEAD) / plot) * self.top).floor();
        (row >= 0.0 && row < self.top).then_some(row as usize)
    }

    /// The texts along the axis, with their places in CSS pixels.
    pub fn ticks(&self, data: &Data) -> Vec<(f64, String)> {
        let room = self.right() - GUTTER;
        match data.across {
            Across::Time { from, step, clock } => {
                let length = step * self.steps as f64;
                let place = |tick: Tick| (GUTTER + (tick.value - from) / length * room, tick.label);
                time_axis::ticks(from, from + length, room, SPACING, clock).into_iter().map(place).collect()
            }
            Across::Lines(_) => {
                let each = room / self.steps.max(1) as f64;
                let every = (SPACING / each.max(0.1)).ceil().max(1.0) as usize;
                (0..self.steps).step_by(every).map(|at| (self.x_of(at), data.step_name(at))).collect()
            }
            Across::Durations(first) => {
                let each = room / self.steps.max(1) as f64;
                let every = (SPACING * 0.75 / each.max(0.1)).ceil().max(1.0) as usize;
                // Powers of ten, as many as have room; where a class alone has it, 2 and 5 times those as well.
                let every = if every > 1 { every.next_multiple_of(3) } else { 1 };
                (1..self.steps)
                    .filter(|at| (first + at - 1).is_multiple_of(every))
                    .map(|at| (self.x_of(at), format::milliseconds(bound(first + at - 1))))
                    .collect()
            }
        }
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powi(value.max(1e-9).log10().floor() as i32);
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= value * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::overview::class;
    use proptest::prelude::*;

    fn bars(values: &[f32]) -> Data {
        Data {
            across: Across::Time { from: 0.0, step: 10.0, clock: AxisClock::Relative },
            unit: Unit::Count,
            series: vec![Series { name: "all", tone: Tone::All, kind: Kind::Bars, values: values.to_vec() }],
        }
    }

    #[test]
    fn axes_are_round() {
        let chart = Chart::new(&bars(&[3.0, 17.0, 0.0]), 600.0, 148.0);
        assert_eq!(chart.grid, [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(Chart::new(&bars(&[0.0]), 600.0, 148.0).grid, [0.0, 1.0]);
        assert_eq!(Chart::new(&bars(&[]), 600.0, 148.0).hit(300.0), None);
    }

    #[test]
    fn classes_are_named_by_their_bounds() {
        let mut classes = vec![0; CLASSES];
        classes[class(0.75)] = 4;
        classes[CLASSES - 1] = 1;
        let data = Data::durations(&classes);
        assert_eq!(data.step_name(1), "500 µs to 1 ms");
        assert!(
            data.step_name(data.steps() - 1).starts_with("over "),
            "{}",
            data.step_name(data.steps() - 1)
        );
        assert_eq!(data.series[0].values.iter().sum::<f32>(), 5.0);
        assert_eq!(Data::durations(&[0; CLASSES]).series[0].values.iter().sum::<f32>(), 0.0);
    }

    #[test]
    fn cells_are_where_requests_are() {
        // Two steps: at first two of 3 ms and one of 30 s, then one of 0.7 s.
        let mut counts = vec![0; 2 * CLASSES];
        counts[class(3.0)] = 2;
        counts[class(30_000.0)] = 1;
        counts[CLASSES + class(700.0)] = 1;
        let across = Across::Time { from: 0.0, step: 1000.0, clock: AxisClock::Relative };
        let data = Data::heat(across, &counts);
        assert_eq!((data.steps(), data.fullest()), (2, Some(2.0)));
        assert_eq!(data.series.first().map(|row| row.title().into_owned()), Some("2 ms to 5 ms".to_owned()));
        assert_eq!(data.series.last().map(|row| row.title().into_owned()), Some("over 20 s".to_owned()));
        let chart = Chart::new(&data, 600.0, 148.0);
        let texts: Vec<String> = chart.grid.iter().map(|&value| data.grid_text(value)).collect();
        assert_eq!(texts, ["10 ms", "100 ms", "1 s", "10 s"]);
        // The row in whose middle a point is.
        for row in 0..data.series.len() {
            assert_eq!(chart.row(chart.y_of(row as f64 + 0.5)), Some(row));
        }
        assert_eq!(chart.row(HEAD - 1.0), None);
        // Nothing has no rows but one, and no grid that says more than there is.
        assert_eq!(Data::heat(across, &[]).fullest(), Some(0.0));
        assert_eq!(Data::durations(&[1]).fullest(), None);
    }

    proptest! {
        #[test]
        fn every_bar_is_inside_and_is_found(
            values in prop::collection::vec(0.0..1e7_f32, 1..300),
            width in 80.0..2000.0_f64,
            height in 40.0..400.0_f64,
        ) {
            let chart = Chart::new(&bars(&values), width, height);
            for (at, &value) in values.iter().enumerate() {
                let (left, right) = (chart.x_of(at), chart.x_of(at + 1));
                prop_assert!(left >= GUTTER && right <= width + 1e-6);
                prop_assert!(f64::from(value) <= chart.top);
                prop_assert!((HEAD..=height - FOOT + 1e-6).contains(&chart.y_of(f64::from(value))));
                prop_assert_eq!(chart.hit((left + right) / 2.0), Some(at));
            }
            prop_assert!(chart.grid.len() <= 12);
        }
    }
}
