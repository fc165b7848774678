//! The boxes of a call tree by the layer they work for.

use crate::profile::call_tree::{MERGED, NO_PARENT};
use crate::profile::home::lies_in;
use crate::profile::{CallTree, FunctionId, Layer, Layers, Profile, category};

/// Per box of a call tree.
pub(super) struct Boxes {
    /// Its layer: of a shared built-in function that of its caller, of waiting in Python's own sockets that which
    /// asks for it. None for what is merged or idle.
    layer: Vec<Option<Layer>>,
}

impl Boxes {
    /// Those of `tree`.
    pub fn of(profile: &Profile, layers: &Layers, tree: &CallTree) -> Self {
        let mut boxes = Self { layer: Vec::with_capacity(tree.len()) };
        for at in 0..tree.len() {
            let above = match tree.parent[at] {
                NO_PARENT => None,
                parent => boxes.layer[parent as usize],
            };
            let function = tree.function[at];
            let own =
                Some(function).filter(|&function| function != MERGED).map(|function| layers.layer(function));
            let Some(own) = own.filter(|&own| own != Layer::Waiting || !is_idle(layers, tree, at)) else {
                boxes.layer.push(None);
                continue;
            };
            let layer = match (own, above) {
                (Layer::Network | Layer::Waiting, Some(Layer::Database)) => Layer::Database,
                (Layer::Waiting, Some(Layer::Network)) => Layer::Network,
                (_, Some(above)) if layers.is_shared(&profile.functions, function) => above,
                _ => own,
            };
            boxes.layer.push(Some(layer));
        }
        boxes
    }

    /// The layer that a box works for; none for what is merged or idle.
    pub fn layer(&self, at: usize) -> Option<Layer> {
        self.layer.get(at).copied().flatten()
    }

    /// What `callee` does when `caller` calls it.
    pub fn work(&self, profile: &Profile, tree: &CallTree, caller: FunctionId, callee: FunctionId) -> Work {
        let functions = &profile.functions;
        let mut times = [0.0; Layer::ALL.len()];
        let (mut statements, mut saves) = (0.0, 0.0);
        let mut at = 0;
        while at < tree.len() {
            let parent = tree.parent[at];
            let is_called = tree.function[at] == callee
                && parent != NO_PARENT
                && tree.function[parent as usize] == caller;
            if !is_called {
                at += 1;
                continue;
            }
            let end = tree.end[at] as usize;
            // Up to here within a driver.
            let mut driven = at;
            for below in at..end {
                if let Some(layer) = self.layer[below] {
                    times[layer as usize] += tree.self_time[below];
                }
                let function = tree.function[below];
                if function == MERGED {
                    continue;
                }
                let (file, name) = functions.known_as(function);
                if is_save(file, &name) {
                    saves += tree.calls[below];
                }
                if below >= driven && executes(file, &name) {
                    statements += tree.calls[below];
                    driven = tree.end[below] as usize;
                }
            }
            at = end;
        }
        let most = Layer::ALL.into_iter().zip(times).max_by(|a, b| a.1.total_cmp(&b.1));
        Work { layer: most.filter(|(_, time)| *time > 0.0).map(|(layer, _)| layer), statements, saves }
    }
}

/// What a function does when another calls it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Work {
    /// Where most of the time is.
    pub layer: Option<Layer>,
    /// How many statements are executed.
    pub statements: f64,
    /// How many objects are saved by Django, one by one.
    pub saves: f64,
}

/// Whether it is what saves one object of Django's.
pub(super) fn is_save(file: &str, name: &str) -> bool {
    name == "save_base" && lies_in(file, &["django/db/models/base.py"])
}

/// Whether a driver's function executes a statement.
fn executes(file: &str, name: &str) -> bool {
    name.contains("execute") && category::is_driver(file, name)
}

/// Whether a box that waits is asked for by what has nothing to do.
fn is_idle(layers: &Layers, tree: &CallTree, at: usize) -> bool {
    /// Boxes between a server and what waits for it.
    const BETWEEN: usize = 4;
    let up = |&at: &u32| Some(tree.parent[at as usize]).filter(|&parent| parent != NO_PARENT);
    let mut below = at as u32;
    std::iter::successors(up(&below), up).take(BETWEEN).any(|above| {
        let (caller, callee) = (tree.function[above as usize], tree.function[below as usize]);
        below = above;
        layers.idlers.contains(&caller) || layers.workers.contains(&(caller, callee))
    })
}
