//! Transforms as a short text for the page's address: `f12,m7,odjango.contrib`.

use super::{Path, Transform};

/// What stands for a comma, which separates steps, within one.
const COMMA: &str = "%2C";

impl Transform {
    /// A letter and what it is about; a stack is `s`, with import frames hidden `S`, and ids with dots between.
    pub fn text(&self) -> String {
        let stack = |letters: [char; 2], path: &Path| {
            let letter = letters[usize::from(path.without_imports)];
            let ids: Vec<String> = path.functions.iter().map(u32::to_string).collect();
            format!("{letter}{}", ids.join("."))
        };
        match self {
            Self::FocusStack(path) => stack(['s', 'S'], path),
            Self::FocusFunction(function) => format!("f{function}"),
            Self::MergeFunction(function) => format!("m{function}"),
            Self::MergeStack(path) => stack(['n', 'N'], path),
            Self::Drop(function) => format!("d{function}"),
            Self::CollapseCallees(function) => format!("c{function}"),
            Self::CollapsePackage(function) => format!("p{function}"),
            Self::OnlyMine(prefixes) => format!("o{}", prefixes.replace(',', COMMA)),
            Self::CollapseRecursion(function) => format!("r{function}"),
            Self::HideBelow(percent) => format!("h{percent}"),
        }
    }

    /// What [`Self::text`] wrote; `None` for anything else.
    pub fn parsed(text: &str) -> Option<Self> {
        let rest = text.get(1..)?;
        let id = || rest.parse::<u32>().ok();
        let stack = |without_imports| {
            let functions: Option<Vec<u32>> = rest.split('.').map(|id| id.parse().ok()).collect();
            functions.map(|functions| Path { functions, without_imports })
        };
        Some(match text.as_bytes()[0] {
            b's' => Self::FocusStack(stack(false)?),
            b'S' => Self::FocusStack(stack(true)?),
            b'n' => Self::MergeStack(stack(false)?),
            b'N' => Self::MergeStack(stack(true)?),
            b'f' => Self::FocusFunction(id()?),
            b'm' => Self::MergeFunction(id()?),
            b'd' => Self::Drop(id()?),
            b'c' => Self::CollapseCallees(id()?),
            b'r' => Self::CollapseRecursion(id()?),
            b'p' => Self::CollapsePackage(id()?),
            b'o' => Self::OnlyMine(rest.replace(COMMA, ",")),
            // Shares are a list to choose from: thousandths are enough, and need no parser of decimals.
            b'h' => Self::HideBelow(thousandths(rest)?),
            _ => return None,
        })
    }

    /// Several steps.
    pub fn texts(steps: &[Self]) -> String {
        steps.iter().map(Self::text).collect::<Vec<_>>().join(",")
    }

    /// What [`Self::texts`] wrote, as far as it can be read: later steps build on earlier ones.
    pub fn all_parsed(text: &str) -> Vec<Self> {
        text.split(',').map_while(Self::parsed).collect()
    }
}

/// A number such as `0.5`, of at most three decimals.
fn thousandths(text: &str) -> Option<f64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 {
        return None;
    }
    let whole = whole.parse::<u16>().ok()?;
    let part = format!("{decimals:0<3}").parse::<u16>().ok()?;
    Some(f64::from(whole) + f64::from(part) / 1000.0)
}
