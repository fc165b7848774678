//! What the labels of samples say of their threads.

use rustc_hash::FxHashMap;

use super::super::line_stacks::LineStacks;
use super::super::wire::Fault;
use super::{File, numbers};
use crate::profile::Track;

impl File<'_> {
    /// What a label says of the thread. A sample has several labels, of which each is named by the same few texts.
    pub(super) fn label(
        &self,
        label: &[u8],
        at: u64,
        kinds: &mut FxHashMap<u64, Label>,
        thread: &mut Thread,
    ) -> Result<(), Fault> {
        let [key, text, number] = numbers(label, at, [1, 2, 3])?;
        let kind = *kinds.entry(key).or_insert_with(|| {
            match self.text(key).to_ascii_lowercase().replace(['_', '-'], " ").as_str() {
                "thread id" | "tid" => Label::Thread,
                "process id" | "pid" => Label::Process,
                "thread name" => Label::Name,
                _ => Label::Other,
            }
        });
        let number = || if text == 0 { Some(number) } else { self.text(text).parse().ok() };
        match kind {
            Label::Thread => thread.number = number(),
            Label::Process => thread.process = number(),
            Label::Name if text != 0 => thread.name = text,
            Label::Name | Label::Other => {}
        }
        Ok(())
    }
}

/// What a label is about.
#[derive(Clone, Copy)]
pub(super) enum Label {
    Thread,
    Process,
    Name,
    Other,
}

/// What the labels of a sample say; the name is the number of a text, 0 where there is none.
#[derive(Default, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    pub process: Option<u64>,
    pub number: Option<u64>,
    name: u64,
}

/// The tracks of threads.
#[derive(Default)]
pub(super) struct Threads {
    tracks: FxHashMap<(Option<u64>, Option<u64>, String), u32>,
    known: FxHashMap<Thread, u32>,
    /// Per track: what its last sample said, by which it is named.
    last: Vec<Thread>,
}

impl Threads {
    /// The track of a sample.
    pub fn track(&mut self, thread: Thread, file: &File<'_>, stacks: &mut LineStacks) -> u32 {
        if let Some(&track) = self.known.get(&thread)
            && self.last.get(track as usize) == Some(&thread)
        {
            return track;
        }
        let mut name = if thread.name == 0 { String::new() } else { file.text(thread.name) };
        // A name that is the number is none: another sample of the thread has it.
        if thread.number.is_some_and(|number| name == number.to_string()) {
            name.clear();
        }
        let key = match thread.number {
            Some(_) => (thread.process, thread.number, String::new()),
            None => (thread.process, None, name.clone()),
        };
        let track = match self.tracks.get(&key) {
            Some(&known) => {
                if let Some(known) = stacks.track_mut(known).filter(|_| !name.is_empty()) {
                    known.name = name;
                }
                known
            }
            None => {
                let (process, thread) = (thread.process, thread.number);
                let track = stacks.track(Track { name, process, thread, ..Track::default() });
                self.last.push(Thread::default());
                *self.tracks.entry(key).or_insert(track)
            }
        };
        self.last[track as usize] = thread;
        self.known.insert(thread, track);
        track
    }
}
