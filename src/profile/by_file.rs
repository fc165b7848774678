//! What is asked of each function and mostly follows from its file: there are far fewer files than functions, and to tell
//! where a file lies takes longer than to look up what it was told of it before.

use super::writer::Writer;
use super::{FunctionId, Functions};

/// What is known of some functions' files.
#[derive(Debug, Clone)]
pub(super) struct ByFile<T> {
    /// Per file: what was asked.
    known: Vec<Option<T>>,
    /// Per file: whether its functions are built-in ones, without a line and with one.
    built_in: [Vec<Option<bool>>; 2],
    /// Per name: whether the file is not enough.
    matters: Vec<Option<bool>>,
}

impl<T: Copy> ByFile<T> {
    /// Nothing yet, of the files and names that there are now.
    pub fn of(functions: &Functions) -> Self {
        let files = functions.files.len();
        Self {
            known: vec![None; files],
            built_in: [vec![None; files], vec![None; files]],
            matters: vec![None; functions.names.len()],
        }
    }

    /// What `ask` says of `function`, asked once for each file. `matters`: whether for a name the file is not enough, the
    /// same whenever it is asked. Built-in functions are asked for each.
    pub fn get(
        &mut self,
        functions: &Functions,
        function: FunctionId,
        matters: impl Fn(&str) -> bool,
        ask: impl FnOnce(FunctionId) -> T,
    ) -> T {
        let at = function as usize;
        let (file, name) = (functions.file[at] as usize, functions.name[at] as usize);
        let built_in = &mut self.built_in[usize::from(functions.line[at] != 0)];
        let places = (self.known.get_mut(file), built_in.get_mut(file), self.matters.get_mut(name));
        let (Some(known), Some(built_in), Some(name_matters)) = places else { return ask(function) };
        let alone = *built_in.get_or_insert_with(|| functions.is_built_in(function))
            || *name_matters.get_or_insert_with(|| matters(functions.name(function)))
            // Of what import took, the name is a module's.
            || functions.writer == Writer::ImportTime;
        if alone { ask(function) } else { *known.get_or_insert_with(|| ask(function)) }
    }
}
