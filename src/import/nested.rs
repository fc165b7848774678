//! Trees of frames that are nested in a file, as pyinstrument's and vprof's are: taken apart without recursion,
//! and put together as stacks. A frame's entries may stand before or behind its children.

use super::json::{Fault, Json};
use crate::profile::Strings;
use crate::profile::call_tree::NO_PARENT;

/// A frame of the tree. Its texts are numbers in [`Texts`].
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The place of its caller in the list, or [`NO_PARENT`].
    pub parent: u32,
    /// Its file, empty where there is none.
    pub file: u32,
    /// 0 where there is none.
    pub line: i64,
    /// What was running.
    pub name: u32,
    /// What was measured of it and of all below.
    pub total: f64,
}

impl Node {
    /// One of which nothing is known yet, called by `parent`.
    pub fn below(parent: u32) -> Self {
        Self { parent, file: 0, line: 0, name: 0, total: 0.0 }
    }
}

/// The files and names of a tree's frames, each once: a file has as many frames as the program had stacks.
pub struct Texts(Strings);

impl Texts {
    /// With the empty text, which is number 0.
    pub fn new() -> Self {
        let mut texts = Strings::default();
        texts.intern("");
        Self(texts)
    }

    /// The number of the text that comes next; of what else stands there that of an empty one.
    pub fn read(&mut self, json: &mut Json<'_, '_>) -> Result<u32, Fault> {
        Ok(json.text_lent()?.map_or(0, |text| self.0.intern(text)))
    }

    /// The text of a number.
    pub fn get(&self, id: u32) -> &str {
        self.0.get(id)
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
    let mut name = String::new();
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
            Some("children") => {
                if json.array()?
                    && let Some(last) = open.last_mut()
                {
                    last.1 = true;
                }
            }
            Some(key) => {
                key.clone_into(&mut name);
                entry(json, &name, &mut nodes[node as usize])?;
            }
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
