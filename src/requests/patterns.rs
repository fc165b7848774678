//! Routes as a site has them itself: Django's patterns (`articles/<int:year>/`, `^page/(?P<page>\d+)/$`), and which of them
//! an address fits.
//!
//! A pattern is a row of literals and parts. A part takes what its converter does
//! ([path converters](https://docs.djangoproject.com/en/6.0/topics/http/urls/#path-converters)); a group of a regular
//! expression takes the class that it is written as: digits, a slug, a segment, or anything. That is enough to tell the
//! patterns of one site apart, and needs no engine for regular expressions.

use super::route;

/// What a part of a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Takes {
    /// The code of a language: `de`, `pt-br`.
    Language,
    /// `[0-9]+`
    Digits,
    /// A UUID in small letters.
    Uuid,
    /// `[-a-zA-Z0-9_]+`
    Slug,
    /// `[^/]+`
    Segment,
    /// `.+`
    Anything,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What stands there as it is.
    Literal(Vec<u8>),
    /// A part that differs.
    Part {
        /// What it takes.
        takes: Takes,
        /// Whether nothing will do as well.
        may_lack: bool,
        /// Whether it may take more than it says, as its converter is not known: printed patterns leave out which regular
        /// expression a group had.
        is_unsure: bool,
    },
    /// What may stand there or not, as `/?`.
    Optional(Vec<u8>),
}

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// How it is shown, with a slash before it.
    pub shown: String,
    pieces: Vec<Piece>,
}

impl Pattern {
    /// One whose pieces are these.
    pub fn new(shown: String, pieces: Vec<Piece>) -> Self {
        Self { shown, pieces }
    }

    /// How particular it is: for each byte or part from the left what it takes, less is more particular; nothing least.
    fn rank(&self) -> Vec<u8> {
        let mut rank = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => rank.extend(text.iter().map(|_| 0)),
                Piece::Part { takes, .. } => rank.push(1 + *takes as u8),
                Piece::Optional(_) => {}
            }
        }
        rank.push(u8::MAX);
        rank
    }

    /// Whether `path`, which begins with a slash, is one of its own. `loosely`: parts that are unsure take anything.
    /// `places` is room to work in.
    fn fits(&self, path: &[u8], loosely: bool, places: &mut Places) -> bool {
        let (now, next) = (&mut places.now, &mut places.next);
        now.clear();
        now.push(0);
        for (at, piece) in self.pieces.iter().enumerate() {
            next.clear();
            let literal = match self.pieces.get(at + 1) {
                Some(Piece::Literal(text)) => text.as_slice(),
                _ => b"",
            };
            for &from in now.iter() {
                let rest = path.get(from..).unwrap_or_default();
                match piece {
                    Piece::Literal(text) if rest.starts_with(text) => next.push(from + text.len()),
                    Piece::Literal(_) => {}
                    Piece::Optional(text) => {
                        next.push(from);
                        if rest.starts_with(text) {
                            next.push(from + text.len());
                        }
                    }
                    Piece::Part { takes, may_lack, is_unsure } => {
                        let takes = if loosely && *is_unsure { Takes::Anything } else { *takes };
                        let longest = takes.longest(rest);
                        let least = if *may_lack || (loosely && *is_unsure) { 0 } else { takes.least() };
                        // Only ends at which the next piece can begin.
                        let ends = (least..=longest).filter(|&end| rest[end..].starts_with(literal));
                        next.extend(ends.map(|end| from + end));
                    }
                }
            }
            next.sort_unstable();
            next.dedup();
            if next.is_empty() {
                return false;
            }
            std::mem::swap(now, next);
        }
        now.last() == Some(&path.len())
    }
}

impl Takes {
    /// How much of the beginning of `text` it takes at most.
    fn longest(self, text: &[u8]) -> usize {
        let is = |byte: &u8| match self {
            Self::Language => byte.is_ascii_alphanumeric() || *byte == b'-',
            Self::Digits => byte.is_ascii_digit(),
            Self::Uuid => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte) || *byte == b'-',
            Self::Slug => byte.is_ascii_alphanumeric() || b"-_".contains(byte),
            Self::Segment => *byte != b'/',
            Self::Anything => true,
        };
        let longest = text.iter().position(|byte| !is(byte)).unwrap_or(text.len());
        match self {
            Self::Language => {
                let (code, region) = text[..longest].split_at(longest.min(2));
                let is_code = code.len() == 2 && code.iter().all(u8::is_ascii_lowercase);
                if is_code && (region.is_empty() || region[0] == b'-') { longest } else { 0 }
            }
            Self::Uuid if longest < UUID => 0,
            Self::Uuid => UUID,
            _ => longest,
        }
    }

    fn least(self) -> usize {
        if self == Self::Uuid { UUID } else { 1 }
    }
}

/// Letters of a UUID.
const UUID: usize = 36;

/// Room to work in.
#[derive(Debug, Default)]
struct Places {
    now: Vec<usize>,
    next: Vec<usize>,
    path: Vec<u8>,
}

/// All patterns of a site.
#[derive(Debug, Default)]
pub struct Patterns {
    all: Vec<Pattern>,
    places: Places,
}

/// Longer addresses are none of a site's.
const LONGEST: usize = 2048;

impl Patterns {
    /// In the order in which the site asks them, or sorted by name: then the most particular one that fits is meant.
    pub fn new(mut all: Vec<Pattern>, sorted: bool) -> Self {
        if sorted {
            all.sort_by_key(Pattern::rank);
        }
        Self { all, places: Places::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How they are shown.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|pattern| pattern.shown.as_str())
    }

    /// The pattern, by its number, that the address of a request fits. `missed`: nothing was found there, so it is none of
    /// what only may be meant.
    pub fn find(&mut self, target: &[u8], missed: bool) -> Option<usize> {
        let path = route::path(target);
        if path.len() > LONGEST || path.first() != Some(&b'/') {
            return None;
        }
        let mut decoded = std::mem::take(&mut self.places.path);
        decoded.clear();
        decode(path, &mut decoded);
        let places = &mut self.places;
        let mut of = |loosely: bool| {
            self.all.iter().position(|pattern| {
                (!loosely || pattern.is_unsure_at_end()) && pattern.fits(&decoded, loosely, places)
            })
        };
        let found = of(false).or_else(|| if missed { None } else { of(true) });
        self.places.path = decoded;
        found
    }

    /// How the pattern of this number is shown.
    pub fn name(&self, at: usize) -> &str {
        self.all.get(at).map_or("", |pattern| &pattern.shown)
    }
}

impl Pattern {
    /// Whether its end may be more than it says.
    fn is_unsure_at_end(&self) -> bool {
        matches!(self.pieces.last(), Some(Piece::Part { is_unsure: true, .. }))
    }
}

/// What `%20` stands for, as servers decode addresses before they ask for a pattern.
fn decode(path: &[u8], decoded: &mut Vec<u8>) {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| (byte as char).to_digit(16));
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        let pair = (digit(path.get(at + 1)), digit(path.get(at + 2)));
        match pair {
            (Some(high), Some(low)) if byte == b'%' => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(takes: Takes) -> Piece {
        Piece::Part { takes, may_lack: false, is_unsure: false }
    }

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.as_bytes().to_vec())
    }

    fn found(patterns: &mut Patterns, target: &str) -> String {
        let at = patterns.find(target.as_bytes(), false);
        at.map_or("none", |at| patterns.name(at)).to_owned()
    }

    #[test]
    fn parts_take_what_djangos_converters_do() {
        let all = [
            ("int", part(Takes::Digits)),
            ("uuid", part(Takes::Uuid)),
            ("slug", part(Takes::Slug)),
            ("str", part(Takes::Segment)),
            ("path", part(Takes::Anything)),
        ];
        let all =
            all.map(|(name, piece)| Pattern::new(name.to_owned(), vec![literal("/o/"), piece, literal("/")]));
        let mut patterns = Patterns::new(all.to_vec(), false);
        for (target, expected) in [
            ("/o/4711/?page=2", "int"),
            ("/o/6ba4c9ae-faf4-0f4a-93d4-96a206f98b4d/", "uuid"),
            // Django's converter takes small letters only.
            ("/o/6BA4C9AE-FAF4-0F4A-93D4-96A206F98B4D/", "slug"),
            ("/o/red_shoe-2/", "slug"),
            ("/o/red.shoe/", "str"),
            ("/o/caf%C3%A9/", "str"),
            ("/o/a/b/", "path"),
            ("/o/a%2Fb/", "path"),
            ("http://shop.example/o/12/", "int"),
            ("/o//", "none"),
            ("/o/12", "none"),
            ("/other/", "none"),
            ("*", "none"),
        ] {
            assert_eq!(found(&mut patterns, target), expected, "{target}");
        }
    }

    #[test]
    fn of_sorted_patterns_the_most_particular_is_meant() {
        let year = || vec![literal("/articles/"), part(Takes::Digits), literal("/")];
        let any = vec![literal("/"), Piece::Part { takes: Takes::Segment, may_lack: false, is_unsure: true }];
        let all = vec![
            Pattern::new("/<rest>".to_owned(), any),
            Pattern::new("/articles/<int:year>/".to_owned(), year()),
            Pattern::new("/articles/2003/".to_owned(), vec![literal("/articles/2003/")]),
        ];
        let mut patterns = Patterns::new(all, true);
        assert_eq!(found(&mut patterns, "/articles/2003/"), "/articles/2003/");
        assert_eq!(found(&mut patterns, "/articles/2004/"), "/articles/<int:year>/");
        assert_eq!(found(&mut patterns, "/about"), "/<rest>");
        // Its regular expression may have taken more, but not what was not there.
        assert_eq!(found(&mut patterns, "/a/b/c"), "/<rest>");
        assert_eq!(patterns.find(b"/a/b/c", true), None);
    }

    #[test]
    fn parts_that_run_into_each_other_are_tried_at_every_end() {
        let dashes = vec![
            literal("/"),
            part(Takes::Slug),
            literal("-"),
            part(Takes::Digits),
            Piece::Optional(b"/".to_vec()),
        ];
        let mut patterns = Patterns::new(vec![Pattern::new("x".to_owned(), dashes)], false);
        for target in ["/a-b-12", "/a-12/", "/1-2"] {
            assert_eq!(found(&mut patterns, target), "x", "{target}");
        }
        assert_eq!(found(&mut patterns, "/a-b"), "none");
        let long = format!("/{}", "a-".repeat(2000));
        assert_eq!(found(&mut patterns, &long), "none");
    }
}
