//! Marshalled values on a tape, and what can be wrong with their bytes.

use thiserror::Error;

/// Index of a value on the tape.
pub type NodeId = u32;

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// None, Ellipsis, a complex number.
    Singleton,
    /// True or False.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer of more than 64 bits.
    Huge,
    /// A float.
    Float(f64),
    /// A text or a byte string: see [`super::Reader::text`].
    Text(u32),
    /// A tuple or list; its items follow.
    Tuple {
        /// How many items.
        length: u32,
        /// One past its last node.
        end: NodeId,
    },
    /// A dict; its keys and values follow in turn.
    Dict {
        /// One past its last node.
        end: NodeId,
    },
    /// A code object; its parts follow, see [`super::Reader::code`].
    Code {
        /// Whether in the layout of Python 3.11 and later.
        recent: bool,
        /// One past its last node.
        end: NodeId,
    },
    /// Any other compound: a set, a slice.
    Other {
        /// One past its last node.
        end: NodeId,
    },
    /// The same object as an earlier compound.
    Alias(NodeId),
    /// The dict that is being read, inside itself.
    Whole,
}

/// Why bytes are no marshalled dict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{fault} at byte {position}")]
pub struct Error {
    /// Where.
    pub position: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end within an object.
    #[error("the file ends too early")]
    Truncated,
    /// No object begins with this byte.
    #[error("no Python object begins with the byte {0:#04x} that stands")]
    UnknownType(u8),
    /// A length is negative.
    #[error("there is an impossible length")]
    Length,
    /// A back-reference to an object that was not there.
    #[error("there is a reference to nothing")]
    Reference,
    /// A number's text or digits make no number.
    #[error("there is a malformed number")]
    Number,
    /// A dict ends between a key and its value, or elsewhere than in a dict.
    #[error("a dict ends where none can")]
    Unbalanced,
    /// Objects within objects, too deep.
    #[error("objects are nested too deeply")]
    TooDeep,
}

/// The parts of a compound, in order.
pub struct Parts<'r> {
    nodes: &'r [Node],
    next: NodeId,
    end: NodeId,
}

impl<'r> Parts<'r> {
    /// Those of the compound at `id`; none of any other node.
    pub(super) fn of(nodes: &'r [Node], id: NodeId) -> Self {
        Self { nodes, next: id + 1, end: end_of(nodes, id) }
    }
}

impl Iterator for Parts<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let id = self.next;
        if id >= self.end {
            return None;
        }
        self.next = end_of(self.nodes, id);
        Some(id)
    }
}

/// One past the last node of a value.
fn end_of(nodes: &[Node], id: NodeId) -> NodeId {
    match nodes.get(id as usize) {
        Some(Node::Tuple { end, .. } | Node::Dict { end } | Node::Code { end, .. } | Node::Other { end }) => {
            *end
        }
        _ => id + 1,
    }
}
