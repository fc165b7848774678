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
        /// Radians it is turned around its point, clockwise.
        turn: f64,
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

impl Scene {
    /// An empty scene of this size, filled with `background`.
    pub fn new(width: f64, height: f64, background: Colour) -> Self {
        let mut scene = Self { width, height, items: Vec::new() };
        scene.rectangle(0.0, 0.0, width, height, background);
        scene
    }

    /// Adds a filled rectangle.
    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, fill: Colour) {
        self.items.push(Item::Rectangle { x, y, width, height, fill });
    }

    /// Adds an outline inside a rectangle.
    pub fn outline(&mut self, x: f64, y: f64, width: f64, height: f64, stroke: Colour, thickness: f64) {
        self.items.push(Item::Outline { x, y, width, height, stroke, thickness });
    }

    /// Adds a line.
    pub fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, stroke: Colour) {
        self.items.push(Item::Line { x1, y1, x2, y2, stroke });
    }

    /// Adds a level text.
    pub fn text(
        &mut self,
        x: f64,
        y: f64,
        text: impl Into<String>,
        font: Font,
        fill: Colour,
        anchor: Anchor,
    ) {
        self.items.push(Item::Text { x, y, text: text.into(), font, fill, anchor, turn: 0.0 });
    }
}
