//! What the normaliser writes to: a hash, and for a new fingerprint its text.

use super::super::keywords::{is_function, is_keyword};
use super::TEXT_LIMIT;
use super::hash::{SEED, mix, mix_bytes};

/// What was written last, for blanks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, or something that takes no blank after it.
    Open,
    /// A name or function: no blank before `(` and `[`.
    Callable,
    /// Any other word, a value, an operator.
    Other,
    /// A closing bracket or value: no blank before `[`.
    Closed,
}

/// The hash, and with `TEXT` the text, of the tokens so far. Branches of a UNION are hashed apart,
/// so that a repeated one can be taken back.
pub struct Output<const TEXT: bool> {
    /// Hash of all branches closed so far; of all tokens once finished.
    pub whole: u64,
    branch: u64,
    union: Option<Union>,
    /// What was written around the subqueries that are open.
    around: Vec<Around>,
    /// The text; empty without `TEXT`.
    pub text: String,
    last: Last,
}

struct Union {
    /// Hash of `UNION [ALL]`.
    connector: u64,
    /// Hash of the connector and branch accepted last.
    accepted: u64,
    /// Where the text ended before the connector.
    text: usize,
    last: Last,
}

/// What was written before a subquery, whose own branches are told apart.
struct Around {
    whole: u64,
    branch: u64,
    union: Option<Union>,
    /// The depth inside the subquery's parentheses.
    depth: u32,
}

/// Tells tokens of equal bytes but different kind apart.
const QUOTED: u64 = 1 << 40;
const VALUE: u64 = 2 << 40;
const SYMBOL: u64 = 3 << 40;

impl<const TEXT: bool> Output<TEXT> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            whole: SEED,
            branch: SEED,
            union: None,
            around: Vec::new(),
            text: String::new(),
            last: Last::Open,
        }
    }

    fn blank(&mut self) {
        if self.last != Last::Open {
            self.text.push(' ');
        }
    }

    /// A keyword or unquoted name.
    #[inline]
    pub fn word(&mut self, bytes: &[u8]) {
        self.branch = if bytes.is_ascii() {
            mix_bytes::<true>(self.branch, bytes)
        } else {
            mix_bytes::<false>(self.branch, &bytes.to_ascii_lowercase())
        };
        if TEXT && self.text.len() <= TEXT_LIMIT {
            self.blank();
            let word = String::from_utf8_lossy(bytes);
            let keyword = is_keyword(bytes);
            if keyword {
                self.text.push_str(&word.to_ascii_uppercase());
            } else {
                self.text.push_str(&word.to_ascii_lowercase());
            }
            self.last = if !keyword || is_function(bytes) { Last::Callable } else { Last::Other };
        }
    }

    /// A quoted identifier, quotes included.
    #[inline]
    pub fn quoted(&mut self, bytes: &[u8]) {
        self.branch = mix_bytes::<false>(self.branch ^ QUOTED, bytes);
        if TEXT && self.text.len() <= TEXT_LIMIT {
            self.blank();
            self.text.push_str(&String::from_utf8_lossy(bytes));
            self.last = Last::Other;
        }
    }

    /// A literal or placeholder.
    #[inline]
    pub fn value(&mut self) {
        self.branch = mix(self.branch, VALUE);
        if TEXT && self.text.len() <= TEXT_LIMIT {
            self.blank();
            self.text.push('?');
            self.last = Last::Closed;
        }
    }

    /// An operator.
    #[inline]
    pub fn operator(&mut self, bytes: &[u8]) {
        self.branch = mix_bytes::<false>(self.branch ^ SYMBOL, bytes);
        if TEXT && self.text.len() <= TEXT_LIMIT {
            if bytes == b"::" {
                if self.text.ends_with(':') {
                    self.text.push(' ');
                }
                self.text.push_str("::");
                self.last = Last::Open;
            } else {
                self.blank();
                self.text.push_str(&String::from_utf8_lossy(bytes));
                self.last = Last::Other;
            }
        }
    }

    /// A bracket, comma, dot or semicolon.
    #[inline]
    pub fn punctuation(&mut self, byte: u8) {
        self.branch = mix(self.branch, SYMBOL | u64::from(byte));
        if TEXT && self.text.len() <= TEXT_LIMIT {
            match byte {
                b'(' if self.last != Last::Callable => self.blank(),
                b'[' if self.last == Last::Other => self.blank(),
                _ => {}
            }
            self.text.push(char::from(byte));
            self.last = match byte {
                b'(' | b'[' | b'.' | b'{' => Last::Open,
                b')' | b']' => Last::Closed,
                _ => Last::Other,
            };
        }
    }

    /// Accepts the branch just written, or takes it back if it repeats the one before.
    fn close_branch(&mut self) -> u64 {
        match self.union.take() {
            None => {
                self.whole = mix(self.whole, self.branch);
                0
            }
            Some(union) => {
                let branch = mix(union.connector, self.branch);
                if branch == union.accepted {
                    self.text.truncate(union.text);
                    self.last = union.last;
                } else {
                    self.whole = mix(self.whole, branch);
                }
                branch
            }
        }
    }

    /// At the word UNION.
    pub fn begin_branch(&mut self, word: &[u8]) {
        let accepted = self.close_branch();
        self.union = Some(Union { connector: 0, accepted, text: self.text.len(), last: self.last });
        self.branch = SEED;
        self.word(word);
    }

    /// After UNION's own words.
    pub fn branch_begun(&mut self) {
        if let Some(union) = &mut self.union {
            union.connector = self.branch;
        }
        self.branch = SEED;
    }

    /// What follows belongs to no branch.
    pub fn end_branches(&mut self) {
        if self.union.is_some() {
            self.close_branch();
            self.branch = SEED;
        }
    }

    /// The depth of parentheses at which the branches of the subquery are that is being written.
    #[inline]
    pub fn level(&self) -> u32 {
        self.around.last().map_or(0, |around| around.depth)
    }

    /// A subquery begins, in parentheses that make this depth.
    pub fn begin_subquery(&mut self, depth: u32) {
        let (whole, branch, union) = (self.whole, self.branch, self.union.take());
        self.around.push(Around { whole, branch, union, depth });
        (self.whole, self.branch) = (SEED, SEED);
    }

    /// The innermost subquery ends.
    pub fn end_subquery(&mut self) {
        let Some(around) = self.around.pop() else { return };
        self.close_branch();
        let inner = self.whole;
        (self.whole, self.union) = (around.whole, around.union);
        self.branch = mix(around.branch, inner);
    }

    /// Whatever was opened ends here.
    pub fn end_subqueries(&mut self) {
        while !self.around.is_empty() {
            self.end_subquery();
        }
    }

    /// After the last token.
    pub fn finish(&mut self) {
        self.end_subqueries();
        self.close_branch();
    }
}
