//! What threads do from moment to moment: compute, wait for somebody outside, or have nothing to do. Told from the stack
//! that is on, by what is known of functions that wait; what cannot be told counts as computing.

use super::super::call_tree::NO_PARENT;
use super::super::category::of_module;
use super::super::home::lies_in;
use super::super::layer::{Layer, Layers};
use super::super::{FunctionId, Profile};

/// What a thread does while a stack is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It computes, or it cannot be told.
    Computes,
    /// It waits for an answer from outside: another server, another process.
    Asks {
        /// The user's own function that asks.
        own: FunctionId,
        /// How many frames are above that one.
        depth: u32,
    },
    /// It waits for another thread of the same process: a lock, a result, its end.
    WaitsForThreads,
    /// It has no task, or sleeps because it wants to.
    Idle,
}

/// Built-in functions that wait for other threads.
const OF_THREADS: &[(&str, ())] =
    &[("_thread", ()), ("thread", ()), ("_queue", ()), ("_multiprocessing.SemLock", ())];

/// Where Python's own code waits for other threads.
const THREADS: &[&str] = &["threading.py", "queue.py", "Queue.py", "concurrent/futures/"];

/// Built-in functions that wait for an answer.
const OF_OTHERS: &[(&str, ())] = &[
    ("_socket", ()),
    // By the name of Python's own class, which VizTracer writes.
    ("socket", ()),
    ("_ssl", ()),
    ("select", ()),
    ("posix.wait", ()),
    ("posix.wait3", ()),
    ("posix.wait4", ()),
    ("posix.waitid", ()),
    ("posix.waitpid", ()),
    ("posix.read", ()),
    ("_winapi.WaitForSingleObject", ()),
];

/// Python's functions that wait for an answer where a tool does not record what is written in C.
const ANSWERS: &[(&str, &[&str])] = &[
    ("socket.py", &["readinto", "create_connection", "getaddrinfo"]),
    ("ssl.py", &["read", "recv", "recv_into", "do_handshake"]),
    ("selectors.py", &["select"]),
    ("subprocess.py", &["_communicate", "_try_wait", "_wait", "communicate", "wait"]),
    ("multiprocessing/connection.py", &["_poll", "_recv", "poll", "recv", "recv_bytes", "wait"]),
];

/// Event loops, in which one wait is that of many tasks.
const LOOPS: &[&str] =
    &["asyncio/", "gevent/", "eventlet/", "trio/", "anyio/", "tornado/", "twisted/", "uvloop"];

/// Per node of the profile's stacks what a thread does in it, not in what it calls.
pub fn doing(profile: &Profile, layers: &Layers) -> Vec<Doing> {
    let Some(recorded) = &profile.recorded_tree else { return Vec::new() };
    let stacks = &recorded.stacks;
    let mut depths: Vec<u32> = Vec::with_capacity(stacks.function.len());
    for &parent in &stacks.parent {
        depths.push(depths.get(parent as usize).map_or(0, |depth| depth + 1));
    }
    // A function waits in itself on every stack or on none.
    let leaves: Vec<Option<Leaf>> =
        (0..profile.functions.len() as FunctionId).map(|id| leaf(profile, layers, id)).collect();
    let of = |node: usize| match leaves[stacks.function[node] as usize] {
        Some(leaf) => for_whom(profile, layers, node as u32, leaf, &depths),
        None => Doing::Computes,
    };
    (0..stacks.function.len()).map(of).collect()
}

/// What a function waits for by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaf {
    Threads,
    Others,
    Sleeps,
}

fn leaf(profile: &Profile, layers: &Layers, id: FunctionId) -> Option<Leaf> {
    if !matches!(layers.layer(id), Layer::Waiting | Layer::Network | Layer::Python) {
        return None;
    }
    let (file, name) = profile.functions.known_as(id);
    if profile.functions.is_built_in(id) {
        let is_in = |table| of_module(table, file, &name).is_some();
        return match () {
            () if is_in(OF_THREADS) => Some(Leaf::Threads),
            () if is_in(OF_OTHERS) => Some(Leaf::Others),
            () if is_in(&[("time.sleep", ())]) => Some(Leaf::Sleeps),
            // `posix.read`, where it reads another process's pipe, and what else waits: for whom is not known.
            () => None,
        };
    }
    if lies_in(file, THREADS) && layers.layer(id) == Layer::Waiting {
        return Some(Leaf::Threads);
    }
    ANSWERS
        .iter()
        .any(|(place, names)| names.contains(&&*name) && lies_in(file, &[place]))
        .then_some(Leaf::Others)
}

/// Up from what waits to who asked for it.
fn for_whom(profile: &Profile, layers: &Layers, node: u32, leaf: Leaf, depths: &[u32]) -> Doing {
    let Some(recorded) = &profile.recorded_tree else { return Doing::Computes };
    let stacks = &recorded.stacks;
    let (mut at, mut callee) = (node, None);
    // A worker that waits itself has no task; in a task that it runs it has.
    let mut only_waits = true;
    while at != NO_PARENT {
        let function = stacks.function[at as usize];
        let layer = layers.layer(function);
        let has_no_task = layers.idlers.contains(&function)
            || callee.is_some_and(|callee| layers.workers.contains(&(function, callee)));
        if has_no_task && only_waits {
            return Doing::Idle;
        }
        match layer {
            Layer::Own if leaf == Leaf::Others => {
                return Doing::Asks { own: function, depth: depths[at as usize] };
            }
            Layer::Own => break,
            // Statements are what logs tell of, modules have to be loaded.
            Layer::Database | Layer::Imports | Layer::Untold => return Doing::Computes,
            _ if lies_in(profile.functions.file(function), LOOPS) => return Doing::Computes,
            _ => only_waits &= layer == Layer::Waiting,
        }
        (at, callee) = (stacks.parent[at as usize], Some(function));
    }
    match leaf {
        Leaf::Threads => Doing::WaitsForThreads,
        Leaf::Sleeps => Doing::Idle,
        Leaf::Others => Doing::Computes,
    }
}
