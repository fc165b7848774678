//! The sunburst's painter.

use std::borrow::Cow;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

use crate::layout::boxes::Boxes;
use crate::layout::sunburst::{Arc, Disc};

use super::colours::{FunctionFills, Theme};
use super::flame::{MORE, TreeState, fit_label, is_certain};
use super::measure::{Measure, fit};
use super::scene::{Anchor, Font, Item, Scene};

/// Draws `disc` of `boxes` on a surface of this size.
pub fn paint(
    boxes: &Boxes,
    disc: &Disc,
    (width, height): (f64, f64),
    state: &TreeState<'_>,
    fills: &FunctionFills,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let mut scene = Scene::new(width, height, theme.background);
    let tree = boxes.tree();
    // What stands out goes over all others: rings have one outline each.
    let mut outlined = Vec::new();
    let mut labels = Vec::new();
    for ring in 0..disc.rings {
        for arc in disc.arcs(boxes, ring) {
            let first = arc.run.first;
            let merged = arc.run.count > 1;
            let function = if merged { u32::MAX } else { tree.function[first as usize] };
            let exact = is_certain(tree, first);
            let fill = fills.of(function, exact, state.matched(function, exact));
            let item = |stroke| Item::Ring {
                x: disc.x,
                y: disc.y,
                inner: arc.inner,
                outer: arc.outer,
                from: arc.from,
                to: arc.to,
                fill: fill.fill,
                stroke,
            };
            let narrow = (arc.to - arc.from) * arc.outer < 3.0;
            if !merged && (state.current == Some(first) || state.selected == Some(function)) {
                outlined.push(item(theme.selection));
            } else if !merged && state.hover == Some(first) {
                outlined.push(item(theme.hover));
            } else {
                // White lines around hair-thin pieces would be all there is to see.
                scene.items.push(item(if narrow { fill.fill } else { theme.background }));
            }
            if !merged && let Some(item) = label(boxes, disc, &arc, fill.text, measure) {
                labels.push(item);
            }
        }
    }
    scene.items.append(&mut outlined);
    scene.items.append(&mut labels);
    paint_centre(&mut scene, boxes, disc, state, fills, theme, measure);
    scene
}

fn paint_centre(
    scene: &mut Scene,
    boxes: &Boxes,
    disc: &Disc,
    state: &TreeState<'_>,
    fills: &FunctionFills,
    theme: &Theme,
    measure: &dyn Measure,
) {
    let room = disc.centre * 1.7;
    let (name, fill) = match disc.focus {
        Some(index) => {
            let function = boxes.tree().function[index as usize];
            let exact = is_certain(boxes.tree(), index);
            let name = fit_name(boxes, index, room, Font::Label, measure);
            let fill = fills.of(function, exact, state.matched(function, exact));
            (name, (fill.fill, fill.text, fill.quiet))
        }
        None => (
            fit("all", room, Font::Label, measure).map(Cow::into_owned),
            (theme.stripe, theme.text, theme.quiet),
        ),
    };
    let selected = disc.focus.is_some_and(|index| {
        state.current == Some(index) || state.selected == Some(boxes.tree().function[index as usize])
    });
    scene.items.push(Item::Ring {
        x: disc.x,
        y: disc.y,
        inner: 0.0,
        outer: disc.centre - 1.0,
        from: 0.0,
        to: TAU,
        fill: fill.0,
        stroke: if selected { theme.selection } else { theme.line },
    });
    if let Some(text) = name {
        scene.text(disc.x, disc.y - 8.0, text, Font::Label, fill.1, Anchor::Middle);
    }
    let time = boxes.tree().unit.text(disc.span());
    if let Some(text) = fit(&time, room, Font::Small, measure) {
        scene.text(disc.x, disc.y + 9.0, text, Font::Small, fill.2, Anchor::Middle);
    }
}

/// As much of a box's name as fits.
fn fit_name(boxes: &Boxes, index: u32, room: f64, font: Font, measure: &dyn Measure) -> Option<String> {
    match (boxes.function(index), boxes.tree().label_of(index)) {
        (Some(row), Some(name)) => fit_label(row, &name, room, font, measure).map(Cow::into_owned),
        _ => fit(MORE, room, font, measure).map(Cow::into_owned),
    }
}

/// A name along the ring where the piece is long, else along the radius; never upside down.
fn label(
    boxes: &Boxes,
    disc: &Disc,
    arc: &Arc,
    fill: super::scene::Colour,
    measure: &dyn Measure,
) -> Option<Item> {
    const LINE: f64 = 14.0;
    let angle = (arc.from + arc.to) / 2.0;
    let radius = (arc.inner + arc.outer) / 2.0;
    let along = (arc.to - arc.from).min(PI) * radius;
    // A straight text in a bent ring: its ends may leave the middle line by half of what the ring's
    // thickness has over a line of text.
    let play = (disc.thickness - LINE).max(0.0) / 2.0;
    let chord = 2.0 * (2.0 * radius * play - play * play).max(0.0).sqrt();
    let tangential = (along - 8.0).min(chord);
    let radial = if along >= LINE { disc.thickness - 8.0 } else { 0.0 };
    let room = tangential.max(radial);
    if room < 22.0 {
        return None;
    }
    let text = fit_name(boxes, arc.run.first, room, Font::Small, measure)?;
    let turn = if tangential >= radial {
        // Along the lower half, a text that followed the circle would stand on its head.
        if (FRAC_PI_2..3.0 * FRAC_PI_2).contains(&angle) { angle + PI } else { angle }
    } else if angle < PI {
        angle - FRAC_PI_2
    } else {
        angle + FRAC_PI_2
    };
    Some(Item::Text {
        x: disc.x + radius * angle.sin(),
        y: disc.y - radius * angle.cos(),
        text,
        font: Font::Small,
        fill,
        anchor: Anchor::Middle,
        turn,
    })
}
