//! Machine code that samplers see between and below Python's functions: the interpreter, C libraries, the kernel.
//!
//! perf writes the file that a symbol is in (`libc.so.6`, `[kernel.kallsyms]`, `/usr/bin/python3.15`), or `[unknown]`;
//! py-spy with `--native` and Austin the same, with an address where there is no symbol.

use super::home::SEPARATORS;

/// A symbol that perf does not know.
pub(super) const UNKNOWN: &str = "[unknown]";

/// Functions of libc, libpython and the kernel in which a thread waits; in alphabetical order.
const WAITS: &[&str] = &[
    "PyThread_acquire_lock",
    "PyThread_acquire_lock_timed",
    "PyThread_acquire_lock_timed_with_retries",
    "_PyMutex_LockSlow",
    "_PyMutex_LockTimed",
    "_PyParkingLot_Park",
    "_PySemaphore_Wait",
    "__futex_abstimed_wait_common",
    "__futex_abstimed_wait_common64",
    "__new_sem_wait_slow64",
    "__poll",
    "__psynch_cvwait",
    "__pthread_clockjoin_ex",
    "__select",
    "__semwait_signal",
    "__wait4",
    "acquire_timed",
    "clock_nanosleep",
    "do_epoll_wait",
    "do_futex",
    "do_nanosleep",
    "do_poll",
    "do_select",
    "do_wait",
    "epoll_pwait",
    "epoll_wait",
    "futex_wait",
    "hrtimer_nanosleep",
    "kevent",
    "lock_PyThread_acquire_lock",
    "nanosleep",
    "poll",
    "poll_schedule_timeout",
    "ppoll",
    "pselect",
    "pselect64",
    "pthread_cond_clockwait",
    "pthread_cond_timedwait",
    "pthread_cond_wait",
    "pthread_join",
    "pysleep",
    "schedule_hrtimeout_range",
    "select",
    "select_epoll_poll",
    "select_epoll_poll_impl",
    "select_poll_poll",
    "select_poll_poll_impl",
    "select_select",
    "select_select_impl",
    "sem_clockwait",
    "sem_timedwait",
    "sem_wait",
    "sigtimedwait",
    "take_gil",
    "thread_PyThread_acquire_lock",
    "time_sleep",
    "wait4",
    "waitid",
    "waitpid",
];

/// Whether a function of this file and name is machine code, and so nobody's Python.
pub(super) fn is_native(file: &str, name: &str) -> bool {
    let base = file.rsplit(SEPARATORS).next().unwrap_or(file);
    let ends = |ending: &str| base.ends_with(ending);
    (file.starts_with('[') && file.ends_with(']'))
        || name == UNKNOWN
        || [".so", ".dylib", ".dll", ".pyd", ".exe"].into_iter().any(ends)
        || base.contains(".so.")
        || is_interpreter(base)
}

/// `python`, `python3.15`, `python3.13d`.
fn is_interpreter(base: &str) -> bool {
    let Some(version) = base.strip_prefix("python").or_else(|| base.strip_prefix("pypy")) else {
        return false;
    };
    let version = version.trim_end_matches(['d', 't', 'm', 'u']);
    version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether a function is written in C: machine code, or by the line of its source, where a debugger's symbols are there
/// (`select_epoll_poll_impl (selectmodule.c:1623)`).
pub(super) fn has_c(file: &str, name: &str) -> bool {
    is_native(file, name) || file.ends_with(".c") || file.ends_with(".c.h")
}

/// Whether it is machine code of which nobody knows the symbol: an address, or `[unknown]`. It is part of what called it.
pub(super) fn is_unnamed(file: &str, name: &str) -> bool {
    let is_address = name
        .strip_prefix("0x")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // py-spy's place of what is in no library.
    name == UNKNOWN || (is_address && (file == "?" || is_native(file, name)))
}

/// Whether a thread waits in the native function `name`, which may have its library's version (`nanosleep@@GLIBC_2.2.5`)
/// or `__GI_` before it.
pub(super) fn waits(name: &str) -> bool {
    let name = name.split(['@', '+']).next().unwrap_or(name);
    let is_known = |name: &str| WAITS.binary_search(&name).is_ok();
    let inner = name.strip_prefix("__GI_");
    is_known(name) || inner.is_some_and(|name| is_known(name) || is_known(name.trim_start_matches('_')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_machine_code() {
        for file in [
            "[kernel.kallsyms]",
            "[vdso]",
            "/usr/lib/x86_64-linux-gnu/libc.so.6",
            "libpython3.13.so.1.0",
            "/usr/bin/python3.15",
            "python",
            "C:\\Python313\\python313.dll",
            "_socket.cpython-313-x86_64-linux-gnu.so",
        ] {
            assert!(is_native(file, "f"), "{file}");
        }
        for file in [
            "app.py",
            "~",
            "",
            "python/app.py",
            "pythonic.py",
            "/srv/app/manage",
            "<string>",
            "social.sober.py",
        ] {
            assert!(!is_native(file, "f"), "{file}");
        }
        assert!(is_native("/usr/bin/bash", "[unknown]"));
    }

    #[test]
    fn what_has_no_name() {
        for (file, name, expected) in [
            ("libc.so.6", "0x7f0bbcaaed90", true),
            ("?", "0x560d3b53e600", true),
            ("libc.so.6", "[unknown]", true),
            ("libc.so.6", "memmove", false),
            ("app.py", "0x12", false),
            ("libc.so.6", "0x", false),
        ] {
            assert_eq!(is_unnamed(file, name), expected, "{name} in {file}");
        }
    }

    #[test]
    fn what_waits() {
        assert!(WAITS.is_sorted());
        for name in ["clock_nanosleep", "__GI___poll", "clock_nanosleep@@GLIBC_2.17", "sem_clockwait"] {
            assert!(waits(name), "{name}");
        }
        for name in ["memmove", "pollute", "_PyEval_EvalFrameDefault", ""] {
            assert!(!waits(name), "{name}");
        }
    }
}
