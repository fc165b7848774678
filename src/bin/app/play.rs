//! Plays a scene on a canvas.

use std::collections::HashMap;
use std::f64::consts::{FRAC_PI_2, TAU};

use flamedrop::draw::scene::{Anchor, Colour, Font};
use flamedrop::draw::{Item, Scene};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{CanvasPattern, CanvasRenderingContext2d, HtmlCanvasElement};

use crate::canvas::font_text;

/// Distance of a hatch's lines, in CSS pixels.
const HATCH: f64 = 6.0;

/// A canvas' context, and what it was told last: telling it again costs more than drawing.
pub struct Player {
    context: CanvasRenderingContext2d,
    fill: Option<Colour>,
    stroke: Option<Colour>,
    font: Option<Font>,
    anchor: Option<Anchor>,
    fonts: [String; 2],
    hatches: HashMap<(u32, u64), Option<CanvasPattern>>,
}

impl Player {
    /// Plays on `context`.
    pub fn new(context: CanvasRenderingContext2d) -> Self {
        Self {
            context,
            fill: None,
            stroke: None,
            font: None,
            anchor: None,
            fonts: [font_text(Font::Label), font_text(Font::Small)],
            hatches: HashMap::new(),
        }
    }

    /// Makes the canvas as large as the scene and draws it.
    pub fn play(&mut self, canvas: &HtmlCanvasElement, scene: &Scene, ratio: f64) {
        let (width, height) = ((scene.width * ratio).round() as u32, (scene.height * ratio).round() as u32);
        // Setting a size, even the same one, clears the canvas.
        if canvas.width() != width || canvas.height() != height {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        // Measuring changes the font behind this one's back, resizing everything.
        (self.fill, self.stroke, self.font, self.anchor) = (None, None, None, None);
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        self.context.set_text_baseline("middle");
        self.context.set_line_width(1.0);
        for item in &scene.items {
            self.item(item, ratio);
        }
    }

    fn item(&mut self, item: &Item, ratio: f64) {
        match item {
            Item::Rectangle { x, y, width, height, fill } => {
                self.fill(*fill);
                self.context.fill_rect(*x, *y, *width, *height);
            }
            Item::Outline { x, y, width, height, stroke, thickness } => {
                // Four rectangles: sharper and quicker than a stroke.
                self.fill(*stroke);
                let thickness = thickness.min(width / 2.0).min(height / 2.0);
                let inner = (height - 2.0 * thickness).max(0.0);
                self.context.fill_rect(*x, *y, *width, thickness);
                self.context.fill_rect(*x, y + height - thickness, *width, thickness);
                self.context.fill_rect(*x, y + thickness, thickness, inner);
                self.context.fill_rect(x + width - thickness, y + thickness, thickness, inner);
            }
            Item::Hatch { x, y, width, height, stroke } => {
                let Some(pattern) = self.hatch(*stroke, ratio) else { return };
                self.context.set_fill_style_canvas_pattern(&pattern);
                self.fill = None;
                // The pattern is made of device pixels.
                let _ = self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
                self.context.fill_rect(x * ratio, y * ratio, width * ratio, height * ratio);
                let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
            }
            Item::Line { x1, y1, x2, y2, stroke } => {
                self.stroke(*stroke);
                self.context.begin_path();
                self.context.move_to(*x1, *y1);
                self.context.line_to(*x2, *y2);
                self.context.stroke();
            }
            Item::Ring { x, y, inner, outer, from, to, fill, stroke } => {
                self.fill(*fill);
                self.stroke(*stroke);
                self.context.begin_path();
                let (start, end) = (from - FRAC_PI_2, to - FRAC_PI_2);
                let _ = self.context.arc(*x, *y, outer.max(0.0), start, end);
                if *inner > 0.0 {
                    if to - from >= TAU - 1e-6 {
                        // Two circles, not joined by a line.
                        self.context.move_to(x + inner * end.cos(), y + inner * end.sin());
                    }
                    let _ = self.context.arc_with_anticlockwise(*x, *y, *inner, end, start, true);
                }
                self.context.close_path();
                self.context.fill();
                self.context.stroke();
            }
            Item::Text { x, y, text, font, fill, anchor, turn } => {
                self.fill(*fill);
                self.font(*font);
                self.anchor(*anchor);
                if *turn == 0.0 {
                    let _ = self.context.fill_text(text, *x, *y);
                } else {
                    let (sine, cosine) = turn.sin_cos();
                    let _ = self.context.set_transform(
                        ratio * cosine,
                        ratio * sine,
                        -ratio * sine,
                        ratio * cosine,
                        x * ratio,
                        y * ratio,
                    );
                    let _ = self.context.fill_text(text, 0.0, 0.0);
                    let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
                }
            }
        }
    }

    fn fill(&mut self, colour: Colour) {
        if self.fill != Some(colour) {
            self.fill = Some(colour);
            self.context.set_fill_style_str(&css(colour));
        }
    }

    fn stroke(&mut self, colour: Colour) {
        if self.stroke != Some(colour) {
            self.stroke = Some(colour);
            self.context.set_stroke_style_str(&css(colour));
        }
    }

    fn font(&mut self, font: Font) {
        if self.font != Some(font) {
            self.font = Some(font);
            self.context.set_font(&self.fonts[usize::from(font == Font::Small)]);
        }
    }

    fn anchor(&mut self, anchor: Anchor) {
        if self.anchor != Some(anchor) {
            self.anchor = Some(anchor);
            self.context.set_text_align(match anchor {
                Anchor::Start => "left",
                Anchor::Middle => "center",
                Anchor::End => "right",
            });
        }
    }

    fn hatch(&mut self, stroke: Colour, ratio: f64) -> Option<CanvasPattern> {
        let Colour(red, green, blue, alpha) = stroke;
        let key = (u32::from_be_bytes([red, green, blue, alpha]), ratio.to_bits());
        let context = &self.context;
        self.hatches.entry(key).or_insert_with(|| hatch(context, stroke, ratio)).clone()
    }
}

/// A tile with diagonal lines that meet those of its neighbours.
fn hatch(context: &CanvasRenderingContext2d, stroke: Colour, ratio: f64) -> Option<CanvasPattern> {
    let side = (HATCH * ratio).round().max(2.0);
    let tile: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    tile.set_width(side as u32);
    tile.set_height(side as u32);
    let drawn: CanvasRenderingContext2d = tile.get_context("2d").ok()??.dyn_into().ok()?;
    drawn.set_stroke_style_str(&css(stroke));
    drawn.set_line_width(ratio);
    for shift in [-1.0, 0.0, 1.0] {
        drawn.begin_path();
        drawn.move_to(shift * side - ratio, side + ratio);
        drawn.line_to((shift + 1.0) * side + ratio, -ratio);
        drawn.stroke();
    }
    context.create_pattern_with_html_canvas_element(&tile, "repeat").ok()?
}

fn css(Colour(red, green, blue, alpha): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}")
}
