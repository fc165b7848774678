//! `flamedrop run`: hands a program over to Python, with what records it (recorder/flamedrop/run.py).

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use super::watch::Watch;
use super::{source, temporary};

/// What records, and what it records SQL with. Here, so that any Python can be used, also one without this wheel.
const FILES: [(&str, &str); 2] = [
    ("run.py", include_str!("../../../recorder/flamedrop/run.py")),
    ("flamedrop_recorder.py", include_str!("../../../recorder/flamedrop_recorder.py")),
];

/// What to run, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The Python to run it with. Without this option it is that of the active virtual environment, the one beside
    /// this program, or the first one on PATH.
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Keep the recording in this folder; an earlier one of the same name stays. Without this option it is a temporary one,
    /// which is said and stays for a week.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Only write the page, and say where it is.
    #[arg(long)]
    no_browser: bool,
    /// Run again when a Python file beside the program changes, until Ctrl-C.
    #[arg(long)]
    watch: bool,
    /// Run a module, as `python -m` does.
    #[arg(short)]
    module: bool,
    /// The script, or with -m the module, and its arguments.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "SCRIPT|MODULE"
    )]
    program: Vec<OsString>,
}

/// Becomes Python, where a process can become another; returns its exit status elsewhere.
pub fn run(arguments: &Arguments) -> ExitCode {
    match start(arguments) {
        Ok(status) => status,
        Err(problem) => {
            eprintln!("flamedrop: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &Arguments) -> Result<ExitCode, String> {
    if let Some(first) = arguments.program.first().and_then(|word| word.to_str())
        && first.starts_with('-')
    {
        return Err(format!("there is no option {first} of run; `flamedrop run --help` lists them"));
    }
    let python = match &arguments.python {
        Some(python) => python.clone(),
        None => find_python().ok_or("there is no Python on PATH; say which one: --python PROGRAM")?,
    };
    if !arguments.watch {
        return once(arguments, &python, become_it);
    }
    let mut watch = Watch::new(sources(arguments).iter().map(PathBuf::as_path));
    // While the program runs, Ctrl-C is for it, as it is without --watch: it ends, and its recording is opened.
    let is_ours = Arc::new(AtomicBool::new(true));
    let listening = flag::register_conditional_default(SIGINT, Arc::clone(&is_ours));
    listening.map_err(|error| format!("Ctrl-C cannot be listened for: {error}"))?;
    loop {
        is_ours.store(false, Ordering::SeqCst);
        let ended = once(arguments, &python, |command| command.status().map(|_| ExitCode::SUCCESS));
        is_ours.store(true, Ordering::SeqCst);
        ended?;
        eprintln!("flamedrop: waiting for a change of a Python file; Ctrl-C ends");
        let changed = watch.changed(|| sources(arguments));
        if let Some(first) = changed.first() {
            eprintln!("flamedrop: {} has changed", first.display());
        }
    }
}

/// Runs the program once; `begin` gives how that ended, if it comes back.
fn once(
    arguments: &Arguments,
    python: &Path,
    begin: impl FnOnce(&mut Command) -> io::Result<ExitCode>,
) -> Result<ExitCode, String> {
    let folder = scratch()?;
    let mut command = Command::new(python);
    command.arg(folder.join(FILES[0].0)).arg("--scratch").arg(&folder);
    if let Ok(program) = env::current_exe() {
        command.arg("--flamedrop").arg(program);
    }
    if let Some(keep) = &arguments.keep {
        command.arg("--keep").arg(keep);
    }
    command.args(arguments.no_browser.then_some("--no-browser"));
    command.arg(if arguments.module { "-m" } else { "--" });
    command.args(&arguments.program);
    begin(&mut command).map_err(|error| {
        let _ = fs::remove_dir_all(&folder);
        format!("{} cannot be started: {error}", python.display())
    })
}

/// The Python files beside the program and in folders below: of a module, those where it is looked for first. What is
/// installed is left out.
fn sources(arguments: &Arguments) -> Vec<PathBuf> {
    let script = arguments.program.first().map(Path::new).filter(|_| !arguments.module);
    let folder = match script {
        Some(folder) if folder.is_dir() => folder,
        Some(script) => {
            script.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
        }
        None => Path::new("."),
    };
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "py");
    source::below(folder.to_owned(), |folder| !is_passed_over(folder))
        .map(|entry| entry.path())
        .filter(is_source)
        .take(MOST_SOURCES)
        .collect()
}

/// More files are not looked at twice a second.
const MOST_SOURCES: usize = 20_000;

/// Whether a folder has nothing of the program's own: hidden ones, caches, virtual environments.
fn is_passed_over(folder: &DirEntry) -> bool {
    source::is_hidden(folder)
        || ["__pycache__", "node_modules", "site-packages"].iter().any(|name| folder.file_name() == *name)
        || folder.path().join("pyvenv.cfg").exists()
}

/// A folder with the files that Python needs. They take them away themselves.
fn scratch() -> Result<PathBuf, String> {
    let folder = temporary::folder()?;
    for (name, content) in FILES {
        let path = folder.join(name);
        fs::write(&path, content)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(folder)
}

/// So that signals, the terminal and the exit status are the program's own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> io::Result<ExitCode> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}

fn find_python() -> Option<PathBuf> {
    // Not where links lead: pipx and uv link programs out of environments that are theirs.
    let invoked = PathBuf::from(env::args_os().next()?);
    let by_path = invoked.components().count() > 1;
    let path: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let environment = env::var_os("VIRTUAL_ENV")
        .map(|folder| Path::new(&folder).join(if cfg!(windows) { "Scripts" } else { "bin" }));
    let beside = if by_path {
        invoked.parent().map(Path::to_owned)
    } else {
        path.iter().find(|folder| is_program(&folder.join(&invoked))).cloned()
    };
    // Whatever is called: who activated an environment has what the program needs in it.
    [environment, beside].into_iter().flatten().chain(path).find_map(|folder| python_in(&folder))
}

fn python_in(folder: &Path) -> Option<PathBuf> {
    let names: &[&str] = if cfg!(windows) { &["python.exe"] } else { &["python3", "python"] };
    names.iter().map(|name| folder.join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}
