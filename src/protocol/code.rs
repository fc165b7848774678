//! What is asked of a document's places in the code.

use serde::{Deserialize, Serialize};

/// A question about places in the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeAsk {
    /// Which of these source files, by their paths, are those that the document names:
    /// [`crate::code::sources::matched`].
    Sources(Vec<String>),
    /// Where in the code a log's statements come from.
    Callers,
    /// Which functions of a profile ran these stacks, innermost line first.
    Functions(Vec<Vec<CodeLine>>),
}

/// A line of code that was running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeLine {
    /// Path of its file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// Name of the function it is in.
    pub name: String,
}

/// What statements come from a line of code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// The user's own lines that were running, innermost first: the first is the same in all. A template's line may come
    /// from several views.
    pub stacks: Vec<Vec<CodeLine>>,
    /// What a filter names it by: a value of [`crate::queries::by::By::Caller`].
    pub value: String,
    /// How many statements.
    pub statements: u32,
    /// What they take, milliseconds.
    pub time: f64,
}

/// An answer to [`CodeAsk`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CodeAnswer {
    /// To [`CodeAsk::Sources`]: files of the document, each with the number of its source.
    Sources(Vec<(String, u32)>),
    /// To [`CodeAsk::Callers`]: most time first.
    Callers(Vec<Caller>),
    /// To [`CodeAsk::Functions`]: for each stack the innermost function that the profile has.
    Functions(Vec<Option<CodeFunction>>),
}

/// A function of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFunction {
    /// Its id.
    pub function: u32,
    /// Its name.
    pub name: String,
}

/// The function of each caller, out of an answer to [`CodeAsk::Functions`] about all their stacks; none where these
/// differ in it.
pub fn of_callers(callers: &[Caller], functions: &[Option<CodeFunction>]) -> Vec<Option<CodeFunction>> {
    let mut rest = functions;
    callers
        .iter()
        .map(|caller| {
            let (own, after) = rest.split_at(caller.stacks.len().min(rest.len()));
            rest = after;
            let first = own.first()?;
            own.iter().all(|other| other == first).then(|| first.clone())?
        })
        .collect()
}
