//! What texts are shown as where values are left out of them.

mod plan;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::profile::home::{Home, home};
use crate::queries::Connection;
use crate::queries::lexer::{Dialect, Lexer, Token, TokenKind};

pub(super) use self::plan::plan;

/// Stands for what was left out of an address or a name.
const LEFT_OUT: &str = "…";

/// The longest name a server takes, bytes:
/// [PostgreSQL](https://www.postgresql.org/docs/current/limits.html) 63,
/// [MySQL](https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html) 64 characters of up to 3 bytes.
const LONGEST_NAME: usize = 192;

/// Words that a value follows, or a list of them.
const BEFORE_VALUES: &[&str] = &[
    "in", "values", "any", "like", "ilike", "between", "then", "else", "regexp", "rlike", "limit", "offset",
    "return", "escape",
];

/// A fingerprint's text without what may be a value in it after all: a string in double quotes that was
/// taken for a name (only the server knows its settings), what `SET x = …` sets, names no server takes.
pub(super) fn fingerprint(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut lexer = Lexer::new(bytes, Dialect::guess(bytes));
    let mut masked = String::with_capacity(text.len());
    // Whether a value may follow, and whether it is the statement's first word that does.
    let (mut value_due, mut head) = (false, true);
    let (mut sets, mut set) = (false, false);
    // Per open parenthesis: whether it holds a list of values.
    let mut lists: Vec<bool> = Vec::new();
    // Whether the AND of a BETWEEN is to come.
    let mut between = false;
    while let Some(token) = lexer.next() {
        let part = text.get(token.range()).unwrap_or_default();
        let keep = match token.kind {
            TokenKind::Whitespace => {
                masked.push_str(part);
                continue;
            }
            TokenKind::Word if std::mem::take(&mut head) => {
                sets = part.eq_ignore_ascii_case("set");
                true
            }
            TokenKind::Word => {
                if sets && part.eq_ignore_ascii_case("to") {
                    set = true;
                    true
                } else {
                    !set && part.len() <= LONGEST_NAME
                }
            }
            TokenKind::QuotedIdentifier => {
                let is_column = lexer.clone().significant().is_some_and(|next| is_dot(next, bytes));
                !set && is_name(part) && (!value_due || is_column)
            }
            TokenKind::Placeholder => part == "?",
            TokenKind::Variable => !set && part.len() <= LONGEST_NAME && !part.contains(['\'', '"', '`']),
            TokenKind::Operator | TokenKind::Punctuation => {
                set |= sets && part == "=";
                if part == ";" {
                    (head, sets, set) = (true, false, false);
                }
                true
            }
            TokenKind::String | TokenKind::Number | TokenKind::Comment | TokenKind::Unknown => false,
        };
        value_due = match (token.kind, part) {
            (TokenKind::Operator, _) => !matches!(part, "::" | "*"),
            (TokenKind::Word, _) => {
                if part.eq_ignore_ascii_case("select")
                    && let Some(list) = lists.last_mut()
                {
                    *list = false;
                }
                between |= part.eq_ignore_ascii_case("between");
                (part.eq_ignore_ascii_case("and") && std::mem::take(&mut between))
                    || BEFORE_VALUES.iter().any(|word| part.eq_ignore_ascii_case(word))
            }
            (TokenKind::Punctuation, "(") => {
                lists.push(value_due);
                value_due
            }
            (TokenKind::Punctuation, ")") => {
                lists.pop();
                false
            }
            (TokenKind::Punctuation, ",") => lists.last() == Some(&true),
            _ => false,
        };
        masked.push_str(if keep { part } else { "?" });
    }
    masked
}

fn is_dot(token: Token, text: &[u8]) -> bool {
    text.get(token.range()) == Some(b".")
}

/// Whether a quoted identifier (with its quotes) is a name as people give them.
fn is_name(quoted: &str) -> bool {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.' | '-' | ' ');
    inner.len() <= LONGEST_NAME && inner.chars().all(is_part)
}

/// A table's name, or nothing of it if it is none.
pub(super) fn table(name: &str) -> String {
    if is_name(&format!("\"{name}\"")) { name.to_owned() } else { LEFT_OUT.to_owned() }
}

/// A request's path without what looks like a value: the query, and each part that is not plain words
/// (`orders`, `order_lines`) or a version (`v2`).
pub(super) fn request_path(path: &str) -> String {
    let path = path.split(['?', '#', ';']).next().unwrap_or_default();
    let part = |part: &'_ str| {
        if is_words(part) || is_version(part) { part.to_owned() } else { LEFT_OUT.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Whether an IP address stands somewhere in a text.
pub(super) fn has_address(text: &str) -> bool {
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_group = |part: &str| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    // IPv6 has eight groups, or leaves some out between two colons.
    let is_six = |word: &str| {
        let colons = word.bytes().filter(|&byte| byte == b':').count();
        (word.contains("::") && word.len() > 2 || colons >= 7) && word.split([':', '.']).all(is_group)
    };
    let is_four = |word: &str| word.split('.').filter(|part| is_number(part)).count() >= 4;
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | ':'))
        .any(|word| is_six(word) || word.split(':').any(is_four))
}

/// Whether a part of an address is words as people write them there: small letters, in words that can be spoken. Tokens
/// are in capitals or in both (Base64: `MTI`), hexadecimal, long, or begin with what says whose they are (`sk_live_`).
fn is_words(part: &str) -> bool {
    let part = part.trim_matches('_');
    let is_whose = ["sk_", "pk_", "rk_", "gh", "xox", "whsec_", "glpat_", "eyj"]
        .iter()
        .any(|begin| part.starts_with(begin) && (part.contains('_') || *begin == "eyj"));
    part.is_empty() || (part.len() <= 32 && !is_whose && part.split('_').all(is_spoken))
}

/// Whether it is a word, or could be one: no sixteen letters long, none that are hexadecimal digits only, and no five
/// consonants in a row.
fn is_spoken(word: &str) -> bool {
    const SPELT: &[&str] = &["html", "https", "xhtml", "xmlrpc", "graphql", "decade", "facade"];
    if SPELT.contains(&word) {
        return true;
    }
    let is_hex = word.len() >= 5 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut consonants = 0;
    let mut most = 0;
    for byte in word.bytes() {
        consonants = if b"aeiouy".contains(&byte) { 0 } else { consonants + 1 };
        most = most.max(consonants);
    }
    word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_lowercase()) && !is_hex && most < 5
}

/// `v2`
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|number| {
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A view's name, which comes from a comment as often as not: a dotted name of Python, a name of a URL,
/// or a route (`orders/<int:pk>/`); parts with digits are none of these.
pub(super) fn view(name: &str) -> String {
    let part = |part: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphabetic() || b"_.:<>#-^$()".contains(&byte);
        let is_plain = part.len() <= 100 && part.bytes().all(is_part);
        if is_plain || is_version(part) { part } else { LEFT_OUT }.to_owned()
    };
    name.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A diagnostic's message without what it may quote of the file.
pub(super) fn message(text: &str) -> String {
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        // The apostrophe in `Django's` quotes nothing.
        if matches!(letter, '"' | '`' | '“' | '‘' | '„') || (letter == '\'' && !before.is_alphanumeric())
        {
            return format!("{}{LEFT_OUT}", &text[..at]);
        }
        before = letter;
    }
    text.to_owned()
}

/// The place of a diagnostic without what it quotes: `line 12` of `line 12: SELECT …`.
pub(super) fn place(text: &str) -> Option<String> {
    let (what, rest) = text.split_once(' ')?;
    let number = rest.split([':', ' ']).next().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    (is_number && matches!(what, "line" | "byte" | "record" | "row" | "object"))
        .then(|| format!("{what} {number}"))
}

/// New names for old ones, each the same wherever it stands.
#[derive(Default)]
pub(super) struct Names {
    known: FxHashMap<(&'static str, String), u32>,
    counts: FxHashMap<&'static str, u32>,
    /// What files are called now, and what they were.
    files: FxHashMap<String, String>,
}

impl Names {
    /// `user 1` for the first user; nothing stays nothing.
    pub(super) fn name(&mut self, kind: &'static str, name: &str) -> String {
        if name.is_empty() { String::new() } else { format!("{kind} {}", self.number(kind, name)) }
    }

    fn number(&mut self, kind: &'static str, name: &str) -> u32 {
        if let Some(&number) = self.known.get(&(kind, name.to_owned())) {
            return number;
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        self.known.insert((kind, name.to_owned()), *count);
        *count
    }

    /// A process as it is, if that is a number (or two: `7/140`), or that of a lane.
    pub(super) fn process(&mut self, process: &str) -> String {
        let is_number = process.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/');
        if is_number || Connection::is_lane(process) {
            return process.to_owned();
        }
        self.name("process", process)
    }

    /// An address by its number.
    pub(super) fn address(&mut self, path: &str) -> String {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if path.is_empty() { String::new() } else { format!("/{}", self.number("path", path)) }
    }

    /// A file without what lies above it: installed packages from `site-packages` on, the standard
    /// library, and of others the bare name in a numbered folder. It stays of the same category, and
    /// different files stay different.
    pub(super) fn file(&mut self, file: &str) -> String {
        // yappi has the module of a built-in function in place of a file: there is nothing above it.
        if matches!(file, "~" | "") || file.starts_with('<') || !file.contains(['/', '\\', '.']) {
            return file.to_owned();
        }
        let short = match home(file) {
            Home::Installed(rest) => Cow::Owned(format!("site-packages/{rest}")),
            Home::Standard(rest) => Cow::Owned(format!("lib/python3/{rest}")),
            Home::Script(rest) => Cow::Owned(format!("usr/bin/{rest}")),
            Home::Elsewhere => match file.rsplit_once(['/', '\\']) {
                Some((folder, name)) => Cow::Owned(format!("folder{}/{name}", self.number("folder", folder))),
                None => Cow::Borrowed(file),
            },
        };
        let mut candidate = short.clone().into_owned();
        let mut copy = 1;
        loop {
            match self.files.get(&candidate) {
                Some(known) if known == file => return candidate,
                None => {
                    self.files.insert(candidate.clone(), file.to_owned());
                    return candidate;
                }
                Some(_) => {
                    copy += 1;
                    candidate = format!("{copy}/{short}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layer;

    #[test]
    fn what_may_be_a_value_goes_from_a_fingerprint() {
        for (text, expected) in [
            // SQLite and MySQL take these for strings, or for names.
            (r#"SELECT * FROM t WHERE name = "anna""#, "SELECT * FROM t WHERE name = ?"),
            (r#"SELECT * FROM t WHERE name LIKE "anna%""#, "SELECT * FROM t WHERE name LIKE ?"),
            (
                r#"SELECT a FROM t WHERE b IN ("anna", "bert") LIMIT ?"#,
                "SELECT a FROM t WHERE b IN (?, ?) LIMIT ?",
            ),
            (
                r#"SELECT a FROM t WHERE b BETWEEN "anna" AND "bert" AND "c" = ?"#,
                r#"SELECT a FROM t WHERE b BETWEEN ? AND ? AND "c" = ?"#,
            ),
            (
                r#"INSERT INTO "t" ("a", "b") VALUES ("anna", ?)"#,
                r#"INSERT INTO "t" ("a", "b") VALUES (?, ?)"#,
            ),
            (
                r#"SELECT a FROM t WHERE b IN (SELECT U0."id", "x" FROM "u" U0)"#,
                r#"SELECT a FROM t WHERE b IN (SELECT U0."id", "x" FROM "u" U0)"#,
            ),
            (r#"SELECT "a@b.example" FROM t"#, "SELECT ? FROM t"),
            // Columns.
            (
                r#"SELECT "t"."id" FROM "t" JOIN "u" ON ("t"."u_id" = "u"."id")"#,
                r#"SELECT "t"."id" FROM "t" JOIN "u" ON ("t"."u_id" = "u"."id")"#,
            ),
            ("SET application_name = anna; SELECT ?", "SET application_name = ?; SELECT ?"),
            ("SET search_path TO tenant_anna, public", "SET search_path TO ?, ?"),
            ("UPDATE `t` SET `a` = ? WHERE `b` = ?", "UPDATE `t` SET `a` = ? WHERE `b` = ?"),
            ("(text not logged)", "(text not logged)"),
        ] {
            assert_eq!(fingerprint(text), expected);
        }
    }

    #[test]
    fn addresses_of_machines_are_found_wherever_they_stand() {
        for text in
            ["203.0.113.77", "<203.0.113.77:4711>", "[2001:db8::77]:80", "worker=::1", "fe80:0:0:0:1:2:3:4"]
        {
            assert!(has_address(text), "{text}");
        }
        for text in ["", "31256", "web.1", "7/140", "worker-1", "12:30:45", "1.2.3", "shop.views::cart"] {
            assert!(!has_address(text), "{text}");
        }
    }

    #[test]
    fn addresses_keep_their_words() {
        for (path, expected) in [
            ("/orders/", "/orders/"),
            ("/orders/17?token=secret", "/orders/…"),
            ("/api/v2/order_lines/c0ffee/anna@b.example", "/api/v2/order_lines/…/…"),
            ("", ""),
        ] {
            assert_eq!(request_path(path), expected);
        }
        for (name, expected) in [
            ("orders:detail", "orders:detail"),
            ("shop.views.OrderView", "shop.views.OrderView"),
            ("orders/<int:pk>/", "orders/<int:pk>/"),
            ("orders#index", "orders#index"),
            ("anna's secret", "…"),
            ("api/v2/orders/17/", "api/v2/orders/…/"),
        ] {
            assert_eq!(view(name), expected);
        }
    }

    #[test]
    fn notices_quote_nothing() {
        assert_eq!(message("Django's text format rounds"), "Django's text format rounds");
        assert_eq!(message("unknown level 'secret' in it"), "unknown level …");
        assert_eq!(place("line 1,204: SELECT 'secret'").as_deref(), Some("line 1,204"));
        assert_eq!(place("views.py:12(secret)"), None);
        assert_eq!(place("secret 12"), None);
    }

    #[test]
    fn files_stay_what_they_are() {
        let mut names = Names::default();
        for (file, expected) in [
            ("/home/anna/shop/orders/views.py", "folder1/views.py"),
            ("/home/anna/shop/people/views.py", "folder2/views.py"),
            ("/home/anna/shop/orders/models.py", "folder1/models.py"),
            (
                "/home/anna/v/lib/python3.12/site-packages/django/db/models/query.py",
                "site-packages/django/db/models/query.py",
            ),
            (
                "/home/bert/v/lib/python3.12/site-packages/django/db/models/query.py",
                "2/site-packages/django/db/models/query.py",
            ),
            ("/usr/lib/python3.12/json/decoder.py", "lib/python3/json/decoder.py"),
            ("C:\\Users\\anna\\shop\\templates\\a.html", "folder3/a.html"),
            ("/srv/venv/bin/gunicorn", "usr/bin/gunicorn"),
            ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
            ("~", "~"),
            ("manage.py", "manage.py"),
        ] {
            assert_eq!(names.file(file), expected);
            assert_eq!(names.file(file), expected, "again");
            for name in ["f", "<module>"] {
                assert_eq!(layer::classify(expected, name), layer::classify(file, name), "{file} {name}");
            }
        }
        assert_eq!(names.name("user", "anna"), "user 1");
        assert_eq!(names.name("user", "bert"), "user 2");
        assert_eq!(names.name("user", "anna"), "user 1");
        assert_eq!(
            (names.process("7/140"), names.process("anna-laptop")),
            ("7/140".into(), "process 1".into())
        );
    }
}
