//! Patterns out of a `urls.py`, without running it: calls of `path`, `re_path` and `url` in lists, and lists in `include`s.
//! What another module has is not in the file, and what Python works out is not known.

use rustc_hash::FxHashMap;

use super::pieces::{Built, Written};
use crate::requests::patterns::Pattern;

/// More patterns than that are a list that includes itself.
const MOST: usize = 20_000;

/// Deeper than that, or more steps, as well.
const DEEPEST: usize = 24;
const MOST_STEPS: usize = 200_000;

/// A piece of Python's source.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    Text(String),
    Mark(char),
    /// The end of a statement.
    End,
}

/// What a pattern leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum To {
    /// A view.
    View,
    /// Patterns of a list in the file.
    List(usize),
    /// Patterns of the list that is called so.
    Named(String),
    /// Patterns that are elsewhere.
    Elsewhere,
}

#[derive(Debug)]
struct Entry {
    text: String,
    written: Written,
    /// Of `i18n_patterns`: a language comes first.
    is_of_language: bool,
    to: To,
}

/// What is open at a place.
#[derive(Debug)]
enum Frame {
    /// A list of patterns.
    List(usize),
    /// A call that makes a pattern, and how many of its arguments are over.
    Call { entry: Entry, list: usize, argument: usize, has_text: bool },
    /// What an `include` is of, once that is known.
    Include { is_known: bool },
    /// Any other bracket.
    Other,
}

/// What is read of a file.
#[derive(Debug, Default)]
pub struct Found {
    /// Patterns, in the order in which Django asks them.
    pub patterns: Vec<Pattern>,
    /// How many patterns lead to other modules.
    pub elsewhere: u32,
}

/// The patterns of the source `text`.
pub fn read(text: &str) -> Found {
    let mut reader = Reader::default();
    let tokens = tokens(text);
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        reader.token(token, before, tokens.get(at + 1));
    }
    reader.found()
}

#[derive(Debug, Default)]
struct Reader {
    lists: Vec<Vec<Entry>>,
    names: FxHashMap<String, usize>,
    open: Vec<Frame>,
    /// The name at the beginning of a statement, and the list that is assigned to it.
    target: Option<String>,
    base: Option<usize>,
}

impl Reader {
    fn new_list(&mut self) -> usize {
        self.lists.push(Vec::new());
        self.lists.len() - 1
    }

    /// The list that a pattern at this place is in.
    fn list(&self) -> Option<usize> {
        let within = self.open.iter().rev().find_map(|frame| match frame {
            Frame::List(list) => Some(*list),
            _ => None,
        });
        within.or(self.base)
    }

    fn token(&mut self, token: &Token, before: Option<&Token>, after: Option<&Token>) {
        let is_begin = before.is_none_or(|before| *before == Token::End);
        match token {
            Token::End => {
                // What was left open ends with the file only.
                self.base = None;
                self.target = None;
            }
            Token::Name(name) if self.open.is_empty() && is_begin => self.target = Some(name.clone()),
            Token::Mark('=') if self.open.is_empty() && self.base.is_none() => {
                if let Some(name) = self.target.take() {
                    let known = self.names.get(&name).copied();
                    let list = known.unwrap_or_else(|| self.new_list());
                    // An assignment begins anew, += goes on.
                    if before != Some(&Token::Mark('+')) {
                        self.lists[list].clear();
                    }
                    self.names.insert(name, list);
                    self.base = Some(list);
                }
            }
            Token::Name(name) => self.name(name, before, after),
            Token::Text(text) => self.text(text),
            Token::Mark(mark @ ('(' | '[' | '{')) => self.open(*mark, before),
            Token::Mark(')' | ']' | '}') => self.close(),
            Token::Mark(',') => {
                if let Some(Frame::Call { argument, .. }) = self.open.last_mut() {
                    *argument += 1;
                }
            }
            Token::Mark(_) => {}
        }
    }

    fn open(&mut self, mark: char, before: Option<&Token>) {
        let called = match before {
            Some(Token::Name(name)) if mark == '(' => name.as_str(),
            _ => "",
        };
        let written = match called {
            "path" => Some(Written::Route),
            "re_path" | "url" => Some(Written::Regex),
            _ => None,
        };
        if let (Some(written), Some(list)) = (written, self.list()) {
            let entry = Entry { text: String::new(), written, is_of_language: false, to: To::View };
            return self.open.push(Frame::Call { entry, list, argument: 0, has_text: false });
        }
        if called == "i18n_patterns"
            && let Some(list) = self.list()
        {
            let inner = self.new_list();
            self.lists[list].push(Entry {
                text: String::new(),
                written: Written::Route,
                is_of_language: true,
                to: To::List(inner),
            });
            return self.open.push(Frame::List(inner));
        }
        if called == "include" && matches!(self.open.last(), Some(Frame::Call { argument: 1.., .. })) {
            return self.open.push(Frame::Include { is_known: false });
        }
        if mark == '[' && self.is_included() {
            let list = self.new_list();
            self.includes(To::List(list));
            return self.open.push(Frame::List(list));
        }
        self.open.push(Frame::Other);
    }

    fn close(&mut self) {
        if let Some(Frame::Call { entry, list, has_text: true, .. }) = self.open.pop() {
            self.lists[list].push(entry);
        }
    }

    /// Whether what comes next says what is included.
    fn is_included(&self) -> bool {
        // A tuple may stand around it.
        let mut open = self.open.iter().rev().skip_while(|frame| matches!(frame, Frame::Other));
        matches!(open.next(), Some(Frame::Include { is_known: false }))
    }

    fn includes(&mut self, what: To) {
        for frame in self.open.iter_mut().rev() {
            match frame {
                Frame::Include { is_known } => *is_known = true,
                Frame::Call { entry, .. } => {
                    entry.to = what;
                    return;
                }
                Frame::List(_) | Frame::Other => {}
            }
        }
    }

    fn name(&mut self, name: &str, before: Option<&Token>, after: Option<&Token>) {
        if self.is_included() {
            let what = if after == Some(&Token::Mark('.')) || after == Some(&Token::Mark('(')) {
                To::Elsewhere
            } else {
                To::Named(name.to_owned())
            };
            return self.includes(what);
        }
        // `admin.site.urls` is what others have as well.
        if name == "urls"
            && before == Some(&Token::Mark('.'))
            && let Some(Frame::Call { entry, argument: 1, .. }) = self.open.last_mut()
            && entry.to == To::View
        {
            entry.to = To::Elsewhere;
        }
    }

    fn text(&mut self, text: &str) {
        if self.is_included() {
            return self.includes(To::Elsewhere);
        }
        // A pattern may be within a call that translates it.
        let mut open = self.open.iter_mut().rev().skip_while(|frame| matches!(frame, Frame::Other));
        if let Some(Frame::Call { entry, argument: 0, has_text, .. }) = open.next() {
            entry.text.push_str(text);
            *has_text = true;
        }
    }

    /// All patterns, those of lists in lists in the order of the file.
    fn found(self) -> Found {
        let mut found = Found::default();
        let Some(&first) = self.names.get("urlpatterns") else { return found };
        let mut stack = vec![(first, 0, Built::default())];
        for _ in 0..MOST_STEPS {
            let Some((list, at, around)) = stack.pop() else { break };
            let Some(entry) = self.lists.get(list).and_then(|list| list.get(at)) else { continue };
            let mut built = around.clone();
            stack.push((list, at + 1, around));
            if found.patterns.len() >= MOST || stack.len() > DEEPEST {
                continue;
            }
            if entry.is_of_language {
                built.language();
            }
            built.add(&entry.text, entry.written);
            let inner = match &entry.to {
                To::View => {
                    let (shown, pieces) = built.whole();
                    found.patterns.push(Pattern::new(shown, pieces));
                    continue;
                }
                To::List(list) => Some(*list),
                To::Named(name) => self.names.get(name).copied(),
                To::Elsewhere => None,
            };
            match inner {
                Some(inner) => stack.push((inner, 0, built)),
                None => found.elsewhere += 1,
            }
        }
        found
    }
}

/// Names, texts and marks; comments and layout within brackets are left out.
fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut depth) = (0_usize, 0_u32);
    while let Some(&letter) = letters.get(at) {
        match letter {
            '#' => at += letters[at..].iter().take_while(|&&other| other != '\n').count(),
            '\\' if letters.get(at + 1) == Some(&'\n') => at += 2,
            '\n' => {
                if depth == 0 && tokens.last().is_some_and(|last| *last != Token::End) {
                    tokens.push(Token::End);
                }
                at += 1;
            }
            '"' | '\'' => {
                let (value, end) = quoted(&letters, at, "");
                tokens.push(Token::Text(value));
                at = end;
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                let is_of_name = |other: &&char| other.is_alphanumeric() || **other == '_';
                let name: String = letters[at..].iter().take_while(is_of_name).collect();
                at += name.chars().count();
                let is_prefix = name.len() <= 2 && name.chars().all(|letter| "rRbBuUfF".contains(letter));
                if is_prefix && matches!(letters.get(at), Some('"' | '\'')) {
                    let (value, end) = quoted(&letters, at, &name.to_ascii_lowercase());
                    tokens.push(Token::Text(value));
                    at = end;
                } else {
                    tokens.push(Token::Name(name));
                }
            }
            letter if letter.is_whitespace() => at += 1,
            mark => {
                match mark {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                tokens.push(Token::Mark(mark));
                at += 1;
            }
        }
    }
    tokens.push(Token::End);
    tokens
}

/// The value of the string whose quote is at `at`, and what is behind it.
fn quoted(letters: &[char], at: usize, prefix: &str) -> (String, usize) {
    let quote = letters[at];
    let is_long = letters.get(at + 1) == Some(&quote) && letters.get(at + 2) == Some(&quote);
    let length = if is_long { 3 } else { 1 };
    let (is_raw, is_filled) = (prefix.contains('r'), prefix.contains('f'));
    let mut value = String::new();
    let mut at = at + length;
    while let Some(&letter) = letters.get(at) {
        let ends = letters[at..].iter().take(length).filter(|&&other| other == quote).count() == length;
        if ends {
            return (value, at + length);
        }
        at += 1;
        match letter {
            '\n' if !is_long => return (value, at),
            '\\' => {
                let next = letters.get(at).copied();
                at += 1;
                match next {
                    // Python leaves what it does not know as it is: \d.
                    Some(other) if is_raw || !"\\'\"\n".contains(other) => value.extend(['\\', other]),
                    Some('\n') | None => {}
                    Some(other) => value.push(other),
                }
            }
            // What is filled in is not known.
            '{' if is_filled => value.push('<'),
            '}' if is_filled => value.push('>'),
            letter => value.push(letter),
        }
    }
    (value, letters.len())
}
