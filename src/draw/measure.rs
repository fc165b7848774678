//! How wide texts are, and cutting them to fit.

use std::borrow::Cow;
use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::scene::Font;

/// How wide texts are. The page asks the canvas; tests and exports use a table.
pub trait Measure {
    /// Width of `text` in CSS pixels.
    fn width(&self, text: &str, font: Font) -> f64;
}

/// Size of a font in CSS pixels.
pub fn font_size(font: Font) -> f64 {
    match font {
        Font::Label => 12.0,
        Font::Small => 11.0,
    }
}

/// Widths by character, each asked once: a canvas takes microseconds to measure a text, and there
/// are thousands on screen. Kerning is ignored; it only makes texts narrower.
pub struct CharacterWidths<F> {
    ask: F,
    ascii: [[f64; 128]; 2],
    others: RefCell<FxHashMap<(char, bool), f64>>,
}

impl<F: Fn(&str, Font) -> f64> CharacterWidths<F> {
    /// Asks for the width of each ASCII character at once, of others when they come.
    pub fn new(ask: F) -> Self {
        let mut ascii = [[0.0; 128]; 2];
        let mut buffer = [0; 4];
        for (widths, font) in ascii.iter_mut().zip([Font::Label, Font::Small]) {
            for (code, width) in widths.iter_mut().enumerate() {
                let character = char::from(code as u8);
                if !character.is_control() {
                    *width = ask(character.encode_utf8(&mut buffer), font);
                }
            }
        }
        Self { ask, ascii, others: RefCell::default() }
    }

    fn character(&self, character: char, font: Font) -> f64 {
        let small = font == Font::Small;
        if let Some(&width) = self.ascii[usize::from(small)].get(character as usize) {
            return width;
        }
        let mut others = self.others.borrow_mut();
        *others
            .entry((character, small))
            .or_insert_with(|| (self.ask)(character.encode_utf8(&mut [0; 4]), font))
    }
}

impl<F: Fn(&str, Font) -> f64> Measure for CharacterWidths<F> {
    fn width(&self, text: &str, font: Font) -> f64 {
        text.chars().map(|character| self.character(character, font)).sum()
    }
}

/// Widths of a common sans-serif face: Helvetica's, out of Adobe's
/// [metrics](https://github.com/foliojs/pdfkit/blob/master/lib/font/data/Helvetica.afm), which Arial
/// and Liberation Sans share.
pub fn table() -> impl Measure {
    CharacterWidths::new(|text, font| {
        text.chars().map(|character| f64::from(thousandths(character))).sum::<f64>() / 1000.0
            * font_size(font)
    })
}

/// Advance width of a character in thousandths of the font's size.
fn thousandths(character: char) -> u16 {
    match character {
        '\'' => 191,
        'i' | 'j' | 'l' => 222,
        '|' => 260,
        ' ' | '!' | ',' | '.' | '/' | ':' | ';' | 'I' | '[' | ']' | '\\' | 'f' | 't' => 278,
        '(' | ')' | '-' | '`' | 'r' => 333,
        '{' | '}' => 334,
        '"' => 355,
        '*' => 389,
        '^' => 469,
        'J' | 'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' => 500,
        'F' | 'T' | 'Z' => 611,
        '&' | 'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' => 667,
        'C' | 'D' | 'H' | 'N' | 'R' | 'U' | 'w' => 722,
        'G' | 'O' | 'Q' => 778,
        'M' | 'm' => 833,
        '%' => 889,
        'W' => 944,
        '…' => 1000,
        '@' => 1015,
        '+' | '<' | '=' | '>' | '~' => 584,
        // Wide scripts (CJK and beyond) take a whole square.
        '\u{1100}'.. => 1000,
        _ => 556,
    }
}

/// Names longer than this are cut in any case; none is that wide.
const LONGEST: usize = 400;

/// `text` with U+FFFD for what is not drawn but acts on what is: control characters, line separators
/// and [bidirectional formatting](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters),
/// which would turn a name round, and a label beside it.
pub fn legible(text: &str) -> Cow<'_, str> {
    let acts = |character: char| {
        character.is_control()
            || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(acts) { Cow::Owned(text.replace(acts, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// `text`, or as much of it as fits into `room` followed by `…`, [`legible`]; nothing if that is less
/// than two characters.
pub fn fit<'a>(text: &'a str, room: f64, font: Font, measure: &dyn Measure) -> Option<Cow<'a, str>> {
    let ellipsis = measure.width("…", font);
    // Nothing useful is narrower than this: saves measuring texts in a sea of small boxes.
    if room < ellipsis {
        return None;
    }
    let start = text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end]);
    let head = legible(start);
    let mut width = 0.0;
    // Where to cut if the whole does not fit, and how many characters that leaves.
    let mut cut = (0, 0);
    for (index, character) in head.char_indices() {
        if width + ellipsis <= room {
            cut = (index, cut.1 + usize::from(index > 0));
        }
        let end = index + character.len_utf8();
        width += measure.width(&head[index..end], font);
        if width > room {
            return (cut.1 >= 2).then(|| Cow::Owned(format!("{}…", head[..cut.0].trim_end())));
        }
    }
    if start.len() < text.len() {
        return Some(Cow::Owned(format!("{head}…")));
    }
    (!head.is_empty()).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_room() {
        let measure = table();
        let name = "get_response";
        let whole = measure.width(name, Font::Label);
        assert_eq!(fit(name, whole, Font::Label, &measure).as_deref(), Some(name));
        let mut last = 0;
        for room in 0..whole as u32 {
            let Some(text) = fit(name, f64::from(room), Font::Label, &measure) else {
                assert!(last == 0, "longer again: {room}");
                continue;
            };
            assert!(text.ends_with('…') && name.starts_with(text.trim_end_matches('…')), "{text}");
            assert!(text.chars().count() >= 3, "{text}");
            assert!(measure.width(&text, Font::Label) <= f64::from(room), "{text}");
            assert!(text.len() >= last, "{text}");
            last = text.len();
        }
        assert!(last > 10);
    }

    #[test]
    fn what_acts_on_its_neighbours_is_replaced_before_measuring() {
        let measure = table();
        let hostile = "rtl\u{202e}evil\u{7}\n";
        let shown = "rtl\u{fffd}evil\u{fffd}\u{fffd}";
        assert_eq!(legible(hostile), shown);
        assert!(matches!(legible("получить"), Cow::Borrowed("получить")));
        let whole = measure.width(shown, Font::Label);
        assert_eq!(fit(hostile, whole, Font::Label, &measure).as_deref(), Some(shown));
        let cut = fit(hostile, whole - 1.0, Font::Label, &measure).unwrap();
        assert!(cut.starts_with("rtl\u{fffd}") && cut.ends_with('…'), "{cut}");
        assert!(measure.width(&cut, Font::Label) < whole, "{cut}");
        for control in ["\u{61c}", "\u{200e}", "\u{200f}", "\u{202a}", "\u{2066}", "\u{2069}", "\u{2028}"] {
            assert_eq!(legible(control), "\u{fffd}", "{control:?}");
        }
    }

    #[test]
    fn odd_texts_are_cut_between_characters() {
        let measure = table();
        assert_eq!(fit("", 100.0, Font::Label, &measure), None);
        assert_eq!(fit("名前の長い関数", 40.0, Font::Label, &measure).as_deref(), Some("名前…"));
        assert_eq!(fit("f", 100.0, Font::Label, &measure).as_deref(), Some("f"));
        let endless = "x".repeat(1_000_000);
        let text = fit(&endless, f64::INFINITY, Font::Label, &measure).unwrap();
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
