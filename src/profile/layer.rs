//! Where the time of a whole profile goes: the [`Category`] of each function, told apart further
//! where a remedy of its own exists (serialisation, regular expressions, imports).

mod asked;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::asking::{Asking, Shares};
use super::built_in::{BUILT_IN, NO_FRAME};
use super::category::{self, Category};
use super::home::lies_in;
use super::imports;
use super::native;
use super::suspended;
use super::unnamed;
use super::{FunctionId, Functions, Profile, Unit};
use crate::format::capitalised;
use crate::sort;

pub use asked::Asked;

/// A layer of a Python web application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The user's own code.
    Own,
    /// Database driver and ORM, waiting for the database included.
    Database,
    /// Template engines.
    Templates,
    /// JSON, pickle, CSV, XML, serialisers of web frameworks.
    Serialisation,
    /// Sockets, HTTP, TLS.
    Network,
    /// Regular expressions.
    Regex,
    /// Finding, compiling and loading modules.
    Imports,
    /// Sleeping, and waiting for another thread, another process or an event.
    Waiting,
    /// An installed package that is none of the above.
    Library,
    /// Python's own machinery: the standard library, and built-in functions called by it.
    Python,
    /// Whose code it is cannot be told: the file has lost its directories.
    Untold,
}

impl Layer {
    /// Every layer, in the order they are shown.
    pub const ALL: [Self; 11] = [
        Self::Own,
        Self::Database,
        Self::Templates,
        Self::Serialisation,
        Self::Network,
        Self::Regex,
        Self::Imports,
        Self::Waiting,
        Self::Library,
        Self::Python,
        Self::Untold,
    ];

    /// What people call it, within a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own code",
            Self::Database => "database driver and ORM",
            Self::Templates => "templates",
            Self::Serialisation => "serialisation",
            Self::Network => "network",
            Self::Regex => "regular expressions",
            Self::Imports => "imports",
            Self::Waiting => "waiting",
            Self::Library => "other libraries",
            Self::Python => "Python itself",
            Self::Untold => "cannot be told",
        }
    }

    /// Its name in style sheets.
    pub fn id(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Database => "database",
            Self::Templates => "templates",
            Self::Serialisation => "serialisation",
            Self::Network => "network",
            Self::Regex => "regex",
            Self::Imports => "imports",
            Self::Waiting => "waiting",
            Self::Library => "library",
            Self::Python => "python",
            Self::Untold => "untold",
        }
    }

    /// [`Self::name`] at the beginning of a line.
    pub fn title(self) -> String {
        capitalised(self.name())
    }
}

/// Modules that make a layer of their own; what is not here is as its category says.
const LAYERS: &[(&str, Layer)] = &[
    ("django.core.serializers", Layer::Serialisation),
    ("rest_framework", Layer::Serialisation),
    ("ninja.schema", Layer::Serialisation),
    ("marshmallow", Layer::Serialisation),
    ("pydantic", Layer::Serialisation),
    ("pydantic_core", Layer::Serialisation),
    ("_pydantic_core", Layer::Serialisation),
    ("cattrs", Layer::Serialisation),
    ("serpy", Layer::Serialisation),
    ("tablib", Layer::Serialisation),
    ("google.protobuf", Layer::Serialisation),
    ("graphene", Layer::Serialisation),
    ("lxml", Layer::Serialisation),
    ("msgpack", Layer::Serialisation),
    ("orjson", Layer::Serialisation),
    ("simplejson", Layer::Serialisation),
    ("ujson", Layer::Serialisation),
    ("yaml", Layer::Serialisation),
    ("_yaml", Layer::Serialisation),
    ("json", Layer::Serialisation),
    ("_json", Layer::Serialisation),
    ("csv", Layer::Serialisation),
    ("_csv", Layer::Serialisation),
    ("pickle", Layer::Serialisation),
    ("_pickle", Layer::Serialisation),
    ("cPickle", Layer::Serialisation),
    ("xml", Layer::Serialisation),
    ("pyexpat", Layer::Serialisation),
    ("_elementtree", Layer::Serialisation),
    ("plistlib", Layer::Serialisation),
    ("re", Layer::Regex),
    ("_sre", Layer::Regex),
    ("sre_compile", Layer::Regex),
    ("sre_constants", Layer::Regex),
    ("sre_parse", Layer::Regex),
    ("_regex", Layer::Regex),
    ("regex", Layer::Regex),
    ("time.sleep", Layer::Waiting),
    ("select", Layer::Waiting),
    ("_thread.lock", Layer::Waiting),
    ("_thread.RLock", Layer::Waiting),
    ("_thread._ThreadHandle", Layer::Waiting),
    ("thread.lock", Layer::Waiting),
    ("_queue", Layer::Waiting),
    ("_multiprocessing.SemLock", Layer::Waiting),
    ("posix.wait", Layer::Waiting),
    ("posix.wait3", Layer::Waiting),
    ("posix.wait4", Layer::Waiting),
    ("posix.waitid", Layer::Waiting),
    ("posix.waitpid", Layer::Waiting),
    ("posix.system", Layer::Waiting),
    ("nt.system", Layer::Waiting),
    ("builtins.input", Layer::Waiting),
    ("fcntl.flock", Layer::Waiting),
    ("fcntl.lockf", Layer::Waiting),
    ("signal.pause", Layer::Waiting),
    ("signal.sigwait", Layer::Waiting),
    ("_winapi.WaitForMultipleObjects", Layer::Waiting),
    ("_winapi.WaitForSingleObject", Layer::Waiting),
    ("_overlapped.GetQueuedCompletionStatus", Layer::Waiting),
    // Greenlets: what switches to the hub waits until it switches back.
    ("gevent.hub", Layer::Waiting),
    ("gevent.event", Layer::Waiting),
    ("gevent.lock", Layer::Waiting),
    ("gevent._hub_local", Layer::Waiting),
    ("gevent._hub_primitives", Layer::Waiting),
    ("gevent._waiter", Layer::Waiting),
    ("gevent._gevent_c_hub_primitives", Layer::Waiting),
    ("gevent._gevent_c_semaphore", Layer::Waiting),
    ("gevent._gevent_c_waiter", Layer::Waiting),
    ("gevent._gevent_cevent", Layer::Waiting),
    ("gevent._gevent_cgreenlet", Layer::Waiting),
    ("gevent._gevent_cqueue", Layer::Waiting),
    ("greenlet.greenlet", Layer::Waiting),
    ("eventlet.hubs", Layer::Waiting),
    ("eventlet.greenthread", Layer::Waiting),
];

/// Functions of the standard library that wait, in C, where a tool does not record C: then the waiting is their own
/// time. Where it is recorded, next to nothing is.
const BLOCKING: &[(&str, &[&str])] = &[
    ("asyncio/locks.py", &["acquire", "wait", "wait_for"]),
    ("asyncio/queues.py", &["get", "join", "put"]),
    ("asyncio/tasks.py", &["sleep", "wait", "_wait", "wait_for"]),
    ("concurrent/futures/_base.py", &["result", "wait"]),
    ("multiprocessing/connection.py", &["_poll", "_recv", "poll", "recv", "recv_bytes", "wait"]),
    ("multiprocessing/popen_fork.py", &["poll", "wait"]),
    ("multiprocessing/popen_spawn_win32.py", &["wait"]),
    ("queue.py", &["get", "put"]),
    ("selectors.py", &["select"]),
    ("subprocess.py", &["_communicate", "_try_wait", "_wait", "communicate", "wait"]),
    ("threading.py", &["_join_os_thread", "_wait_for_tstate_lock", "join", "wait", "wait_for"]),
];

/// Seconds: what takes longer to read one line waits for somebody to write it.
const LINE: f64 = 0.01;

/// Seconds: what takes longer for one read, where subprocesses are started, waits for them.
const READ: f64 = 0.001;

/// What reads from another process's pipe, and so waits for it.
const PIPES: &[&str] = &["multiprocessing/connection.py", "subprocess.py"];

/// The layer of the function `name` in `file`, by its place alone.
pub fn classify(file: &str, name: &str) -> Layer {
    if imports::is_of_system(file, name) {
        return Layer::Imports;
    }
    if let Some(layer) = category::of_module(LAYERS, file, name) {
        return layer;
    }
    if (file, name) == (BUILT_IN, NO_FRAME) {
        return Layer::Untold;
    }
    if BLOCKING.iter().any(|(place, names)| names.contains(&name) && lies_in(file, &[place])) {
        return Layer::Waiting;
    }
    if native::waits(name) && native::has_c(file, name) {
        return Layer::Waiting;
    }
    computing(file, name)
}

/// The layer of what does not wait.
fn computing(file: &str, name: &str) -> Layer {
    match category::classify(file, name) {
        Category::Own => Layer::Own,
        Category::Library => Layer::Library,
        Category::Database => Layer::Database,
        Category::Templates => Layer::Templates,
        Category::Network => Layer::Network,
        Category::Python => Layer::Python,
    }
}

/// The layers of all functions, and the time spent in each.
#[derive(Debug, Clone)]
pub struct Layers {
    of: Vec<Layer>,
    /// See [`Profile::is_stripped`].
    pub stripped: bool,
    /// What of a function's seconds counts in other layers than its own.
    elsewhere: Vec<(FunctionId, Layer, f64)>,
    /// Functions in which servers and workers wait for something to do, with the seconds of that: neither
    /// lost nor to be gained.
    pub idle: Vec<(FunctionId, f64)>,
    /// Functions that wait so.
    pub idlers: FxHashSet<FunctionId>,
    /// Functions that threads run, and what they call to wait for their next task.
    pub workers: FxHashSet<(FunctionId, FunctionId)>,
    /// Seconds per layer, in the order of [`Layer::ALL`]. They add up to the profile's total.
    pub time: [f64; Layer::ALL.len()],
}

impl Layers {
    /// Adds up the self times of `profile` by layer.
    ///
    /// A built-in function (`len`, `isinstance`, `str.join`) works for whoever calls it, and pstats
    /// says who that was: its time counts in the layer of its callers, edge by edge. Waiting for a socket
    /// counts where it is asked for.
    ///
    /// Of a profile without directories ([`Profile::is_stripped`]) no code is known to be the user's own, and none a
    /// library's: see [`Layer::Untold`].
    pub fn of(profile: &Profile) -> Self {
        let (functions, edges) = (&profile.functions, &profile.edges);
        let asked = Asked::of(profile);
        let of: Vec<Layer> =
            (0..functions.len() as FunctionId).map(|function| asked.layer(profile, function)).collect();
        let suspended = suspended::of(profile);
        let unnamed = unnamed::waiting(profile, &of);
        let asking = Asking::of(profile, &of);
        let mut layers = Self {
            of,
            stripped: asked.stripped,
            time: [0.0; Layer::ALL.len()],
            elsewhere: Vec::new(),
            idle: Vec::new(),
            idlers: FxHashSet::default(),
            workers: FxHashSet::default(),
        };
        for function in 0..functions.len() as FunctionId {
            let (layer, own) = (layers.layer(function), functions.self_time[function as usize]);
            let (mut left, mut parts) = (own, [0.0; Layer::ALL.len()]);
            let mut give = |layer: Layer, time: f64| {
                let part = time.clamp(0.0, left.max(0.0));
                parts[layer as usize] += part;
                left -= part;
                part
            };
            if matches!(layer, Layer::Network | Layer::Waiting) {
                let Shares { database, network, idle } = asking.shares(function);
                give(Layer::Database, own * database);
                if layer == Layer::Waiting {
                    give(Layer::Network, own * network);
                    let idle = give(Layer::Waiting, own * idle);
                    if idle > 0.0 {
                        layers.idle.push((function, idle));
                    }
                }
            } else if let Some(seconds) = suspended.get(&function) {
                give(Layer::Waiting, *seconds);
            } else if let Some(share) = unnamed.get(&function) {
                give(Layer::Waiting, own * share);
            } else if layers.is_shared(functions, function) {
                let known = functions.known_as(function).1;
                for edge in edges.into(function) {
                    let waits = reads(&known) && edge_waits(profile, &known, edge);
                    let layer = if waits { Layer::Waiting } else { layers.layer(edges.caller[edge]) };
                    give(layer, edges.self_time[edge]);
                }
            }
            parts[layer as usize] += left;
            for (other, part) in Layer::ALL.into_iter().zip(parts) {
                layers.time[other as usize] += part;
                if other != layer && part > 0.0 {
                    layers.elsewhere.push((function, other, part));
                }
            }
        }
        layers.idlers = asking.idlers;
        layers.workers = asking.workers;
        layers
    }

    /// The functions whose time counts in `layer`, with milliseconds, most first: built-in ones as well, without
    /// what is idle.
    pub fn heaviest(&self, functions: &Functions, layer: Layer) -> Vec<(FunctionId, f64)> {
        let mut times: Vec<f64> = (0..functions.len())
            .map(|id| if self.of[id] == layer { functions.self_time[id] } else { 0.0 })
            .collect();
        for &(function, idle) in &self.idle {
            if self.layer(function) == layer {
                times[function as usize] -= idle;
            }
        }
        for &(function, other, part) in &self.elsewhere {
            if other == layer {
                times[function as usize] += part;
            } else if self.layer(function) == layer {
                times[function as usize] -= part;
            }
        }
        let mut heaviest: Vec<(FunctionId, f64)> = (0..)
            .zip(times.into_iter().map(|seconds| seconds * 1e3))
            .filter(|(_, time)| *time > 0.0)
            .collect();
        sort::by(&mut heaviest, |a, b| b.1.total_cmp(&a.1));
        heaviest
    }

    /// The layer of `function`.
    pub fn layer(&self, function: FunctionId) -> Layer {
        self.of[function as usize]
    }

    /// Whether the time of `function` counts where it is called from.
    pub fn is_shared(&self, functions: &Functions, function: FunctionId) -> bool {
        self.layer(function) == Layer::Python && functions.is_built_in(function)
    }

    /// Seconds in `layer`.
    pub fn seconds(&self, layer: Layer) -> f64 {
        self.time[layer as usize]
    }
}

/// Whether it only reads what other processes send: for each of its callers, or, where nobody is known to call it, by how
/// long it takes.
fn reads_pipes(profile: &Profile, function: FunctionId) -> bool {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let name = functions.known_as(function).1;
    if profile.unit == Unit::CpuSeconds || !reads(&name) {
        return false;
    }
    let mut callers = edges.into(function).peekable();
    match callers.peek() {
        Some(_) => callers.all(|edge| edge_waits(profile, &name, edge)),
        None => {
            let time = functions.self_time[function as usize];
            functions.calls_of(function).is_some_and(|calls| is_slow(profile, &name, calls, time))
        }
    }
}

/// Whether a function that reads waits for another process when it is called over this edge: its caller reads a pipe, or
/// it takes longer than a file would. Modules are read from files, however slow these are.
fn edge_waits(profile: &Profile, name: &str, edge: usize) -> bool {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let caller = edges.caller[edge];
    let (file, known) = functions.known_as(caller);
    if profile.unit == Unit::CpuSeconds || imports::is_of_system(file, &known) {
        return false;
    }
    let calls = profile.edge_calls(edge);
    is_pipe(file) || calls.is_some_and(|calls| is_slow(profile, name, calls, edges.self_time[edge]))
}

/// Whether reads that took `time` seconds in all took longer than reading a file does.
fn is_slow(profile: &Profile, name: &str, calls: i64, time: f64) -> bool {
    let mean = time / calls.max(1) as f64;
    // A line of a file is read in far less, and so is what a file's buffer takes at once.
    let is_line = name.starts_with("<method 'readline'");
    (is_line && mean > LINE) || (mean > READ && profile.ran(&["subprocess.py"]))
}

/// Whether a built-in function waits for what it reads: `posix.read`, `read` of a file.
fn reads(name: &str) -> bool {
    name.ends_with("posix.read>") || (name.starts_with("<method 'read") && name.contains("'_io."))
}

fn is_pipe(file: &str) -> bool {
    lies_in(file, PIPES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Edge, Edges};

    #[test]
    fn places() {
        let site = "/srv/venv/lib/python3.12/site-packages/";
        for (file, name, expected) in [
            ("/usr/lib/python3.12/json/decoder.py", "decode", Layer::Serialisation),
            (&format!("{site}rest_framework/serializers.py"), "to_representation", Layer::Serialisation),
            ("~", "<built-in method _json.encode_basestring_ascii>", Layer::Serialisation),
            ("~", "<method 'sub' of 're.Pattern' objects>", Layer::Regex),
            ("/usr/lib/python3.12/re/_parser.py", "_parse", Layer::Regex),
            ("/usr/lib/python3.8/sre_parse.py", "_parse", Layer::Regex),
            ("<frozen importlib._bootstrap>", "_find_and_load", Layer::Imports),
            ("~", "<built-in method builtins.__import__>", Layer::Imports),
            ("~", "<built-in method builtins.len>", Layer::Python),
            ("~", "<built-in method time.sleep>", Layer::Waiting),
            ("~", "<time.sleep>", Layer::Waiting),
            ("~", "<method 'acquire' of '_thread.lock' objects>", Layer::Waiting),
            ("~", "<method 'poll' of 'select.epoll' objects>", Layer::Waiting),
            ("~", "<built-in method posix.waitpid>", Layer::Waiting),
            ("~", "<method 'join' of '_thread._ThreadHandle' objects>", Layer::Waiting),
            ("/usr/lib/python3.12/threading.py", "wait", Layer::Waiting),
            ("/usr/lib/python3.12/asyncio/tasks.py", "sleep", Layer::Waiting),
            (&format!("{site}gevent/hub.py"), "sleep", Layer::Waiting),
            (&format!("{site}gevent/_socket3.py"), "recv", Layer::Network),
            ("~", "<built-in method black.main>", Layer::Library),
            ("~", "<built-in method time.monotonic>", Layer::Python),
            ("/usr/lib/python3.12/reprlib.py", "repr", Layer::Python),
            (&format!("{site}django/db/models/query.py"), "get", Layer::Database),
            (&format!("{site}django/template/base.py"), "render", Layer::Templates),
            (&format!("{site}django/core/handlers/base.py"), "get_response", Layer::Library),
            ("/srv/shop/json/views.py", "dump", Layer::Own),
        ] {
            assert_eq!(classify(file, name), expected, "{file} {name}");
        }
    }

    #[test]
    fn built_in_functions_count_where_they_are_called() {
        let mut functions = Functions::default();
        for (file, name, self_time) in
            [("/srv/shop/views.py", "view", 1.0), ("~", "<built-in method builtins.len>", 0.75)]
        {
            let (file, name) = (functions.files.intern(file), functions.names.intern(name));
            functions.file.push(file);
            functions.name.push(name);
            functions.line.push(0);
            functions.calls.push(1);
            functions.primitive_calls.push(1);
            functions.self_time.push(self_time);
            functions.total_time.push(self_time);
        }
        let edge =
            Edge { caller: 0, callee: 1, calls: 1, primitive_calls: 1, self_time: 0.5, total_time: 0.5 };
        let edges = Edges::new(2, vec![edge]);
        let profile = Profile { unit: Unit::Seconds, functions, edges, by_line: false, ..Profile::default() };
        let layers = Layers::of(&profile);
        assert_eq!((layers.seconds(Layer::Own), layers.seconds(Layer::Python)), (1.5, 0.25));
        assert_eq!(layers.time.iter().sum::<f64>(), profile.total());
    }
}
