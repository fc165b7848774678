//! A pattern's text as what an address is held against: the route of a `path()`, the regular expression of a `re_path()`, and
//! what `show_urls` prints of either.

use crate::requests::patterns::{Piece, Takes};

/// How a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// A route: `articles/<int:year>/`.
    Route,
    /// A regular expression: `^articles/(?P<year>[0-9]{4})/$`.
    Regex,
    /// As Django's `simplify_regex` leaves it: `articles/<year>/`, with some escapes and groups left.
    Printed,
}

/// What has been read of a pattern so far: of nested ones that of those around it.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// How it is shown, without the first slash.
    pub shown: String,
    /// What it consists of, without the first slash.
    pub pieces: Vec<Piece>,
    /// Whether it ends where its expression does: without a dollar it may go on.
    pub is_open: bool,
}

impl Built {
    fn literal(&mut self, letter: char) {
        self.shown.push(letter);
        let mut room = [0; 4];
        let bytes = letter.encode_utf8(&mut room).as_bytes();
        match self.pieces.last_mut() {
            Some(Piece::Literal(text)) => text.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Literal(bytes.to_vec())),
        }
    }

    fn part(&mut self, name: &str, takes: Takes, is_unsure: bool, may_lack: bool) {
        self.shown.push('<');
        self.shown.push_str(name);
        self.shown.push('>');
        self.pieces.push(Piece::Part { takes, may_lack, is_unsure });
    }

    /// The last letter may be left out.
    fn last_is_optional(&mut self) {
        match self.pieces.last_mut() {
            Some(Piece::Literal(text)) => {
                let Some(last) = text.pop() else { return };
                if text.is_empty() {
                    self.pieces.pop();
                }
                self.pieces.push(Piece::Optional(vec![last]));
            }
            Some(Piece::Part { may_lack, .. }) => *may_lack = true,
            Some(Piece::Optional(_)) | None => {}
        }
    }

    /// A language's code, as `i18n_patterns` has it.
    pub fn language(&mut self) {
        self.part("language", Takes::Language, false, false);
        self.literal('/');
    }

    /// Adds a pattern's text.
    pub fn add(&mut self, text: &str, written: Written) {
        let letters: Vec<char> = text.chars().collect();
        let is_regex = written == Written::Regex;
        self.is_open = is_regex;
        if is_regex && has_alternatives(&letters) {
            return self.part("var", Takes::Anything, false, true);
        }
        let mut at = 0;
        while let Some(&letter) = letters.get(at) {
            at += 1;
            match letter {
                '<' if !is_regex => {
                    let end = letters[at..].iter().position(|&other| other == '>');
                    let Some(end) = end.map(|end| at + end) else {
                        self.literal(letter);
                        continue;
                    };
                    let inner: String = letters[at..end].iter().collect();
                    let (takes, is_unsure) = converter(&inner, written);
                    self.part(&inner, takes, is_unsure, false);
                    at = end + 1;
                }
                '\\' if written != Written::Route => {
                    let Some(&next) = letters.get(at) else { break };
                    at += 1;
                    match next {
                        'd' => self.quantified("var", Takes::Digits, &letters, &mut at),
                        'w' => self.quantified("var", Takes::Slug, &letters, &mut at),
                        'S' | 'D' | 'W' => self.quantified("var", Takes::Anything, &letters, &mut at),
                        'Z' | 'z' => self.is_open = false,
                        'A' | 'b' | 'B' => {}
                        other => self.literal(other),
                    }
                }
                '(' if written != Written::Route => {
                    let end = closing(&letters, at);
                    let body = &letters[at..end.min(letters.len())];
                    at = end + 1;
                    let (name, body) = group(body);
                    if let Some(name) = name {
                        let (takes, may_lack) = taken_by(body);
                        self.part(&name, takes, false, may_lack);
                        self.quantifier(&letters, &mut at);
                    }
                }
                '[' if is_regex => {
                    let begin = at - 1;
                    at = end_of_class(&letters, at);
                    let (takes, _) = taken_by(&letters[begin..at.min(letters.len())]);
                    self.quantified("var", takes, &letters, &mut at);
                }
                '.' if is_regex && matches!(letters.get(at), Some('*' | '+')) => {
                    self.quantified("var", Takes::Anything, &letters, &mut at);
                }
                '^' if is_regex => {}
                '$' if is_regex => self.is_open = false,
                '?' if is_regex => self.last_is_optional(),
                '*' | '+' if is_regex => {}
                '{' if is_regex => at += 1 + letters[at..].iter().take_while(|&&other| other != '}').count(),
                _ => self.literal(letter),
            }
        }
    }

    fn quantified(&mut self, name: &str, takes: Takes, letters: &[char], at: &mut usize) {
        self.part(name, takes, false, false);
        self.quantifier(letters, at);
    }

    /// What stands behind a part: whether it may be missing.
    fn quantifier(&mut self, letters: &[char], at: &mut usize) {
        while let Some(letter) = letters.get(*at) {
            match letter {
                '?' | '*' => self.last_is_optional(),
                '+' => {}
                '{' => *at += letters[*at..].iter().take_while(|&&other| other != '}').count(),
                _ => return,
            }
            *at += 1;
        }
    }

    /// What it consists of, with the first slash.
    pub fn whole(&self) -> (String, Vec<Piece>) {
        let mut whole = Self::default();
        whole.literal('/');
        let mut pieces = self.pieces.iter();
        if let Some(Piece::Literal(first)) = self.pieces.first() {
            let _ = pieces.next();
            if let Some(Piece::Literal(slash)) = whole.pieces.first_mut() {
                slash.extend_from_slice(first);
            }
        }
        whole.pieces.extend(pieces.cloned());
        if self.is_open {
            whole.pieces.push(Piece::Part { takes: Takes::Anything, may_lack: true, is_unsure: false });
        }
        (format!("/{}", self.shown), whole.pieces)
    }
}

/// What `int:year` takes, and whether that is unsure: a printed name may have been any group's.
fn converter(inner: &str, written: Written) -> (Takes, bool) {
    match inner.split_once(':') {
        Some(("int", _)) => (Takes::Digits, false),
        Some(("slug", _)) => (Takes::Slug, false),
        Some(("uuid", _)) => (Takes::Uuid, false),
        Some(("path", _)) => (Takes::Anything, false),
        Some(("str", _)) => (Takes::Segment, false),
        // One of the site's own.
        Some(_) => (Takes::Segment, true),
        None => (Takes::Segment, written == Written::Printed),
    }
}

/// Whether an expression has alternatives outside of its groups.
fn has_alternatives(letters: &[char]) -> bool {
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        at += 1;
        match letter {
            '\\' => at += 1,
            '(' => at = closing(letters, at) + 1,
            '[' => at = end_of_class(letters, at),
            '|' => return true,
            _ => {}
        }
    }
    false
}

/// Where the group that was opened before `from` is closed.
fn closing(letters: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0_u32);
    while let Some(&letter) = letters.get(at) {
        match letter {
            '\\' => at += 1,
            '[' => {
                at = end_of_class(letters, at + 1);
                continue;
            }
            '(' => depth += 1,
            ')' if depth == 0 => return at,
            ')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    letters.len()
}

/// Behind the bracket that closes the class opened before `from`.
fn end_of_class(letters: &[char], from: usize) -> usize {
    let mut at = from + usize::from(letters.get(from) == Some(&'^'));
    // A bracket that comes first is one of its letters.
    at += usize::from(letters.get(at) == Some(&']'));
    while let Some(&letter) = letters.get(at) {
        at += 1;
        match letter {
            '\\' => at += 1,
            ']' => return at,
            _ => {}
        }
    }
    letters.len()
}

/// A group's name and what is in it; no name for what only looks ahead or behind.
fn group(body: &[char]) -> (Option<String>, &[char]) {
    match body {
        ['?', 'P', '<', rest @ ..] => {
            let end = rest.iter().position(|&letter| letter == '>').unwrap_or(rest.len());
            (Some(rest[..end].iter().collect()), rest.get(end + 1..).unwrap_or_default())
        }
        ['?', ':', rest @ ..] => (Some("var".to_owned()), rest),
        ['?', ..] => (None, &[]),
        body => (Some("var".to_owned()), body),
    }
}

/// What an expression takes, and whether nothing will do.
fn taken_by(body: &[char]) -> (Takes, bool) {
    let mut takes = Takes::Digits;
    let mut at = 0;
    while let Some(&letter) = body.get(at) {
        at += 1;
        let one = match letter {
            '\\' => {
                let next = body.get(at).copied().unwrap_or(' ');
                at += 1;
                match next {
                    'd' => Takes::Digits,
                    'w' => Takes::Slug,
                    'S' | 'D' | 'W' => Takes::Anything,
                    other => of_letter(other),
                }
            }
            '[' => {
                let end = end_of_class(body, at);
                let one = of_class(&body[at..end.saturating_sub(1).max(at)]);
                at = end;
                one
            }
            '.' => Takes::Anything,
            '(' => {
                // What its group is called is no part of it.
                let (_, inner) = group(&body[at..]);
                at = body.len() - inner.len();
                continue;
            }
            '{' => {
                at += 1 + body[at..].iter().take_while(|&&other| other != '}').count();
                continue;
            }
            '*' | '+' | '?' | '|' | ')' | '^' | '$' => continue,
            letter => of_letter(letter),
        };
        takes = takes.max(one);
    }
    let body = body.strip_suffix(&['?']).unwrap_or(body);
    (takes, body.last() == Some(&'*'))
}

fn of_letter(letter: char) -> Takes {
    match letter {
        '0'..='9' => Takes::Digits,
        'a'..='z' | 'A'..='Z' | '-' | '_' => Takes::Slug,
        '/' => Takes::Anything,
        _ => Takes::Segment,
    }
}

/// What a class takes, without its brackets.
fn of_class(class: &[char]) -> Takes {
    if let ['^', rest @ ..] = class {
        return if rest.contains(&'/') { Takes::Segment } else { Takes::Anything };
    }
    let mut takes = Takes::Digits;
    for (at, &letter) in class.iter().enumerate() {
        let is_escaped = at > 0 && class[at - 1] == '\\';
        let is_range = letter == '-' && at > 0 && at + 1 < class.len() && !is_escaped;
        takes = takes.max(match letter {
            '\\' => continue,
            'd' if is_escaped => Takes::Digits,
            'S' | 'D' | 'W' if is_escaped => Takes::Anything,
            _ if is_range => continue,
            letter => of_letter(letter),
        });
    }
    takes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(text: &str, written: Written) -> String {
        let mut built = Built::default();
        built.add(text, written);
        let (shown, pieces) = built.whole();
        let pieces: Vec<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => format!("{:?}", String::from_utf8_lossy(text)),
                Piece::Optional(text) => format!("{:?}?", String::from_utf8_lossy(text)),
                Piece::Part { takes, may_lack, is_unsure } => format!(
                    "{takes:?}{}{}",
                    if *may_lack { "?" } else { "" },
                    if *is_unsure { " or more" } else { "" }
                ),
            })
            .collect();
        format!("{shown}: {}", pieces.join(" "))
    }

    #[test]
    fn patterns_of_each_kind() {
        let each = [
            ("", Written::Route),
            ("articles/<int:year>/<slug:slug>/", Written::Route),
            ("feed.xml", Written::Route),
            ("people/<name>/", Written::Route),
            ("<page_slug>-<page_id>/", Written::Route),
            ("^articles/(?P<year>[0-9]{4})/$", Written::Regex),
            (r"^old/(\d+)/([\w-]+)/?$", Written::Regex),
            (r"^page/(?:page-(?P<number>\d+)/)?$", Written::Regex),
            (r"^sitemap\.xml$", Written::Regex),
            (r"^any/(?P<rest>.*)$", Written::Regex),
            ("^media/", Written::Regex),
            ("^key/(?P<key>[^/]+)/$", Written::Regex),
            ("^(en|de)/$", Written::Regex),
            ("^a$|^b$", Written::Regex),
            (r"api/users/<pk>\.<format>/", Written::Printed),
            ("admin/<url>", Written::Printed),
            ("a(b", Written::Regex),
            ("a<b", Written::Route),
            ("a\\", Written::Regex),
            ("[", Written::Regex),
        ]
        .map(|(text, written)| built(text, written));
        insta::assert_snapshot!(each.join("\n"), @r#"
        /: "/"
        /articles/<int:year>/<slug:slug>/: "/articles/" Digits "/" Slug "/"
        /feed.xml: "/feed.xml"
        /people/<name>/: "/people/" Segment "/"
        /<page_slug>-<page_id>/: "/" Segment "-" Segment "/"
        /articles/<year>/: "/articles/" Digits "/"
        /old/<var>/<var>/: "/old/" Digits "/" Slug "/"?
        /page/<var>: "/page/" Anything?
        /sitemap.xml: "/sitemap.xml"
        /any/<rest>: "/any/" Anything?
        /media/: "/media/" Anything?
        /key/<key>/: "/key/" Segment "/"
        /<var>/: "/" Slug "/"
        /<var>: "/" Anything? Anything?
        /api/users/<pk>.<format>/: "/api/users/" Segment or more "." Segment or more "/"
        /admin/<url>: "/admin/" Segment or more
        /a<var>: "/a" Slug Anything?
        /a<b: "/a<b"
        /a: "/a" Anything?
        /<var>: "/" Digits Anything?
        "#);
    }
}
