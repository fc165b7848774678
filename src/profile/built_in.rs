//! Built-in functions, however a tool writes them. cProfile has the module or class in the name
//! (`~:0(<built-in method time.sleep>)`); what is known of functions is known by that spelling.
//!
//! * `profile` has the bare name and no file: `:0(sleep)`
//!   ([`Lib/profile.py`](https://github.com/python/cpython/blob/main/Lib/profile.py), `trace_dispatch_c_call`).
//! * yappi has the module as the file: `time:0(sleep)`
//!   ([`_yappi.c`](https://github.com/sumerc/yappi/blob/master/yappi/_yappi.c), `_ccode2pit`).
//! * pyinstrument has `<built-in>:0(sleep)` and `<built-in>:0(epoll.poll)`
//!   ([`low_level/`](https://github.com/joerick/pyinstrument/tree/main/pyinstrument/low_level)).

use std::borrow::Cow;

use super::home::is_pythons;

/// cProfile's place of built-in functions.
pub(crate) const BUILT_IN: &str = "~";

/// The name, without a file, of what samplers saw of a thread or process without any function of Python's.
pub(crate) const NO_FRAME: &str = "(no frame)";

/// pyinstrument's.
pub(crate) const PYINSTRUMENT: &str = "<built-in>";

/// Names that only one function of Python's own modules or of database drivers has, as cProfile spells it. Others
/// (`join`, `connect`, `read`) may be anything. pyinstrument puts the class before a method.
const BARE: &[(&str, &str)] = &[
    ("Connection.commit", "<method 'commit' of 'sqlite3.Connection' objects>"),
    ("Connection.execute", "<method 'execute' of 'sqlite3.Connection' objects>"),
    ("Connection.executemany", "<method 'executemany' of 'sqlite3.Connection' objects>"),
    ("Connection.executescript", "<method 'executescript' of 'sqlite3.Connection' objects>"),
    ("Connection.rollback", "<method 'rollback' of 'sqlite3.Connection' objects>"),
    ("Cursor.execute", "<method 'execute' of 'sqlite3.Cursor' objects>"),
    ("Cursor.executemany", "<method 'executemany' of 'sqlite3.Cursor' objects>"),
    ("Cursor.executescript", "<method 'executescript' of 'sqlite3.Cursor' objects>"),
    ("Cursor.fetchall", "<method 'fetchall' of 'sqlite3.Cursor' objects>"),
    ("Cursor.fetchmany", "<method 'fetchmany' of 'sqlite3.Cursor' objects>"),
    ("Cursor.fetchone", "<method 'fetchone' of 'sqlite3.Cursor' objects>"),
    ("Pattern.findall", "<method 'findall' of 're.Pattern' objects>"),
    ("Pattern.finditer", "<method 'finditer' of 're.Pattern' objects>"),
    ("Pattern.fullmatch", "<method 'fullmatch' of 're.Pattern' objects>"),
    ("Pattern.match", "<method 'match' of 're.Pattern' objects>"),
    ("Pattern.search", "<method 'search' of 're.Pattern' objects>"),
    ("Pattern.split", "<method 'split' of 're.Pattern' objects>"),
    ("Pattern.sub", "<method 'sub' of 're.Pattern' objects>"),
    ("Pattern.subn", "<method 'subn' of 're.Pattern' objects>"),
    ("RLock.__enter__", "<method '__enter__' of '_thread.RLock' objects>"),
    ("RLock.acquire", "<method 'acquire' of '_thread.RLock' objects>"),
    ("SQLiteCursorWrapper.execute", "<method 'execute' of 'sqlite3.Cursor' objects>"),
    ("SQLiteCursorWrapper.executemany", "<method 'executemany' of 'sqlite3.Cursor' objects>"),
    ("SQLiteCursorWrapper.fetchall", "<method 'fetchall' of 'sqlite3.Cursor' objects>"),
    ("SQLiteCursorWrapper.fetchmany", "<method 'fetchmany' of 'sqlite3.Cursor' objects>"),
    ("SQLiteCursorWrapper.fetchone", "<method 'fetchone' of 'sqlite3.Cursor' objects>"),
    ("SemLock.__enter__", "<method '__enter__' of '_multiprocessing.SemLock' objects>"),
    ("SemLock.acquire", "<method 'acquire' of '_multiprocessing.SemLock' objects>"),
    ("SimpleQueue.get", "<method 'get' of '_queue.SimpleQueue' objects>"),
    ("_SSLSocket.do_handshake", "<method 'do_handshake' of '_ssl._SSLSocket' objects>"),
    ("_SSLSocket.read", "<method 'read' of '_ssl._SSLSocket' objects>"),
    ("_SSLSocket.shutdown", "<method 'shutdown' of '_ssl._SSLSocket' objects>"),
    ("_SSLSocket.write", "<method 'write' of '_ssl._SSLSocket' objects>"),
    ("_ThreadHandle.join", "<method 'join' of '_thread._ThreadHandle' objects>"),
    ("accept", "<method '_accept' of '_socket.socket' objects>"),
    ("acquire", "<method 'acquire' of '_thread.lock' objects>"),
    ("c_make_encoder", "<built-in method _json.make_encoder>"),
    ("commit", "<method 'commit' of 'sqlite3.Connection' objects>"),
    ("create_dynamic", "<built-in method _imp.create_dynamic>"),
    ("do_handshake", "<method 'do_handshake' of '_ssl._SSLSocket' objects>"),
    ("encode_basestring_ascii", "<built-in method _json.encode_basestring_ascii>"),
    ("epoll.poll", "<method 'poll' of 'select.epoll' objects>"),
    ("exec_dynamic", "<built-in method _imp.exec_dynamic>"),
    ("execute", "<method 'execute' of 'sqlite3.Cursor' objects>"),
    ("executemany", "<method 'executemany' of 'sqlite3.Cursor' objects>"),
    ("executescript", "<method 'executescript' of 'sqlite3.Cursor' objects>"),
    ("fetchall", "<method 'fetchall' of 'sqlite3.Cursor' objects>"),
    ("fetchmany", "<method 'fetchmany' of 'sqlite3.Cursor' objects>"),
    ("fetchone", "<method 'fetchone' of 'sqlite3.Cursor' objects>"),
    ("findall", "<method 'findall' of 're.Pattern' objects>"),
    ("finditer", "<method 'finditer' of 're.Pattern' objects>"),
    ("flock", "<built-in method fcntl.flock>"),
    ("fullmatch", "<method 'fullmatch' of 're.Pattern' objects>"),
    ("getaddrinfo", "<built-in method _socket.getaddrinfo>"),
    ("input", "<built-in method builtins.input>"),
    ("kqueue.control", "<method 'control' of 'select.kqueue' objects>"),
    ("lock.__enter__", "<method '__enter__' of '_thread.lock' objects>"),
    ("lock.acquire", "<method 'acquire' of '_thread.lock' objects>"),
    ("lockf", "<built-in method fcntl.lockf>"),
    ("match", "<method 'match' of 're.Pattern' objects>"),
    ("pbkdf2_hmac", "<built-in method _hashlib.pbkdf2_hmac>"),
    ("poll", "<method 'poll' of 'select.epoll' objects>"),
    ("poll.poll", "<method 'poll' of 'select.poll' objects>"),
    ("raw_input", "<built-in method builtins.input>"),
    ("recv", "<method 'recv' of '_socket.socket' objects>"),
    ("recv_into", "<method 'recv_into' of '_socket.socket' objects>"),
    ("rollback", "<method 'rollback' of 'sqlite3.Connection' objects>"),
    ("scan_once", "<built-in method _json.make_scanner>"),
    ("scanstring", "<built-in method _json.scanstring>"),
    ("scrypt", "<built-in method _hashlib.scrypt>"),
    ("search", "<method 'search' of 're.Pattern' objects>"),
    ("select", "<built-in method select.select>"),
    ("sendall", "<method 'sendall' of '_socket.socket' objects>"),
    ("sigwait", "<built-in method signal.sigwait>"),
    ("sleep", "<built-in method time.sleep>"),
    ("socket._accept", "<method '_accept' of '_socket.socket' objects>"),
    ("socket.connect", "<method 'connect' of '_socket.socket' objects>"),
    ("socket.connect_ex", "<method 'connect_ex' of '_socket.socket' objects>"),
    ("socket.recv", "<method 'recv' of '_socket.socket' objects>"),
    ("socket.recv_into", "<method 'recv_into' of '_socket.socket' objects>"),
    ("socket.recvfrom", "<method 'recvfrom' of '_socket.socket' objects>"),
    ("socket.send", "<method 'send' of '_socket.socket' objects>"),
    ("socket.sendall", "<method 'sendall' of '_socket.socket' objects>"),
    ("socket.sendto", "<method 'sendto' of '_socket.socket' objects>"),
    ("sub", "<method 'sub' of 're.Pattern' objects>"),
    ("subn", "<method 'subn' of 're.Pattern' objects>"),
    ("wait4", "<built-in method posix.wait4>"),
    ("waitid", "<built-in method posix.waitid>"),
    ("waitpid", "<built-in method posix.waitpid>"),
];

/// Whether a function at this place is a built-in one: by cProfile, `profile`, pyinstrument, or yappi.
pub fn is_built_in(file: &str, line: i64) -> bool {
    matches!(file, BUILT_IN | "" | PYINSTRUMENT) || is_yappis(file, line)
}

/// Whether yappi wrote a module in place of a file: line 0 of `time`, `_hashlib`, `numpy.core`, which is neither a path
/// nor ends as a file does.
fn is_yappis(file: &str, line: i64) -> bool {
    let is_word = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|each| each.is_alphanumeric() || each == '_')
    };
    let ending = file.rsplit('.').next().unwrap_or_default();
    line == 0
        && file.split('.').all(is_word)
        && (ending.len() == file.len()
            || !matches!(ending, "py" | "pyc" | "pyx" | "so" | "pyd" | "dll" | "html"))
}

/// File and name by which it is known what a function does: of a built-in one those that cProfile would give; of others
/// the name without the classes and functions around it (`Thread.run`, `view.<locals>.price`), which some tools write.
pub fn known_as<'a>(file: &'a str, line: i64, name: &'a str) -> (&'a str, Cow<'a, str>) {
    if file == BUILT_IN {
        return (file, Cow::Borrowed(name));
    }
    if matches!(file, "" | PYINSTRUMENT) {
        let known = BARE.binary_search_by(|(bare, _)| (*bare).cmp(name));
        return (BUILT_IN, Cow::Borrowed(known.map_or(name, |at| BARE[at].1)));
    }
    if is_yappis(file, line) {
        let name = match name.starts_with('<') {
            true => Cow::Borrowed(name),
            // In C `io.open` is `_io.open`; yappi has the module that the function itself names.
            false => Cow::Owned(format!("<built-in method {file}.{name}>")),
        };
        return (BUILT_IN, name);
    }
    (file, Cow::Borrowed(unqualified(name)))
}

/// `run` of `Thread.run`; a name in brackets as it is.
pub(super) fn unqualified(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((around, last)) if !last.is_empty() && !around.is_empty() && !name.starts_with('<') => last,
        _ => name,
    }
}

/// The module (and class) of a built-in function, dotted:
/// `<built-in method time.sleep>`, `<method 'execute' of 'sqlite3.Cursor' objects>`,
/// `<built-in method fetchall of sqlite3.Cursor object at 0x…>`, Python 2's `<time.sleep>`,
/// `<function SQLiteCursorWrapper.execute at 0x…>`.
pub(super) fn owner(name: &str) -> &str {
    let inner = name.trim_matches(['<', '>', '{', '}']);
    let inner = inner.split_once(" at 0x").map_or(inner, |(inner, _)| inner);
    match inner.split_once(" of ") {
        Some((_, class)) => {
            let class = class.trim_start_matches('\'');
            &class[..class.find(['\'', ' ']).unwrap_or(class.len())]
        }
        None => inner.rsplit(' ').next().unwrap_or(inner),
    }
}

/// Whether a built-in function is of a package that was compiled: `<built-in method black.main>`,
/// `<method 'get' of 'multidict._multidict.MultiDict' objects>`. Python's own types are in no module, or in one of its.
pub(super) fn is_of_a_package(name: &str) -> bool {
    // These name a class, not a module.
    if name.trim_start_matches('<').starts_with("function ") {
        return false;
    }
    let owner = owner(name);
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    owner
        .split_once('.')
        .is_some_and(|(module, rest)| is_name(module) && rest.split('.').all(is_name) && !is_pythons(module))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_are_in_order() {
        assert!(BARE.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn every_tools_spelling_is_known() {
        for (file, line, name, expected) in [
            ("~", 0, "<built-in method time.sleep>", ("~", "<built-in method time.sleep>")),
            ("", 0, "sleep", ("~", "<built-in method time.sleep>")),
            ("", 0, "join", ("~", "join")),
            ("time", 0, "sleep", ("~", "<built-in method time.sleep>")),
            ("builtins", 0, "sorted", ("~", "<built-in method builtins.sorted>")),
            ("builtins", 0, "<method 'join' of 'str' objects>", ("~", "<method 'join' of 'str' objects>")),
            ("<built-in>", 0, "epoll.poll", ("~", "<method 'poll' of 'select.epoll' objects>")),
            ("<built-in>", 0, "Cursor.fetchall", ("~", "<method 'fetchall' of 'sqlite3.Cursor' objects>")),
            (
                "<built-in>",
                0,
                "Connection.execute",
                ("~", "<method 'execute' of 'sqlite3.Connection' objects>"),
            ),
            (
                "/usr/lib/python3.13/threading.py",
                981,
                "Thread.run",
                ("/usr/lib/python3.13/threading.py", "run"),
            ),
            ("app.py", 3, "view.<locals>.<lambda>", ("app.py", "<lambda>")),
            ("app.py", 0, "f", ("app.py", "f")),
            ("app.py", 1, "<module>", ("app.py", "<module>")),
            // A script without an ending has lines.
            ("manage", 1, "<module>", ("manage", "<module>")),
            ("libc.so.6", 0, "read", ("libc.so.6", "read")),
        ] {
            let (known_file, known_name) = known_as(file, line, name);
            assert_eq!((known_file, known_name.as_ref()), expected, "{file}:{line}({name})");
        }
    }
}
