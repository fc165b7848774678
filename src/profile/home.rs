//! Where a file lies: among installed packages, in Python's standard library, or elsewhere: then it is the
//! user's own.

mod packages;

pub(crate) use packages::is_known_package;

/// Where a file lies.
#[derive(Debug, PartialEq)]
pub(crate) enum Home<'a> {
    /// Among installed packages, with its path from there.
    Installed(&'a str),
    /// In the standard library, with its path from there.
    Standard(&'a str),
    /// Among the scripts of an environment: an installer's (`gunicorn`), which has no functions, or the user's.
    Script(&'a str),
    Elsewhere,
}

/// Between directories, here and on Windows.
pub(super) const SEPARATORS: [char; 2] = ['/', '\\'];

/// Where AWS Lambda unpacks layers: packages lie in it side by side.
const LAMBDA: &str = "/opt/python/";

/// Where `file` lies, by its path alone.
pub(crate) fn home(file: &str) -> Home<'_> {
    let mut home = Home::Elsewhere;
    let (mut before, mut rest) = ("", file);
    // The last place counts: site-packages lie below the standard library.
    while let Some((part, after)) = rest.split_once(SEPARATORS) {
        let above = &file[..file.len() - rest.len()];
        let library = before.eq_ignore_ascii_case("lib") || before.eq_ignore_ascii_case("lib64");
        if matches!(part, "site-packages" | "dist-packages") {
            home = Home::Installed(after);
        } else if matches!(home, Home::Installed(_)) {
            // `Django-5.2.egg/django/…`, `Django-5.2-py3-none-any.whl/django/…`
            if part.ends_with(".egg") || part.ends_with(".whl") {
                home = Home::Installed(after);
            }
        } else if part.ends_with(".whl") || (part == "lib" && above.contains("__pypackages__")) {
            home = Home::Installed(after);
        } else if (library && is_python(part))
            || is_zipped_library(part)
            || is_windows_library(above, before, part, after)
        {
            home = Home::Standard(after);
        } else if matches!(part, "bin" | "Scripts")
            && !after.ends_with(".py")
            && !after.contains(SEPARATORS)
            && is_of_an_installer(above, before)
        {
            // `…/venv/bin/gunicorn`
            return Home::Script(after);
        }
        (before, rest) = (part, after);
    }
    match (home, file.strip_prefix(LAMBDA)) {
        (Home::Elsewhere, Some(rest)) if rest.contains('/') => Home::Installed(rest),
        (Home::Elsewhere, _) if let Some(rest) = djangos_own(file) => Home::Installed(rest),
        // Without its directories: pstats' strip_dirs().
        (Home::Elsewhere, _) if rest.len() == file.len() && is_standard(file) => Home::Standard(file),
        (Home::Elsewhere, _) => packages::home(file),
        (home, _) => home,
    }
}

/// The path from `django` on where Django itself lies beside the user's code (`pip install --target`, a checkout):
/// by directories that an application called so would not have.
fn djangos_own(file: &str) -> Option<&str> {
    const WITHIN: &[&str] = &[
        "apps/",
        "conf/",
        "contrib/",
        "core/cache/",
        "core/files/",
        "core/handlers/",
        "core/mail/",
        "core/management/",
        "core/serializers/",
        "db/backends/",
        "db/models/",
        "db/migrations/",
        "db/utils.py",
        "dispatch/",
        "forms/models.py",
        "http/request.py",
        "http/response.py",
        "middleware/",
        "template/",
        "templatetags/",
        "test/client.py",
        "urls/resolvers.py",
        "utils/encoding.py",
        "utils/formats.py",
        "utils/functional.py",
        "utils/html.py",
        "utils/module_loading.py",
        "utils/safestring.py",
        "utils/timezone.py",
        "utils/translation/",
        "views/generic/",
        "views/static.py",
    ];
    let at = file.rfind("django")?;
    let before = file[..at].chars().next_back();
    let rest = &file[at..];
    let inner = rest.strip_prefix("django/").or_else(|| rest.strip_prefix("django\\"))?.replace('\\', "/");
    let is_one = before.is_none_or(|before| SEPARATORS.contains(&before))
        && WITHIN.iter().any(|within| inner.starts_with(within));
    is_one.then_some(rest)
}

/// A file without its directories.
pub(crate) fn base_name(file: &str) -> &str {
    file.rsplit(SEPARATORS).next().unwrap_or(file)
}

/// Whether `file` lies among packages or in the standard library, at one of these places there or below it:
/// `django/template/`, `runpy.py`.
pub(crate) fn lies_in(file: &str, places: &[&str]) -> bool {
    match home(file) {
        Home::Installed(rest) | Home::Standard(rest) => {
            let rest = rest.replace('\\', "/");
            places.iter().any(|place| rest.starts_with(place))
        }
        Home::Script(_) | Home::Elsewhere => false,
    }
}

/// `python3.12`, `python3`, `python3.13t`, `pypy3.10`; not `python3-services`.
fn is_python(part: &str) -> bool {
    let version = part.strip_prefix("python").or_else(|| part.strip_prefix("pypy"));
    version.is_some_and(|version| {
        let version = version.strip_suffix('t').unwrap_or(version);
        version.starts_with(|first: char| first.is_ascii_digit())
            && version.chars().all(|each| each.is_ascii_digit() || each == '.')
    })
}

/// `python314.zip`.
fn is_zipped_library(part: &str) -> bool {
    part.strip_suffix(".zip").is_some_and(|name| is_python(name) || name == "python_stdlib")
}

/// `Python312\Lib`, `miniconda3\Lib`; `Python\3.11.4\x64\Lib`, `envs\shop\lib`, where what lies in it
/// has to be a module of Python's: own code has directories of that name as well.
fn is_windows_library(above: &str, before: &str, part: &str, after: &str) -> bool {
    let is_windows = above.contains('\\') || above.as_bytes().get(1) == Some(&b':');
    if !part.eq_ignore_ascii_case("lib") || !is_windows {
        return false;
    }
    let (above, before) = (above.to_ascii_lowercase(), before.to_ascii_lowercase());
    let names = |text: &str| ["python", "conda"].iter().any(|name| text.contains(name));
    let is_version = |text: &str| text.strip_prefix("py").is_some_and(|rest| rest.starts_with(is_digit));
    let python = || {
        names(&above)
            || ["env", "mamba", "miniforge", "\\wpy"].iter().any(|name| above.contains(name))
            || above.split(SEPARATORS).any(is_version)
    };
    (part == "Lib" && names(&before)) || (is_standard(after) && python())
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// Whether installers write the scripts of a directory, of which the path before it and its last part are
/// given: one of Python's, of a virtual environment, or of the system.
fn is_of_an_installer(above: &str, before: &str) -> bool {
    matches!(before, "usr" | "local" | ".local" | "homebrew" | "")
        || ["env", "python", "conda"].iter().any(|name| above.to_ascii_lowercase().contains(name))
}

/// Whether a path begins with a module of the standard library.
fn is_standard(path: &str) -> bool {
    let first = path.split(SEPARATORS).next().unwrap_or(path);
    // `json\decoder.py`, `copy.py`, not `copy.html`.
    let module = first.strip_suffix(".py").or_else(|| first.strip_suffix(".pyc")).unwrap_or(first);
    STANDARD.split(' ').any(|known| known == module)
}

/// Whether a module is part of Python, whether written in Python or in C.
pub(crate) fn is_pythons(module: &str) -> bool {
    STANDARD.split(' ').chain(COMPILED.split(' ')).any(|known| known == module)
}

/// Modules of Python that are written in C, from 2.7 to 3.15, with a space between; see [`STANDARD`].
const COMPILED: &str = "_abc _ast _asyncio _bisect _blake2 _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp \
     _codecs_kr _codecs_tw _collections _contextvars _crypt _csv _ctypes _curses _curses_panel _datetime _dbm _decimal \
     _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac _hotshot _imp \
     _interpchannels _interpqueues _interpreters _io _json _locale _lsprof _lzma _md5 _multibytecodec \
     _multiprocessing _opcode _operator _overlapped _pickle _posixshmem _posixsubprocess _queue _random _remote_debugging \
     _scproxy _sha _sha1 _sha2 _sha256 _sha3 _sha512 _signal _socket _sqlite3 _sre _ssl _stat _statistics _string \
     _struct _suggestions _symtable _sysconfig _thread _tkinter _tokenize _tracemalloc _types _typing _uuid _warnings \
     _weakref _winapi _wmi _zoneinfo _zstd __builtin__ array atexit audioop binascii builtins cPickle cStringIO \
     cmath errno exceptions faulthandler fcntl future_builtins gc grp itertools linuxaudiodev marshal math mmap msvcrt nis \
     nt posix pwd pyexpat resource select spwd strop sys syslog termios thread time unicodedata winreg winsound zlib";

/// The modules of the standard library that are written in Python, from 2.7 to 3.15, with a space between; without
/// some that an application's own modules are more likely to be (`new`, `test`, `user`, `this`).
/// <https://docs.python.org/3/library/sys.html#sys.stdlib_module_names>
const STANDARD: &str = "BaseHTTPServer CGIHTTPServer ConfigParser Cookie HTMLParser Queue SimpleHTTPServer SocketServer \
     StringIO UserDict UserList UserString __future__ _collections_abc _compat_pickle _pydecimal _pyio \
     _sitebuiltins _strptime _weakrefset abc aifc annotationlib antigravity anydbm argparse ast asynchat \
     asyncio asyncore base64 bdb binhex bisect bz2 cProfile calendar cgi cgitb chunk cmd code codecs \
     codeop collections colorsys compileall compression concurrent configparser contextlib contextvars \
     cookielib copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis \
     distutils doctest dummy_threading email encodings ensurepip enum filecmp fileinput fnmatch \
     formatter fractions ftplib functools genericpath getopt getpass gettext glob graphlib gzip hashlib \
     heapq hmac html htmllib http httplib idlelib imaplib imghdr imp importlib inspect io ipaddress json \
     keyword lib2to3 linecache locale logging lzma macpath mailbox mailcap md5 mimetools mimetypes \
     modulefinder msilib multiprocessing netrc nntplib ntpath nturl2path numbers opcode operator \
     optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib \
     popen2 poplib posixpath pprint profile pstats pty py_compile pyclbr pydoc pydoc_data queue quopri \
     random re readline reprlib rfc822 rlcompleter robotparser runpy sched secrets selectors sets \
     sgmllib sha shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver sqlite3 \
     sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau \
     symbol symtable sysconfig tabnanny tarfile telnetlib tempfile textwrap threading timeit tkinter \
     token tokenize tomllib trace traceback tracemalloc tty turtle types typing unittest urllib urllib2 \
     urlparse uu uuid venv warnings wave weakref webbrowser whichdb wsgiref xdrlib xml xmlrpc xmlrpclib \
     zipapp zipfile zipimport zoneinfo";
