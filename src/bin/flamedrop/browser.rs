//! The browser of whoever sits here, if there is one.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in the path of an address.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Opens a file by its absolute path; whether there was a browser to ask.
pub fn open(path: &Path) -> bool {
    let address = address(path);
    let named = env::var("BROWSER").unwrap_or_default();
    // As xdg-open and Python's webbrowser read it: several to try, `%s` for the address.
    for command in named.split(if cfg!(windows) { ';' } else { ':' }).filter(|command| !command.is_empty()) {
        let mut words = command.split_whitespace().map(|word| word.replace("%s", &address));
        let Some(program) = words.next() else { continue };
        let mut arguments: Vec<String> = words.collect();
        if !command.contains("%s") {
            arguments.push(address.clone());
        }
        if quiet(Command::new(program).args(arguments)).spawn().is_ok() {
            return true;
        }
    }
    has_screen() && open::that_detached(address).is_ok()
}

/// Whether windows can be opened, as far as that can be known: not over SSH, and not in most containers.
fn has_screen() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(any(windows, target_os = "macos")) {
        !set("SSH_CONNECTION")
    } else {
        set("DISPLAY") || set("WAYLAND_DISPLAY") || set("WSL_DISTRO_NAME")
    }
}

/// A browser's chatter is of no use here.
fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn address(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let path = path.trim_start_matches("//?/").trim_start_matches('/');
    format!("file:///{}", utf8_percent_encode(path, PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files() {
        for (path, expected) in [
            ("/tmp/a b/50%.html", "file:///tmp/a%20b/50%25.html"),
            ("/tmp/größe#1?.html", "file:///tmp/gr%C3%B6%C3%9Fe%231%3F.html"),
            (r"C:\Temp\a.html", "file:///C:/Temp/a.html"),
        ] {
            assert_eq!(address(Path::new(path)), expected);
        }
    }
}
