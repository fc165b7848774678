//! Which tool a profile is by: what its numbers mean, and what may be said of them, follows from that.

use serde::{Deserialize, Serialize};

/// The name of the function that stands for C code of which yappi did not record what it was.
pub const C_CODE: &str = "<C code>";

/// A tool that records profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Writer {
    /// It cannot be told, or makes no difference: other formats say by their columns what they have.
    #[default]
    Unknown,
    /// `cProfile`, since Python 3.15 `profiling.tracing`.
    CProfile,
    /// `profile`, which is written in Python: times of callers are not in its files.
    Profile,
    /// yappi: waiting coroutines count as running on its wall clock, and C code is left out if not asked for.
    Yappi,
    /// pyinstrument: no calls; time of recursive functions once per level.
    Pyinstrument,
    /// Python 3.15's `profiling.sampling`: samples of lines, no calls.
    Sampling,
    /// `python -X importtime`: what it calls a function is the import of a module.
    ImportTime,
}

impl Writer {
    /// Its name in sentences and in JSON; nothing where it is not known.
    pub fn name(self) -> Option<&'static str> {
        match self {
            // The format says it.
            Self::Unknown | Self::ImportTime => None,
            Self::CProfile => Some("cProfile"),
            Self::Profile => Some("profile"),
            Self::Yappi => Some("yappi"),
            Self::Pyinstrument => Some("pyinstrument"),
            Self::Sampling => Some("profiling.sampling"),
        }
    }

    /// [`Self::name`], but of cProfile, whose files are what everybody takes them for.
    pub fn other(self) -> Option<&'static str> {
        self.name().filter(|_| self != Self::CProfile)
    }

    /// Whether it looks from time to time, and so neither counts calls nor slows them down.
    pub fn samples(self) -> bool {
        matches!(self, Self::Pyinstrument | Self::Sampling)
    }
}
