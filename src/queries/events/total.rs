//! What the events of a kind add up to, and how people say it.

use serde::{Deserialize, Serialize};

use super::EventKind;
use crate::format;

/// Events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EventTotal {
    /// The kind.
    pub kind: EventKind,
    /// How many.
    pub count: u32,
    /// Sum of what is known of them ([`super::Events::amount_of`]): bytes of temporary files, else ms.
    pub amount: f64,
    /// The largest of them.
    pub largest: f64,
    /// How many have one.
    pub known: u32,
}

impl EventTotal {
    /// No event yet.
    pub fn none(kind: EventKind) -> Self {
        Self { kind, count: 0, amount: 0.0, largest: 0.0, known: 0 }
    }

    /// Takes in one event; `amount` may be NaN.
    pub fn add(&mut self, amount: f64) {
        self.count += 1;
        if !amount.is_nan() {
            self.known += 1;
            self.amount += amount;
            self.largest = self.largest.max(amount);
        }
    }

    /// `188 temporary files (85.2 GB, up to 899 MB)`
    pub fn text(&self) -> String {
        let counted = self.kind.counted(self.count);
        match self.amounts() {
            Some(amounts) => format!("{counted} ({amounts})"),
            None => counted,
        }
    }

    /// `85.2 GB, up to 899 MB`, `1.31 s, up to 500 ms`; nothing where a sum says nothing.
    pub fn amounts(&self) -> Option<String> {
        // What takes less than the clock's step says nothing.
        if self.known == 0 || self.amount <= 0.0 || !says_something(self.kind) {
            return None;
        }
        let amount = |value: f64| {
            if self.kind.class().is_in_bytes() {
                format::bytes(value.max(0.0) as u64)
            } else {
                format::milliseconds(value)
            }
        };
        Some(match self.known {
            1 => amount(self.amount),
            _ => format!("{}, up to {}", amount(self.amount), amount(self.largest)),
        })
    }
}

/// Whether the sum of a kind's amounts is worth a word: that of plans is time of statements.
fn says_something(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::TemporaryFile
            | EventKind::LockWait
            | EventKind::Checkpoint
            | EventKind::Vacuum
            | EventKind::Analyze
            | EventKind::Disconnected
            | EventKind::RecoveryConflict
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_one_line() {
        let mut files = EventTotal::none(EventKind::TemporaryFile);
        files.add(899e6);
        assert_eq!(files.text(), "1 temporary file (899 MB)");
        files.add(1e6);
        assert_eq!(files.text(), "2 temporary files (900 MB, up to 899 MB)");
        let mut errors = EventTotal::none(EventKind::Error);
        errors.add(f64::NAN);
        assert_eq!(errors.text(), "1 error");
        let mut plans = EventTotal::none(EventKind::Plan);
        plans.add(5.0);
        assert_eq!(plans.text(), "1 plan");
    }
}
