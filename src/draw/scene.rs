//! The display list.

/// A colour with its opacity: red, green, blue, alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8, pub u8);

/// Which font a text is set in. Sizes are the painter's business: labels are 12 CSS pixels, axis
/// texts 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Labels of boxes.
    Label,
    /// Axes, small print.
    Small,
}

/// How a text stands to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The point is the text's left end.
    Start,
    /// The point is the text's middle.
    Middle,
    /// The point is the text's right end.
    End,
}

/// One thing to draw; lengths in CSS pixels, y downwards, later items over earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A filled rectangle.
    Rectangle {
        /// Left.
        x: f64,
        /// Top.
        y: f64,
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// Fill.
        fill: Colour,
    },
    /// A rectangle's outline, drawn inside it.
    Outline {
        /// Left.
        x: f64,
        /// Top.
        y: f64,
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// Stroke.
        stroke: Colour,
        /// Stroke width.
        thickness: f64,
    },
    /// Diagonal lines over a rectangle, 6 pixels apart: "estimated".
    Hatch {
        /// Left.
        x: f64,
        /// Top.
        y: f64,
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// Stroke.
        stroke: Colour,
    },
    /// A straight line, one pixel wide.
    Line {
        /// From.
        x1: f64,
        /// From.
        y1: f64,
        /// To.
        x2: f64,
        /// To.
        y2: f64,
        /// Stroke.
        stroke: Colour,
    },
    /// A piece of a ring around a centre; angles in radians, clockwise from 12 o'clock.
    Ring {
        /// Centre.
        x: f64,
        /// Centre.
        y: f64,
        /// Inner radius.
        inner: f64,
        /// Outer radius.
        outer: f64,
        /// First angle.
        from: f64,
        /// Last angle; `from + 2π` makes a full ring.
        to: f64,
        /// Fill.
        fill: Colour,
        /// Outline.
        stroke: Colour,
    },
    /// A text, already cut to fit.
    Text {
        /// The point.
        x: f64,
        /// The text's vertical middle.
        y: f64,
        /// What it says.
        text: String,
        /// In which font.
        font: Font,
        /// Fill.
        fill: Colour,
        /// How it stands to `x`.
        anchor: Anchor,
    },
}

/// A display list and its size in CSS pixels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// What to draw, in order.
    pub items: Vec<Item>,
}

/// How wide texts are. The page asks the canvas; tests and exports use a table.
pub trait Measure {
    /// Width of `text` in CSS pixels.
    fn width(&self, text: &str, font: Font) -> f64;
}
