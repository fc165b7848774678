//! What makes a file other than one of cProfile's: other tools' meanings, and damage that left it
//! readable.

use super::{Noted, Slot, Table, byte};
use crate::document::{Diagnostics, Level};
use crate::format;
use crate::profile::{FunctionId, Functions};

impl Table {
    /// Says what makes the file other than one of cProfile's.
    pub(super) fn diagnose(
        &self,
        functions: &Functions,
        without_entry: &[Slot],
        place: &dyn Fn(Slot) -> String,
        diagnostics: &mut Diagnostics,
    ) {
        if self.sampled {
            let message = "recorded by a sampling profiler: calls are numbers of samples, and a function \
                           appears once for each of its lines";
            diagnostics.note(Level::Info, message, || None);
        }
        let mut noted = |level, message: &str, noted: Option<Noted>| {
            if let Some(Noted { count, first }) = noted {
                diagnostics.note_many(level, message, count, || Some(place(first)));
            }
        };
        noted(
            Level::Warning,
            "times of callers are estimated from how often they called: the file (by `profile` or a \
             sampling profiler) does not have them",
            self.counts_only,
        );
        noted(
            Level::Info,
            "several records of one caller, as old versions merge files, are added up",
            self.concatenated,
        );
        noted(Level::Warning, "a function has two entries; the last one counts", self.repeated);
        noted(Level::Warning, "times that are no finite number count as zero", self.not_finite);
        let without_entry =
            without_entry.first().map(|&first| Noted { count: without_entry.len() as u64, first });
        noted(Level::Warning, "callers without an entry of their own", without_entry);
        let mut count_where = |message: &str, strange: &dyn Fn(usize) -> bool| {
            let mut strange = (0..functions.len()).filter(|&index| strange(index));
            if let Some(first) = strange.next() {
                let count = 1 + strange.count() as u64;
                let id = first as FunctionId;
                diagnostics.note_many(Level::Warning, message, count, || {
                    Some(format::pstats_place(functions.file(id), functions.line(id), functions.name(id)))
                });
            }
        };
        let (calls, primitive_calls) = (&functions.calls, &functions.primitive_calls);
        count_where("numbers of calls are unknown (negative, as pyinstrument writes them)", &|index| {
            calls[index] < 0 || primitive_calls[index] < 0
        });
        count_where("more primitive calls than calls", &|index| primitive_calls[index] > calls[index]);
        count_where(
            "calls and self time, but no primitive calls and no total time: Python 3.12.0 lost them",
            &|index| {
                let (own, total) = (functions.self_time[index], functions.total_time[index]);
                calls[index] > 0 && primitive_calls[index] == 0 && own > 0.0 && total == 0.0
            },
        );
        count_where("negative times: the clock was set back while recording", &|index| {
            functions.self_time[index] < 0.0 || functions.total_time[index] < 0.0
        });
        if let Some((first, count)) = self.skipped {
            let message = "entries that are no functions are left out";
            diagnostics.note_many(Level::Warning, message, count, || Some(byte(first)));
        }
    }
}
