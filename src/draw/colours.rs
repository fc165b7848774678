//! What colours mean: a hue for each layer of a web application, one for each kind of statement; the
//! certain deeper than the estimated; and texts that can be read on all of them.
//!
//! Fills are chosen in [Oklab](https://bottosson.github.io/posts/oklab/), where equal lightness looks
//! equally light in every hue: no layer shouts, and one text colour is legible on all.

use crate::profile::Layer;
use crate::protocol::{FunctionRow, Tree};
use crate::queries::Operation;

use super::scene::Colour;

/// A fill and the texts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The surface.
    pub fill: Colour,
    /// Main text on it.
    pub text: Colour,
    /// Quieter text on it.
    pub quiet: Colour,
}

/// The colours of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether it is the dark one.
    pub dark: bool,
    /// Behind everything.
    pub background: Colour,
    /// Every other lane, headings.
    pub stripe: Colour,
    /// Lines of the grid.
    pub line: Colour,
    /// Text on the background.
    pub text: Colour,
    /// Quieter text on the background.
    pub quiet: Colour,
    /// Outline of what is selected.
    pub selection: Colour,
    /// Outline of what the pointer is over.
    pub hover: Colour,
    /// Hatch of what is estimated.
    pub hatch: Colour,
    /// What failed.
    pub failure: Colour,
}

impl Theme {
    /// The light scheme; the page's style sheet has the same grounds and texts.
    pub const LIGHT: Self = Self {
        dark: false,
        background: Colour(255, 255, 255, 255),
        stripe: Colour(245, 246, 248, 255),
        line: Colour(221, 225, 231, 255),
        text: Colour(26, 30, 36, 255),
        quiet: Colour(86, 96, 109, 255),
        selection: Colour(11, 92, 196, 255),
        hover: Colour(26, 30, 36, 255),
        hatch: Colour(255, 255, 255, 80),
        failure: Colour(179, 38, 30, 255),
    };

    /// The dark scheme.
    pub const DARK: Self = Self {
        dark: true,
        background: Colour(21, 23, 27, 255),
        stripe: Colour(28, 31, 37, 255),
        line: Colour(48, 53, 62, 255),
        text: Colour(229, 232, 237, 255),
        quiet: Colour(160, 169, 182, 255),
        selection: Colour(127, 178, 255, 255),
        hover: Colour(240, 242, 246, 255),
        hatch: Colour(255, 255, 255, 22),
        failure: Colour(255, 154, 146, 255),
    };

    fn filled(&self, lightness: f64, chroma: f64, hue: f64) -> Fill {
        let fill = oklch(lightness, chroma, hue);
        let text = if self.dark { Colour(246, 247, 250, 255) } else { Colour(22, 24, 28, 255) };
        let quiet = if self.dark { Colour(222, 225, 231, 255) } else { Colour(50, 53, 60, 255) };
        Fill { fill, text, quiet }
    }

    /// A function of a layer. `seed` varies it a little, so that neighbours differ.
    pub fn function(&self, layer: Layer, seed: u32, exact: bool) -> Fill {
        // −1 to 1, twice.
        let vary = |bits: u32| f64::from(bits & 0xff) / 127.5 - 1.0;
        let (hue, chroma) = match layer {
            Layer::Own => (58.0, 0.150),
            Layer::Library => (80.0, 0.042),
            Layer::Database => (250.0, 0.110),
            Layer::Templates => (148.0, 0.110),
            Layer::Serialisation => (192.0, 0.090),
            Layer::Network => (310.0, 0.105),
            Layer::Regex => (12.0, 0.100),
            Layer::Imports => (112.0, 0.110),
            Layer::Waiting => (340.0, 0.050),
            Layer::Python => (230.0, 0.020),
            Layer::Untold => (80.0, 0.004),
        };
        // Hues stand closer where there are more of them: 7 degrees do not reach the next.
        let hue = hue + 7.0 * vary(seed);
        let shade = 0.020 * vary(seed >> 8);
        let (lightness, strength) = match (self.dark, exact) {
            (false, true) => (0.80, 1.0),
            (false, false) => (0.87, 0.72),
            (true, true) => (0.47, 0.78),
            (true, false) => (0.395, 0.62),
        };
        if self.dark && layer == Layer::Own {
            // One's own code is what one looks for: in the dark it alone is bright, under dark text.
            let lightness = if exact { 0.75 } else { 0.66 };
            let fill = Self::LIGHT.filled(lightness + shade, chroma * strength, hue);
            return Fill { quiet: fill.text, ..fill };
        }
        // Nothing but its lightness, nearer to the ground, tells it from Python's grey.
        let lightness = match (layer, self.dark) {
            (Layer::Untold, false) => lightness + 0.09,
            (Layer::Untold, true) => lightness - 0.09,
            _ => lightness,
        };
        self.filled(lightness + shade, chroma * strength, hue)
    }

    /// A layer as a whole: the middle of its functions' colours.
    pub fn layer(&self, layer: Layer) -> Fill {
        self.function(layer, 0x8080, true)
    }

    /// A query as a whole: what the database did, deeper than the code around it.
    pub fn query(&self) -> Fill {
        let fill = oklch(if self.dark { 0.72 } else { 0.50 }, 0.150, 262.0);
        let text = if self.dark { Colour(22, 24, 28, 255) } else { Colour(255, 255, 255, 255) };
        Fill { fill, text, quiet: text }
    }

    /// "(n more)": many small things in one.
    pub fn merged(&self) -> Fill {
        self.filled(if self.dark { 0.33 } else { 0.90 }, 0.004, 260.0)
    }

    /// What a search found: the yellow of a marker, which no layer has.
    pub fn matched(&self, seed: u32) -> Fill {
        let shade = 0.02 * (f64::from(seed >> 8 & 0xff) / 127.5 - 1.0);
        let fill = Self::LIGHT.filled(0.90 + shade, 0.185, 103.0);
        Fill { quiet: fill.text, ..fill }
    }

    /// What a search did not find.
    pub fn faded(&self) -> Fill {
        let mut fill = self.filled(if self.dark { 0.28 } else { 0.93 }, 0.006, 260.0);
        fill.text = self.quiet;
        fill.quiet = self.quiet;
        fill
    }

    /// What takes more (orange) or less (blue) than before: −1 to 1 by how much. The two are told apart by everyone,
    /// whichever colours they see, and the middle is grey.
    pub fn changed(&self, amount: f64) -> Fill {
        let amount = amount.clamp(-1.0, 1.0);
        let strength = amount.abs();
        let (hue, chroma) = if amount < 0.0 { (250.0, 0.125) } else { (62.0, 0.150) };
        let lightness = match self.dark {
            false => 0.93 - 0.15 * strength,
            true => 0.33 + 0.15 * strength,
        };
        self.filled(lightness, 0.004 + chroma * strength * if self.dark { 0.8 } else { 1.0 }, hue)
    }

    /// A statement.
    pub fn operation(&self, operation: Operation) -> Fill {
        let (hue, chroma) = match operation {
            Operation::Select => (250.0, 0.110),
            Operation::Insert => (148.0, 0.120),
            Operation::Update => (75.0, 0.130),
            Operation::Delete => (350.0, 0.120),
            Operation::Transaction => (290.0, 0.030),
            Operation::Schema => (310.0, 0.115),
            Operation::Other => (215.0, 0.020),
        };
        let (lightness, strength) = if self.dark { (0.47, 0.85) } else { (0.80, 1.0) };
        self.filled(lightness, chroma * strength, hue)
    }

    /// A statement that ended in an error.
    pub fn failed(&self) -> Fill {
        self.filled(if self.dark { 0.46 } else { 0.76 }, 0.15, 25.0)
    }

    /// A fill `share` of the way from the background: less of it where less is going on.
    pub fn thinned(&self, fill: Colour, share: f64) -> Colour {
        mix(self.background, fill, share)
    }
}

/// Fills of a tree's functions, worked out once.
#[derive(Debug, Clone)]
pub struct FunctionFills {
    /// Per function of the tree: where estimated, where exact, where matched.
    fills: Vec<[Fill; 3]>,
    merged: Fill,
    faded: Fill,
}

impl FunctionFills {
    /// Fills of `tree`'s functions.
    pub fn new(tree: &Tree, theme: &Theme) -> Self {
        Self::of_functions(&tree.functions, theme)
    }

    /// Fills of these functions, by their places in the list.
    pub fn of_functions(functions: &[FunctionRow], theme: &Theme) -> Self {
        let fills = functions.iter().map(|row| {
            let seed = seed(row);
            [
                theme.function(row.layer, seed, false),
                theme.function(row.layer, seed, true),
                theme.matched(seed),
            ]
        });
        Self { fills: fills.collect(), merged: theme.merged(), faded: theme.faded() }
    }

    /// The fill of a box. `matched` is `None` without a search.
    pub fn of(&self, function: u32, exact: bool, matched: Option<bool>) -> Fill {
        match (matched, self.fills.get(function as usize)) {
            (Some(false), _) => self.faded,
            (_, None) => self.merged,
            (Some(true), Some(fills)) => fills[2],
            (None, Some(fills)) => fills[usize::from(exact)],
        }
    }
}

/// The same for all functions of a module in the low byte (its hue), different for its functions in
/// the next (its shade).
fn seed(row: &FunctionRow) -> u32 {
    let module = fnv(row.file.bytes());
    let name = fnv(row.name.bytes());
    (module ^ module >> 16) & 0xff | ((name ^ name >> 16) & 0xff) << 8
}

/// [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/): the same on every machine and in every
/// version, so that a function keeps its colour.
fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// An opaque colour of this lightness (0 to 1), chroma and hue (degrees); out of gamut, less chroma.
fn oklch(lightness: f64, chroma: f64, hue: f64) -> Colour {
    let mut chroma = chroma;
    for _ in 0..40 {
        let channels =
            oklab_to_linear(lightness, chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
        if channels.iter().all(|channel| (-0.0005..=1.0005).contains(channel)) {
            let [red, green, blue] = channels.map(encode);
            return Colour(red, green, blue, 255);
        }
        chroma *= 0.93;
    }
    let grey = encode(lightness.powi(3));
    Colour(grey, grey, grey, 255)
}

fn oklab_to_linear(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn encode(linear: f64) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let value = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

/// `share` of `over` on `under`.
pub fn mix(under: Colour, over: Colour, share: f64) -> Colour {
    let share = share.clamp(0.0, 1.0);
    let channel =
        |under: u8, over: u8| (f64::from(under) + (f64::from(over) - f64::from(under)) * share).round() as u8;
    Colour(channel(under.0, over.0), channel(under.1, over.1), channel(under.2, over.2), 255)
}

/// WCAG's [contrast ratio](https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio) of two opaque colours.
pub fn contrast(one: Colour, other: Colour) -> f64 {
    let luminance = |colour: Colour| {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATIONS: [Operation; 7] = [
        Operation::Select,
        Operation::Insert,
        Operation::Update,
        Operation::Delete,
        Operation::Transaction,
        Operation::Schema,
        Operation::Other,
    ];

    #[test]
    fn every_text_is_legible_on_every_fill() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            let mut plain = vec![theme.merged(), theme.faded(), theme.failed()];
            plain.extend(OPERATIONS.map(|operation| theme.operation(operation)));
            plain.extend(Layer::ALL.map(|layer| theme.layer(layer)));
            plain.push(theme.query());
            plain.extend([-1.0, -0.5, 0.0, 0.5, 1.0].map(|amount| theme.changed(amount)));
            // What is hatched has to be legible both on the hatch and beside it.
            let mut hatched = Vec::new();
            for seed in [0, 0xff, 0xff00, 0xffff, 0x8080] {
                hatched.push(theme.matched(seed));
                for layer in Layer::ALL {
                    plain.push(theme.function(layer, seed, true));
                    hatched.push(theme.function(layer, seed, false));
                }
            }
            let share = f64::from(theme.hatch.3) / 255.0;
            let lines = hatched.iter().map(|fill| Fill { fill: mix(fill.fill, theme.hatch, share), ..*fill });
            plain.extend(lines.collect::<Vec<_>>());
            plain.append(&mut hatched);
            for fill in plain {
                for text in [fill.text, fill.quiet] {
                    assert!(contrast(fill.fill, text) >= 4.5, "{fill:?} {}", contrast(fill.fill, text));
                }
            }
            for surface in [theme.background, theme.stripe] {
                for text in [theme.text, theme.quiet, theme.selection, theme.failure] {
                    assert!(contrast(surface, text) >= 4.5, "{text:?} {}", contrast(surface, text));
                }
            }
        }
    }

    #[test]
    fn layers_differ_more_than_functions_of_one_layer() {
        let apart = |one: Colour, other: Colour| {
            let square = |one: u8, other: u8| (f64::from(one) - f64::from(other)).powi(2);
            (square(one.0, other.0) + square(one.1, other.1) + square(one.2, other.2)).sqrt()
        };
        for theme in [Theme::LIGHT, Theme::DARK] {
            let mut fills = Layer::ALL.map(|layer| theme.layer(layer)).to_vec();
            fills.push(theme.query());
            for (index, one) in fills.iter().enumerate() {
                for other in &fills[..index] {
                    let distance = apart(one.fill, other.fill);
                    assert!(distance > 20.0, "{one:?} {other:?} {distance}");
                }
                // Marks on the ground, in WCAG's terms: 3 to 1 where nothing else tells them.
                assert!(contrast(theme.background, one.fill) >= 1.3, "{one:?}");
            }
            assert!(contrast(theme.background, theme.query().fill) >= 3.0);
            for exact in [false, true] {
                for (index, &one) in Layer::ALL.iter().enumerate() {
                    for &other in &Layer::ALL[..index] {
                        let middle = 0x8080;
                        let distance = apart(
                            theme.function(one, middle, exact).fill,
                            theme.function(other, middle, exact).fill,
                        );
                        let least = if exact { 20.0 } else { 12.0 };
                        assert!(distance > least, "{one:?} {other:?} {distance} {exact} {theme:?}");
                    }
                }
            }
            for layer in Layer::ALL {
                for seed in [0, 0xff, 0xff00, 0xffff, 0x8080] {
                    let distance = apart(theme.matched(seed).fill, theme.function(layer, seed, true).fill);
                    assert!(
                        distance > 60.0,
                        "{layer:?} looks as if it had been searched for: {distance} {theme:?}"
                    );
                }
            }
        }
    }

    /// Squares in tables have the colours of boxes.
    #[test]
    fn the_style_sheet_has_the_same_colours() {
        let sheet = include_str!("../../style/main.css");
        let mut wanted = String::new();
        for theme in [Theme::LIGHT, Theme::DARK] {
            for layer in Layer::ALL {
                let Colour(red, green, blue, _) = theme.layer(layer).fill;
                let line = format!("--layer-{}: #{red:02x}{green:02x}{blue:02x};", layer.id());
                if !sheet.contains(&line) {
                    wanted.push_str(&format!("{line}\n"));
                }
            }
        }
        assert!(wanted.is_empty(), "style/main.css lacks\n{wanted}");
    }

    #[test]
    fn known_colours_come_out() {
        // White, and sRGB red as Oklab's author gives it.
        assert_eq!(oklch(1.0, 0.0, 0.0), Colour(255, 255, 255, 255));
        assert_eq!(oklch(0.627_955, 0.257_683, 29.234), Colour(255, 0, 0, 255));
        assert_eq!(contrast(Colour(0, 0, 0, 255), Colour(255, 255, 255, 255)).round(), 21.0);
    }
}
