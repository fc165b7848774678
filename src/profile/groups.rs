//! Functions by what they belong to: a module, a package, a layer.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::by_file::ByFile;
use super::call_tree::{CallTree, NO_PARENT};
use super::category::name_matters;
use super::imports::short_path;
use super::transform::package;
use super::{FunctionId, Functions, Layer};

/// What functions are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GroupBy {
    /// Own code, database, templates, …: [`Layer`].
    Layer,
    /// An installed package, a module of the standard library; of the user's own code a folder.
    Package,
    /// A file; of built-in functions the module that they are in.
    Module,
}

/// The functions of a profile in groups, each in one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Groups {
    /// Per function: its group.
    pub of: Vec<u32>,
    /// Per group, in the order of their first functions: what it is called, and where it lies if that is a path.
    pub names: Vec<(String, String)>,
}

impl Groups {
    /// Groups `functions`; `layer` is asked for their layers.
    pub fn of(functions: &Functions, by: GroupBy, layer: impl Fn(FunctionId) -> Layer) -> Self {
        let mut groups = Self { of: Vec::with_capacity(functions.len()), names: Vec::new() };
        if by == GroupBy::Layer {
            let mut known = [None; Layer::ALL.len()];
            for function in 0..functions.len() as FunctionId {
                let layer = layer(function);
                let group = *known[layer as usize].get_or_insert_with(|| {
                    groups.names.push((layer.title(), String::new()));
                    groups.names.len() as u32 - 1
                });
                groups.of.push(group);
            }
            return groups;
        }
        let mut known: FxHashMap<(String, String), u32> = FxHashMap::default();
        let mut by_file = ByFile::of(functions);
        for function in 0..functions.len() as FunctionId {
            let names = &mut groups.names;
            let ask = |function| {
                let (package, place) = package::named(functions, function);
                let name = match by {
                    GroupBy::Module if !functions.is_built_in(function) => {
                        let file = functions.file(function);
                        (short_path(file).into_owned(), file.to_owned())
                    }
                    // One package may lie in several places.
                    _ => (package, if place == "~" { String::new() } else { place }),
                };
                let key = match by {
                    GroupBy::Package => (name.0.clone(), String::new()),
                    _ => name.clone(),
                };
                let next = names.len() as u32;
                let group = *known.entry(key).or_insert(next);
                if group == next {
                    names.push(name);
                }
                group
            };
            groups.of.push(by_file.get(functions, function, name_matters, ask));
        }
        groups
    }

    /// Per group the time of all stacks with any of its functions, as a call tree has it: each moment once, however often
    /// functions of a group call each other. What is merged in the tree is left out.
    pub fn totals(&self, tree: &CallTree) -> Vec<f64> {
        let mut totals = vec![0.0; self.names.len()];
        // Per group: how many of its boxes are above.
        let mut above = vec![0_u32; self.names.len()];
        let mut stack: Vec<u32> = Vec::new();
        for at in 0..tree.len() {
            let depth = if tree.parent[at] == NO_PARENT { 0 } else { tree.depth[at] as usize };
            for left in stack.drain(depth.min(stack.len())..) {
                if let Some(count) = above.get_mut(left as usize) {
                    *count -= 1;
                }
            }
            // Of none: merged.
            let group = self.of.get(tree.function[at] as usize).copied().unwrap_or(u32::MAX);
            if let Some(count) = above.get_mut(group as usize) {
                if *count == 0 {
                    totals[group as usize] += tree.total_time[at];
                }
                *count += 1;
            }
            stack.push(group);
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::call_tree::{Certainty, MERGED, NewBox};

    fn functions() -> Functions {
        let mut functions = Functions::default();
        for (file, line, name) in [
            ("/srv/app/shop/views.py", 1, "front"),
            ("/srv/venv/lib/python3.12/site-packages/django/db/models/query.py", 1, "get"),
            ("/srv/venv/lib/python3.12/site-packages/django/db/models/query.py", 9, "all"),
            ("/srv/venv/lib/python3.12/site-packages/django/template/base.py", 2, "render"),
            ("/srv/app/shop/views.py", 5, "back"),
            ("~", 0, "<built-in method time.sleep>"),
            ("~", 0, "<built-in method builtins.len>"),
            ("/srv/app/shop/models.py", 5, "total"),
        ] {
            functions.file.push(functions.files.intern(file));
            functions.line.push(line);
            functions.name.push(functions.names.intern(name));
        }
        functions
    }

    fn groups(by: GroupBy) -> (Vec<u32>, Vec<String>) {
        let layer = |function| match function {
            1..=2 => Layer::Database,
            3 => Layer::Templates,
            5 => Layer::Waiting,
            6 => Layer::Python,
            _ => Layer::Own,
        };
        let Groups { of, names } = Groups::of(&functions(), by, layer);
        (of, names.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn each_function_is_in_one_group() {
        let (of, names) = groups(GroupBy::Module);
        assert_eq!(of, [0, 1, 1, 2, 0, 3, 4, 5]);
        assert_eq!(
            names,
            [
                "/srv/app/shop/views.py",
                "django/db/models/query.py",
                "django/template/base.py",
                "time",
                "builtins",
                "/srv/app/shop/models.py"
            ]
        );
        let (of, names) = groups(GroupBy::Package);
        assert_eq!(of, [0, 1, 1, 1, 0, 2, 3, 0]);
        assert_eq!(names, ["shop", "django", "time", "builtins"]);
        let (of, names) = groups(GroupBy::Layer);
        assert_eq!(of, [0, 1, 1, 2, 0, 3, 4, 0]);
        assert_eq!(names[1], "Database driver and ORM");
    }

    #[test]
    fn each_moment_counts_once() {
        let new = |function, parent, self_time| NewBox {
            function,
            parent,
            recursive: false,
            self_time,
            calls: 1.0,
            certainty: Certainty::Exact,
            low: 0.0,
            high: 0.0,
        };
        // front → get → back → all, and more; front → render
        let boxes = [
            new(0, NO_PARENT, 1.0),
            new(1, 0, 2.0),
            new(4, 1, 4.0),
            new(2, 2, 8.0),
            new(MERGED, 1, 16.0),
            new(3, 0, 32.0),
        ];
        let tree = CallTree::new(false, &boxes);
        let layer = |_| Layer::Own;
        let totals = |by| Groups::of(&functions(), by, layer).totals(&tree);
        assert_eq!(totals(GroupBy::Package)[..2], [63.0, 62.0]);
        assert_eq!(totals(GroupBy::Module)[..3], [63.0, 30.0, 32.0]);
        assert_eq!(totals(GroupBy::Layer), [63.0]);
    }
}
