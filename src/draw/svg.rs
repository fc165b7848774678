//! A scene as SVG text. Everything out of a file is escaped.

use std::fmt::Write as _;

use super::measure::font_size;
use super::scene::{Anchor, Colour, Font, Item, Scene};

/// `scene` as an SVG document, described by `title`.
pub fn write(scene: &Scene, title: &str) -> String {
    // Writing to a string cannot fail: the results of write! are dropped.
    let mut text = String::with_capacity(scene.items.len() * 80 + 400);
    let _ = writeln!(
        text,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" font-family="Helvetica, Arial, Liberation Sans, sans-serif">"#,
        number(scene.width),
        number(scene.height),
    );
    let _ = writeln!(text, "<title>{}</title>", escaped(title));
    let mut hatches = Vec::new();
    for item in &scene.items {
        if let Item::Hatch { stroke, .. } = item
            && !hatches.contains(stroke)
        {
            let _ = writeln!(
                text,
                r#"<pattern id="hatch{}" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 7L7 -1M-4 4L4 -4M2 10L10 2" stroke="{}"/></pattern>"#,
                hatches.len(),
                colour(*stroke),
            );
            hatches.push(*stroke);
        }
    }
    for item in &scene.items {
        write_item(&mut text, item, &hatches);
    }
    text.push_str("</svg>\n");
    text
}

fn write_item(text: &mut String, item: &Item, hatches: &[Colour]) {
    let _ = match item {
        Item::Rectangle { x, y, width, height, fill } => {
            writeln!(text, r#"<rect {} fill="{}"/>"#, rectangle(*x, *y, *width, *height), colour(*fill))
        }
        Item::Outline { x, y, width, height, stroke, thickness } => {
            // SVG strokes half outside: move it in.
            let inset = thickness / 2.0;
            let inner =
                rectangle(x + inset, y + inset, (width - thickness).max(0.0), (height - thickness).max(0.0));
            let (stroke, thickness) = (colour(*stroke), number(*thickness));
            writeln!(text, r#"<rect {inner} fill="none" stroke="{stroke}" stroke-width="{thickness}"/>"#)
        }
        Item::Hatch { x, y, width, height, stroke } => {
            let hatch = hatches.iter().position(|hatch| hatch == stroke).unwrap_or(0);
            writeln!(text, r#"<rect {} fill="url(#hatch{hatch})"/>"#, rectangle(*x, *y, *width, *height))
        }
        Item::Line { x1, y1, x2, y2, stroke } => writeln!(
            text,
            r#"<path d="M{} {}L{} {}" stroke="{}"/>"#,
            number(*x1),
            number(*y1),
            number(*x2),
            number(*y2),
            colour(*stroke)
        ),
        Item::Ring { x, y, inner, outer, from, to, fill, stroke } => writeln!(
            text,
            r#"<path d="{}" fill="{}" stroke="{}" fill-rule="evenodd"/>"#,
            ring(*x, *y, *inner, *outer, *from, *to),
            colour(*fill),
            colour(*stroke)
        ),
        Item::Text { x, y, text: content, font, fill, anchor, turn } => {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => r#" text-anchor="middle""#,
                Anchor::End => r#" text-anchor="end""#,
            };
            let (x, y) = (number(*x), number(*y));
            let turn = if *turn == 0.0 {
                String::new()
            } else {
                format!(r#" transform="rotate({} {x} {y})""#, number(turn.to_degrees()))
            };
            let size = match font {
                Font::Label => number(font_size(Font::Label)),
                Font::Small => number(font_size(Font::Small)),
            };
            writeln!(
                text,
                r#"<text x="{x}" y="{y}" dy=".35em" font-size="{size}"{anchor}{turn} fill="{}">{}</text>"#,
                colour(*fill),
                escaped(content)
            )
        }
    };
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> String {
    format!(
        r#"x="{}" y="{}" width="{}" height="{}""#,
        number(x),
        number(y),
        number(width.max(0.0)),
        number(height.max(0.0))
    )
}

/// A path for a piece of a ring; angles are clockwise from 12 o'clock.
fn ring(x: f64, y: f64, inner: f64, outer: f64, from: f64, to: f64) -> String {
    let point = |radius: f64, angle: f64| {
        format!("{} {}", number(x + radius * angle.sin()), number(y - radius * angle.cos()))
    };
    let circle = |radius: f64| {
        let radius_text = number(radius);
        format!(
            "M{}A{radius_text} {radius_text} 0 1 1 {}A{radius_text} {radius_text} 0 1 1 {}Z",
            point(radius, 0.0),
            point(radius, std::f64::consts::PI),
            point(radius, 0.0)
        )
    };
    if to - from >= std::f64::consts::TAU - 1e-6 {
        // An arc from a point to itself would be nothing.
        return if inner > 0.0 { format!("{}{}", circle(outer), circle(inner)) } else { circle(outer) };
    }
    let large = u8::from(to - from > std::f64::consts::PI);
    let (outer_text, inner_text) = (number(outer), number(inner));
    format!(
        "M{}A{outer_text} {outer_text} 0 {large} 1 {}L{}A{inner_text} {inner_text} 0 {large} 0 {}Z",
        point(outer, from),
        point(outer, to),
        point(inner, to),
        point(inner, from)
    )
}

/// At most two decimals: a hundredth of a pixel is invisible. Never `NaN` or `inf`, which are no
/// SVG.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn colour(colour: Colour) -> String {
    let Colour(red, green, blue, alpha) = colour;
    if alpha == 255 {
        format!("#{red:02x}{green:02x}{blue:02x}")
    } else {
        format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}")
    }
}

/// With XML's special characters escaped, and those replaced that no XML may hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            character if character.is_control() => escaped.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let mut scene = Scene::new(100.0, 20.0, Colour(255, 255, 255, 255));
        let hostile = "</text><script>alert('1')</script>\u{0}\u{b}&amp;\u{ffff}";
        scene.text(0.0, 10.0, hostile, Font::Label, Colour(0, 0, 0, 255), Anchor::Start);
        let svg = write(&scene, "\"><script>");
        assert!(!svg.contains("<script"), "{svg}");
        assert!(
            svg.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\u{fffd}\u{fffd}&amp;amp;\u{fffd}")
        );
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
    }

    #[test]
    fn numbers_are_short_and_finite() {
        let cases = [(1.0, "1"), (0.125, "0.12"), (-0.001, "0"), (f64::NAN, "0"), (1e3, "1000")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
