//! Kinds of events, and the classes they are shown in.

use serde::{Deserialize, Serialize};

/// What happened. Saved files know a kind by its place here: later ones are added at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It failed, for none of the reasons below.
    Error,
    /// It ran longer than `statement_timeout`.
    StatementTimeout,
    /// Someone cancelled it: `pg_cancel_backend`, Ctrl-C, a client's own timeout.
    Cancelled,
    /// It waited longer than `lock_timeout` for a lock.
    LockTimeout,
    /// It and others waited for each other: the server ended it.
    Deadlock,
    /// It waits for a lock longer than `deadlock_timeout`.
    LockWait,
    /// It got the lock it had waited for.
    LockAcquired,
    /// It needed more memory than `work_mem` and wrote to disk.
    TemporaryFile,
    /// Its plan was logged (`auto_explain`).
    Plan,
    /// It did not get a lock it would not wait for (`NOWAIT`, with `log_lock_failures`).
    LockFailure,
    /// Its session was ended by `idle_in_transaction_session_timeout`, `idle_session_timeout` or
    /// `transaction_timeout`.
    SessionTimeout,
    /// Its session was ended: `pg_terminate_backend`, a shutdown, a client that went away.
    Terminated,
    /// A standby had to choose between it and replication, or waited for it to end.
    RecoveryConflict,
    /// A connection was refused: too many of them, a wrong password, no such database.
    Refused,
    /// A session began.
    Connected,
    /// A session ended.
    Disconnected,
    /// A checkpoint, or a standby's restartpoint.
    Checkpoint,
    /// Checkpoints come too often (`checkpoint_warning`).
    FrequentCheckpoints,
    /// Autovacuum went over a table.
    Vacuum,
    /// Autovacuum counted a table's values anew.
    Analyze,
    /// The server warned of something.
    Warning,
}

/// What kinds of events are shown together. Every kind is of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventClass {
    /// Statements that failed, and what else the server calls an error.
    #[default]
    Errors,
    /// What was cancelled, or ended by a timeout.
    Cancelled,
    /// Waits for locks, and deadlocks.
    Locks,
    /// Temporary files.
    TemporaryFiles,
    /// Checkpoints.
    Checkpoints,
    /// Autovacuum's work.
    Vacuum,
    /// Sessions that began, ended, or were refused.
    Connections,
    /// Warnings.
    Warnings,
    /// Plans.
    Plans,
}

impl EventKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 21] = [
        Self::Error,
        Self::Deadlock,
        Self::StatementTimeout,
        Self::LockTimeout,
        Self::Cancelled,
        Self::SessionTimeout,
        Self::Terminated,
        Self::RecoveryConflict,
        Self::Refused,
        Self::LockWait,
        Self::LockAcquired,
        Self::LockFailure,
        Self::TemporaryFile,
        Self::FrequentCheckpoints,
        Self::Checkpoint,
        Self::Vacuum,
        Self::Analyze,
        Self::Warning,
        Self::Connected,
        Self::Disconnected,
        Self::Plan,
    ];

    /// One and several of them, as people say it.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => ("error", "errors"),
            Self::StatementTimeout => ("statement timeout", "statement timeouts"),
            Self::Cancelled => ("cancelled statement", "cancelled statements"),
            Self::LockTimeout => ("lock timeout", "lock timeouts"),
            Self::Deadlock => ("deadlock", "deadlocks"),
            Self::LockWait => ("wait for a lock", "waits for locks"),
            Self::LockAcquired => ("lock acquired after a wait", "locks acquired after a wait"),
            Self::TemporaryFile => ("temporary file", "temporary files"),
            Self::Plan => ("plan", "plans"),
            Self::LockFailure => ("lock not obtained", "locks not obtained"),
            Self::SessionTimeout => ("session timeout", "session timeouts"),
            Self::Terminated => ("terminated session", "terminated sessions"),
            Self::RecoveryConflict => ("replication conflict", "replication conflicts"),
            Self::Refused => ("refused connection", "refused connections"),
            Self::Connected => ("connection", "connections"),
            Self::Disconnected => ("disconnection", "disconnections"),
            Self::Checkpoint => ("checkpoint", "checkpoints"),
            Self::FrequentCheckpoints => {
                ("warning of frequent checkpoints", "warnings of frequent checkpoints")
            }
            Self::Vacuum => ("autovacuum", "autovacuums"),
            Self::Analyze => ("auto-analyze", "auto-analyzes"),
            Self::Warning => ("warning", "warnings"),
        }
    }

    /// `3 temporary files`
    pub fn counted(self, count: u32) -> String {
        let (one, several) = self.names();
        format!("{} {}", crate::format::count(i64::from(count)), if count == 1 { one } else { several })
    }

    /// Its name in addresses and exports: `temporary_file`, as JSON has it.
    pub fn key(self) -> String {
        self.names().0.replace([' ', '-'], "_")
    }

    /// Whether a statement that runs ends by it, without a result.
    pub fn ends_statement(self) -> bool {
        matches!(
            self,
            Self::Error
                | Self::StatementTimeout
                | Self::Cancelled
                | Self::LockTimeout
                | Self::Deadlock
                | Self::SessionTimeout
                | Self::Terminated
                | Self::RecoveryConflict
        )
    }

    /// What it is shown with.
    pub fn class(self) -> EventClass {
        match self {
            Self::Error => EventClass::Errors,
            Self::StatementTimeout
            | Self::Cancelled
            | Self::LockTimeout
            | Self::SessionTimeout
            | Self::Terminated
            | Self::RecoveryConflict => EventClass::Cancelled,
            Self::Deadlock | Self::LockWait | Self::LockAcquired | Self::LockFailure => EventClass::Locks,
            Self::TemporaryFile => EventClass::TemporaryFiles,
            Self::Checkpoint | Self::FrequentCheckpoints => EventClass::Checkpoints,
            Self::Vacuum | Self::Analyze => EventClass::Vacuum,
            Self::Refused | Self::Connected | Self::Disconnected => EventClass::Connections,
            Self::Warning => EventClass::Warnings,
            Self::Plan => EventClass::Plans,
        }
    }
}

impl EventClass {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Errors,
        Self::Cancelled,
        Self::Locks,
        Self::TemporaryFiles,
        Self::Checkpoints,
        Self::Vacuum,
        Self::Connections,
        Self::Warnings,
        Self::Plans,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Errors => "Errors",
            Self::Cancelled => "Cancelled",
            Self::Locks => "Locks",
            Self::TemporaryFiles => "Temporary files",
            Self::Checkpoints => "Checkpoints",
            Self::Vacuum => "Autovacuum",
            Self::Connections => "Connections",
            Self::Warnings => "Warnings",
            Self::Plans => "Plans",
        }
    }

    /// Its name in addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Cancelled => "cancelled",
            Self::Locks => "locks",
            Self::TemporaryFiles => "temporary-files",
            Self::Checkpoints => "checkpoints",
            Self::Vacuum => "autovacuum",
            Self::Connections => "connections",
            Self::Warnings => "warnings",
            Self::Plans => "plans",
        }
    }

    /// The class of this [`Self::key`].
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.key() == key)
    }

    /// Whether [`super::Events::amount_of`] is bytes here; else it is milliseconds.
    pub fn is_in_bytes(self) -> bool {
        self == Self::TemporaryFiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_there_once() {
        let mut places = EventKind::ALL.map(|kind| kind as usize);
        places.sort_unstable();
        assert_eq!(places.to_vec(), (0..EventKind::ALL.len()).collect::<Vec<_>>());
        for class in EventClass::ALL {
            assert_eq!(EventClass::from_key(class.key()), Some(class));
            assert!(EventKind::ALL.iter().any(|kind| kind.class() == class), "{class:?}");
        }
    }
}
