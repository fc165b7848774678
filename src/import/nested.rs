//! Trees of frames that are nested in a file, as pyinstrument's and vprof's are: taken apart without recursion,
//! and put together as stacks. A frame's entries may stand before or behind its children.

use super::json::{Fault, Json};
use crate::profile::call_tree::NO_PARENT;

/// A frame of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place in the list, or [`NO_PARENT`].
    pub parent: u32,
    /// `~` where there is no file.
    pub file: String,
    /// 0 where there is none.
    pub line: i64,
    /// What was running.
    pub name: String,
    /// What was measured of it and of all below.
    pub total: f64,
}

impl Node {
    /// One of which nothing is known yet, called by `parent`.
    pub fn below(parent: u32) -> Self {
        Self { parent, file: String::new(), line: 0, name: String::new(), total: 0.0 }
    }
}

/// Reads the tree whose root comes next; frames come before what they called. `below` makes a frame that the one at
/// this place called, or nothing ([`NO_PARENT`]); `entry` is given each entry but `children`, and must take its value.
pub fn read<N>(
    json: &mut Json<'_, '_>,
    below: impl Fn(u32) -> N,
    mut entry: impl FnMut(&mut Json<'_, '_>, &str, &mut N) -> Result<(), Fault>,
) -> Result<Vec<N>, Fault> {
    let mut nodes: Vec<N> = Vec::new();
    if !json.object()? {
        return Ok(nodes);
    }
    nodes.push(below(NO_PARENT));
    // The frames whose objects are open, and whether one is within the children.
    let mut open: Vec<(u32, bool)> = vec![(0, false)];
    while let Some(&(node, within)) = open.last() {
        if within {
            if !json.item()? {
                if let Some(last) = open.last_mut() {
                    last.1 = false;
                }
            } else if json.object()? {
                open.push((nodes.len() as u32, false));
                nodes.push(below(node));
            }
            continue;
        }
        match json.key()? {
            None => {
                open.pop();
            }
            Some(key) if key == "children" => {
                if json.array()?
                    && let Some(last) = open.last_mut()
                {
                    last.1 = true;
                }
            }
            Some(key) => entry(json, &key, &mut nodes[node as usize])?,
        }
    }
    Ok(nodes)
}

/// What each of `nodes` has itself: its total less those of its children; no less than nothing.
pub fn own(nodes: &[Node]) -> Vec<f64> {
    let mut own: Vec<f64> = nodes.iter().map(|node| node.total).collect();
    for node in nodes {
        if node.parent != NO_PARENT {
            own[node.parent as usize] -= node.total;
        }
    }
    own
}
