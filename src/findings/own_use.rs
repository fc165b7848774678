//! What each of the user's own functions costs without the other own functions below it: what it computes, what it
//! waits for, and which statements it asks for. Read from the call tree, where every box has one own function next
//! above it, so nothing is counted twice.

use rustc_hash::FxHashMap;

use super::boxes::{Boxes, is_save};
use super::digest::execute;
use super::library_costs::is_known;
use super::summary::Slowest;
use crate::format::{line, short_name};
use crate::profile::call_tree::{MERGED, NO_PARENT};
use crate::profile::category::is_driver;
use crate::profile::home::lies_in;
use crate::profile::imports::{MODULE, module_label};
use crate::profile::{CallTree, FunctionId, Functions, Layer, Layers, Profile};
use crate::sort;

/// Functions that are findings of one rule and one profile.
const MOST: usize = 5;

/// A kind of function that an own function calls, or itself. Times are milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Through {
    /// Time in it and below, up to the next own function.
    pub time: f64,
    /// How often it is called from there; of what waits, how often the waiting function is.
    pub calls: f64,
}

/// What one own function costs. Times are milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnUse {
    /// Computing: its own loops, regular expressions, serialising, copying, and what libraries do for it. Not
    /// templates, statements, imports, nor what is known to be costly in itself: those have findings of their own.
    pub computes: f64,
    /// By what it calls; the function itself stands for its own loops.
    pub through: FxHashMap<FunctionId, Through>,
    /// Asleep, or waiting for another server, thread or process.
    pub waits: f64,
    /// By what it calls to wait.
    pub waits_through: FxHashMap<FunctionId, Through>,
    /// By the ORM's or driver's functions that it calls, itself or through a template.
    pub asks: FxHashMap<FunctionId, Asked>,
}

/// What a function of the ORM or of a driver does for an own function. Times are milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Asked {
    /// With all below, up to the next own function.
    pub time: f64,
    /// How often it is called.
    pub calls: f64,
    /// Of the time, waiting for the database.
    pub driver: f64,
    /// Statements that are executed below it.
    pub statements: f64,
    /// Objects that are saved one by one.
    pub saves: f64,
    /// Objects that are made of rows.
    pub objects: f64,
}

/// Where a box is, seen from the own function next above it.
#[derive(Clone, Copy)]
enum Region {
    /// There is none.
    Outside,
    /// In the function itself, or a comprehension of it.
    Itself,
    /// In a function that it calls.
    Within(FunctionId),
    /// In the ORM, called by this function of it.
    Asks(FunctionId),
    /// In what other rules are about.
    Elsewhere,
}

/// Every own function with what it costs, by its id.
pub type OwnUses = FxHashMap<FunctionId, OwnUse>;

/// Those with most of some time, ms, of at least `least`; the largest first.
pub(super) fn heaviest(
    uses: &OwnUses,
    time: impl Fn(&OwnUse) -> f64,
    least: f64,
) -> Vec<(FunctionId, &OwnUse)> {
    let mut all: Vec<(FunctionId, &OwnUse)> = uses.iter().map(|(id, own)| (*id, own)).collect();
    all.retain(|(_, own)| time(own) > 0.0 && time(own) >= least);
    sort::by(&mut all, |a, b| time(b.1).total_cmp(&time(a.1)).then(a.0.cmp(&b.0)));
    all.truncate(MOST);
    all
}

/// The own function that takes most without the other own functions that it calls: computing, waiting, or asking the
/// database.
pub(super) fn slowest(uses: &OwnUses, functions: &Functions) -> Option<Slowest> {
    let time =
        |own: &OwnUse| own.computes + own.waits + own.asks.values().map(|asked| asked.time).sum::<f64>();
    let (function, own) = heaviest(uses, time, 0.0).into_iter().next()?;
    let (file, name) = (functions.file(function), functions.name(function));
    let label = module_label(file, name).unwrap_or_else(|| short_name(file, name));
    Some(Slowest { name: label.into_owned(), place: line(file, functions.line(function)), time: time(own) })
}

/// Every own function with what it costs.
pub(super) fn own_use(profile: &Profile, layers: &Layers, tree: &CallTree) -> OwnUses {
    let functions = &profile.functions;
    let executes = executes(profile, layers);
    let boxes = Boxes::of(profile, layers, tree);
    let mut all = OwnUses::default();
    let mut around: Vec<(FunctionId, Region)> = Vec::with_capacity(tree.len());
    // What of the functions that wait was found in the tree.
    let mut found: FxHashMap<FunctionId, f64> = FxHashMap::default();
    for at in 0..tree.len() {
        let parent = tree.parent[at];
        let (above, region) =
            if parent == NO_PARENT { (MERGED, Region::Outside) } else { around[parent as usize] };
        let function = tree.function[at];
        // Where the file counts none, those of the tree are guessed, or samples.
        let counted = function == MERGED || functions.calls_of(function).is_some();
        let (time, calls) = (tree.self_time[at] * 1e3, if counted { tree.calls[at] } else { 0.0 });
        if function == MERGED {
            around.push((above, region));
            // What is too small to be shown works for what called it.
            if let Some(own) = all.get_mut(&above) {
                match region {
                    Region::Asks(entry) => own.asks.entry(entry).or_default().time += time,
                    Region::Within(via) => {
                        own.computes += time;
                        own.through.entry(via).or_default().time += time;
                    }
                    Region::Itself => {
                        own.computes += time;
                        own.through.entry(above).or_default().time += time;
                    }
                    Region::Outside | Region::Elsewhere => {}
                }
            }
            continue;
        }
        // An own wrapper around the execution of statements is a part of it.
        let wraps = matches!(region, Region::Asks(_))
            && tree.function[parent as usize] != MERGED
            && functions.known_name(tree.function[parent as usize]) == WRAPPED_BY;
        let is_own = layers.layer(function) == Layer::Own && !wraps;
        if is_own && !(above != MERGED && is_part_of(functions, function, above)) {
            let own = all.entry(function).or_default();
            own.computes += time;
            own.through.entry(function).or_default().time += time;
            around.push((function, Region::Itself));
            continue;
        }
        let Some(layer) = boxes.layer(at).map(|layer| if wraps { Layer::Database } else { layer }) else {
            around.push((above, Region::Elsewhere));
            continue;
        };
        let region = match region {
            // A comprehension or lambda of it, called by a function of the ORM or not.
            _ if is_own => Region::Itself,
            // It only passes on: what it calls is what asks.
            Region::Asks(entry) if functions.known_name(entry) == PASSES_ON && layer == Layer::Database => {
                Region::Asks(function)
            }
            Region::Asks(entry) => Region::Asks(entry),
            Region::Outside | Region::Elsewhere if layer != Layer::Database => region,
            _ if layer == Layer::Database && above != MERGED => Region::Asks(function),
            Region::Outside | Region::Elsewhere => region,
            _ if matches!(layer, Layer::Templates | Layer::Imports) || is_known(functions, function) => {
                Region::Elsewhere
            }
            Region::Itself => Region::Within(function),
            Region::Within(via) => Region::Within(via),
        };
        around.push((above, region));
        let Some(own) = (above != MERGED).then(|| all.entry(above).or_default()) else { continue };
        match region {
            Region::Itself => {
                own.computes += time;
                own.through.entry(above).or_default().time += time;
            }
            Region::Within(via) => {
                let waits = matches!(layer, Layer::Network | Layer::Waiting);
                let (sum, through) = if waits {
                    (&mut own.waits, own.waits_through.entry(via).or_default())
                } else {
                    (&mut own.computes, own.through.entry(via).or_default())
                };
                *sum += time;
                through.time += time;
                if waits {
                    *found.entry(function).or_default() += time;
                }
                if via == function {
                    own.through.entry(via).or_default().calls += calls;
                    own.waits_through.entry(via).or_default().calls += calls;
                }
            }
            Region::Asks(entry) => {
                if matches!(layer, Layer::Network | Layer::Waiting) {
                    *found.entry(function).or_default() += time;
                }
                let asked = own.asks.entry(entry).or_default();
                asked.time += time;
                if function == entry {
                    asked.calls += calls;
                }
                let (file, name) = functions.known_as(function);
                if is_save(file, &name) {
                    asked.saves += calls;
                }
                if name == "from_db" {
                    asked.objects += calls;
                }
                if executes == Some(function) {
                    asked.statements += calls;
                }
                if is_driver(file, &name) {
                    asked.driver += time;
                }
            }
            Region::Outside | Region::Elsewhere => {}
        }
    }
    add_waits(profile, layers, &found, &mut all);
    all
}

/// Django's methods of managers, which are those of their querysets.
const PASSES_ON: &str = "manager_method";

/// What calls Django's execute wrappers (`connection.execute_wrapper`).
const WRAPPED_BY: &str = "_execute_with_wrappers";

/// Functions between one that waits and the own function that asks for it.
const DEEPEST: usize = 40;

/// Milliseconds that are not worth looking for.
const LITTLE: f64 = 1.0;

/// Adds what waits but has no such box in the tree: where threads are mixed up, and where a read waits for a pipe. It
/// belongs to the own function that is found by going up from caller to caller, by the edge that takes most.
fn add_waits(
    profile: &Profile,
    layers: &Layers,
    found: &FxHashMap<FunctionId, f64>,
    all: &mut FxHashMap<FunctionId, OwnUse>,
) {
    let functions = &profile.functions;
    let waiting = [Layer::Waiting, Layer::Network].map(|layer| layers.heaviest(functions, layer));
    for (leaf, time) in waiting.into_iter().flatten() {
        let left = time - found.get(&leaf).copied().unwrap_or(0.0);
        if left < LITTLE {
            continue;
        }
        let Some((asks, via)) = who_asks(profile, layers, leaf, left) else { continue };
        let own = all.entry(asks).or_default();
        own.waits += left;
        let through = own.waits_through.entry(via).or_default();
        through.time += left;
        through.calls = through.calls.max(functions.calls_of(via).unwrap_or(0) as f64);
        // It was taken for computing: of what waits, or else of what takes most.
        own.computes = (own.computes - left).max(0.0);
        let taken =
            if own.through.contains_key(&via) { Some(via) } else { most(&own.through).map(|(id, _)| id) };
        if let Some(through) = taken.and_then(|id| own.through.get_mut(&id)) {
            through.time = (through.time - left).max(0.0);
        }
    }
}

/// The own function for which `leaf` waits, and what it calls to wait: up from caller to caller, by the edge that takes
/// most. Where threads are mixed up that may lead nowhere: then the own function that just lasts long enough.
fn who_asks(
    profile: &Profile,
    layers: &Layers,
    leaf: FunctionId,
    left: f64,
) -> Option<(FunctionId, FunctionId)> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    if layers.layer(leaf) == Layer::Own {
        // A coroutine that was suspended.
        return Some((leaf, leaf));
    }
    let mut at = leaf;
    for _ in 0..DEEPEST {
        let callers = edges.into(at).filter(|&edge| edges.caller[edge] != at);
        let most = callers.max_by(|&a, &b| edges.total_time[a].total_cmp(&edges.total_time[b]));
        let Some(edge) = most else { break };
        let via = std::mem::replace(&mut at, edges.caller[edge]);
        if layers.idlers.contains(&at) || layers.layer(at) == Layer::Database {
            return None;
        }
        if layers.layer(at) == Layer::Own {
            return Some((at, via));
        }
    }
    let total = |id: FunctionId| functions.total_time[id as usize] * 1e3;
    let lasts =
        (0..functions.len() as FunctionId).filter(|&id| layers.layer(id) == Layer::Own && total(id) >= left);
    lasts.min_by(|&a, &b| total(a).total_cmp(&total(b))).map(|own| (own, leaf))
}

/// The function that every statement passes once: the library's that most pass.
pub(super) fn executes(profile: &Profile, layers: &Layers) -> Option<FunctionId> {
    let functions = &profile.functions;
    // What SQLAlchemy's sessions write of themselves does not pass `Session.execute`.
    let by_engine = (0..functions.len() as FunctionId).filter(|&id| {
        matches!(&*functions.known_name(id), "do_execute" | "do_execute_no_params")
            && lies_in(functions.file(id), &["sqlalchemy/engine/default.py"])
    });
    by_engine.chain(execute(profile, layers)).max_by_key(|&id| functions.calls_of(id))
}

/// Whether `inner` is written within `outer`: a comprehension, a generator expression or a lambda.
fn is_part_of(functions: &Functions, inner: FunctionId, outer: FunctionId) -> bool {
    matches!(
        &*functions.known_name(inner),
        "<listcomp>" | "<dictcomp>" | "<setcomp>" | "<genexpr>" | "<lambda>"
    ) && functions.file(inner) == functions.file(outer)
        && functions.line(inner) >= functions.line(outer)
        && functions.name(outer) != MODULE
}

/// The one through which most of the time goes.
pub(super) fn most(through: &FxHashMap<FunctionId, Through>) -> Option<(FunctionId, &Through)> {
    let mut all: Vec<(FunctionId, &Through)> = through.iter().map(|(id, one)| (*id, one)).collect();
    sort::by(&mut all, |a, b| b.1.time.total_cmp(&a.1.time).then(a.0.cmp(&b.0)));
    all.into_iter().next()
}
