//! Who waits in Python's own sockets, and for what: a database driver written in Python reads from the database
//! by the same functions as an HTTP client reads from another server. The time counts where it is asked for.

use rustc_hash::{FxHashMap, FxHashSet};

use super::home::{base_name, lies_in};
use super::layer::Layer;
use super::{FunctionId, Profile};

/// Functions between a driver and the socket, one below another, that are followed.
const DEEPEST: usize = 8;

/// What of the time of functions that many share is asked for by a database driver, and by the network's own
/// functions: 0 to 1 each, by edges.
pub(super) struct Asking {
    shares: FxHashMap<FunctionId, Shares>,
    /// Functions that wait for something to do.
    pub idlers: FxHashSet<FunctionId>,
    /// Callers and what they call to wait for the next task, and for nothing else: see [`waits_for_work`].
    pub workers: FxHashSet<(FunctionId, FunctionId)>,
}

/// For whom a function works.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Shares {
    pub database: f64,
    pub network: f64,
    /// For a server that waits for the next request, or a worker for the next task: nobody's.
    pub idle: f64,
}

impl Asking {
    /// `layers` are the functions' layers by their place alone.
    pub fn of(profile: &Profile, layers: &[Layer]) -> Self {
        let between =
            (0..layers.len() as FunctionId).filter(|&id| passes_on(profile, layers[id as usize], id));
        let mut shares: FxHashMap<FunctionId, Shares> = between.map(|id| (id, Shares::default())).collect();
        let edges = &profile.edges;
        // Asked only where there is a loop.
        let mut loop_serves = None;
        let mut idlers = FxHashSet::default();
        let mut workers = FxHashSet::default();
        for &id in shares.keys() {
            for caller in edges.into(id).map(|edge| edges.caller[edge]) {
                let file = profile.functions.file(caller);
                if lies_in(file, IDLE)
                    || (lies_in(file, &[LOOP]) && *loop_serves.get_or_insert_with(|| serves(profile)))
                {
                    idlers.insert(caller);
                } else if waits_for_work(profile, caller, id) {
                    workers.insert((caller, id));
                }
            }
        }
        for _ in 0..DEEPEST {
            let mut changed = false;
            let ids: Vec<FunctionId> = shares.keys().copied().collect();
            for id in ids {
                let (mut all, mut sum) = (0.0, Shares::default());
                for edge in edges.into(id) {
                    let (caller, time) = (edges.caller[edge], edges.total_time[edge].max(0.0));
                    let passed = shares.get(&caller).copied().unwrap_or_default();
                    let (database, network, idle) = match layers[caller as usize] {
                        _ if idlers.contains(&caller) || workers.contains(&(caller, id)) => (0.0, 0.0, 1.0),
                        Layer::Database => (1.0, 0.0, 0.0),
                        Layer::Network => (passed.database, 1.0 - passed.database - passed.idle, passed.idle),
                        _ => (passed.database, passed.network, passed.idle),
                    };
                    all += time;
                    sum.database += time * database;
                    sum.network += time * network;
                    sum.idle += time * idle;
                }
                if all > 0.0 {
                    let new = Shares {
                        database: sum.database / all,
                        network: sum.network / all,
                        idle: sum.idle / all,
                    };
                    changed |= shares.insert(id, new) != Some(new);
                }
            }
            if !changed {
                break;
            }
        }
        Self { shares, idlers, workers }
    }

    /// For whom `function` works; nothing for one that is nobody's but its own.
    pub fn shares(&self, function: FunctionId) -> Shares {
        self.shares.get(&function).copied().unwrap_or_default()
    }
}

/// What waits for something to do, by where it lies.
const IDLE: &[&str] = &[
    "concurrent/futures/thread.py",
    "django/utils/autoreload.py",
    "gunicorn/arbiter.py",
    "gunicorn/workers/",
    "kombu/asynchronous/",
    "socketserver.py",
    "SocketServer.py",
    "waitress/",
];

/// asyncio's loop, which is idle where all it does is to serve.
const LOOP: &str = "asyncio/base_events.py";

/// Whether an event loop serves requests.
fn serves(profile: &Profile) -> bool {
    const SERVERS: &[(&str, &str)] = &[
        ("uvicorn/server.py", "serve"),
        ("uvicorn/server.py", "_serve"),
        ("hypercorn/asyncio/run.py", "worker_serve"),
        ("aiohttp/web.py", "_run_app"),
        ("tornado/tcpserver.py", "start"),
        ("tornado/tcpserver.py", "listen"),
    ];
    let functions = &profile.functions;
    (0..functions.len() as FunctionId).any(|id| {
        let (file, name) = functions.known_as(id);
        SERVERS.iter().any(|(server, function)| name == *function && lies_in(file, &[*server]))
    })
}

/// Whether `caller` is what a thread runs, and takes its tasks from a queue by `callee`: while there are none it has
/// nothing to do, as it should be.
fn waits_for_work(profile: &Profile, caller: FunctionId, callee: FunctionId) -> bool {
    let functions = &profile.functions;
    let (file, name) = functions.known_as(callee);
    let takes = (name == "get" && lies_in(file, &["queue.py"]))
        || name == "<method 'get' of '_queue.SimpleQueue' objects>";
    let is_threads = |file: &str| lies_in(file, &["threading.py"]);
    let mut callers = profile.edges.callers(caller).filter(|&above| above != caller).peekable();
    takes
        && !is_threads(functions.file(caller))
        && callers.peek().is_some()
        && callers.all(|above| is_threads(functions.file(above)))
}

/// Whether a function only passes on what others ask for: Python's own sockets and what waits for them.
fn passes_on(profile: &Profile, layer: Layer, id: FunctionId) -> bool {
    let (file, name) = profile.functions.known_as(id);
    match file {
        "~" | "" => {
            matches!(layer, Layer::Network | Layer::Waiting)
                || name.contains("'_io.")
                || name.contains(" _io.")
        }
        _ => {
            matches!(base_name(file), "socket.py" | "ssl.py" | "selectors.py" | "threading.py" | "queue.py")
                && matches!(layer, Layer::Network | Layer::Python | Layer::Waiting)
        }
    }
}
