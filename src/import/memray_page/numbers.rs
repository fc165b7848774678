//! The page keeps each text once, and so do stacks.

use super::super::frame::NO_FILE;
use super::super::line_stacks::LineStacks;
use super::NONE;

/// What the page's texts are for the stacks, by their numbers in the page: each is looked up once.
pub(super) struct Numbers<'a> {
    strings: &'a [String],
    files: Vec<u32>,
    names: Vec<u32>,
}

impl<'a> Numbers<'a> {
    pub fn new(strings: &'a [String]) -> Self {
        // The last stands for all that are none.
        let unknown = vec![NONE; strings.len() + 1];
        Self { strings, files: unknown.clone(), names: unknown }
    }

    pub fn file(&mut self, id: u32, stacks: &mut LineStacks) -> u32 {
        let place = (id as usize).min(self.strings.len());
        if self.files[place] == NONE {
            let file = self.strings.get(place).map(String::as_str).filter(|file| !file.is_empty());
            self.files[place] = stacks.file(file.unwrap_or(NO_FILE));
        }
        self.files[place]
    }

    pub fn name(&mut self, id: u32, stacks: &mut LineStacks) -> u32 {
        let place = (id as usize).min(self.strings.len());
        if self.names[place] == NONE {
            self.names[place] = stacks.name(self.strings.get(place).map_or("", String::as_str));
        }
        self.names[place]
    }
}
