//! The command line at a desk: a folder of its own, a site to publish, and a browser that writes down what it is given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// What of the page matters here: where its head and its body end.
const PAGE: &str = "<!doctype html>\n<html lang=\"en\" data-starting>\n<head>\n<meta charset=\"utf-8\">\n\
    <title>Flamedrop</title>\n</head>\n<body>\n<script>window.flamedropEmbedded</script>\n</body>\n</html>\n";

/// A fresh folder with a site in it, and a browser that writes down what it is given.
pub struct Desk(pub PathBuf);

impl Desk {
    /// A fresh one.
    pub fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("open-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("site/samples")).expect("a folder");
        fs::create_dir_all(folder.join("temporary")).expect("a folder");
        for (name, text) in [
            ("site/flamedrop.html", PAGE),
            ("site/index.html", PAGE),
            ("site/gallery.json", "{\"recordings\": []}\n"),
            ("site/samples/a.prof", "sample"),
            ("browser.sh", "#!/bin/sh\necho \"$1\" >> \"$0.asked\"\n"),
        ] {
            fs::write(folder.join(name), text).expect("a file");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let may_run = fs::Permissions::from_mode(0o755);
            fs::set_permissions(folder.join("browser.sh"), may_run).expect("permissions");
        }
        Self(folder)
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    /// The command, where there is no screen.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flamedrop"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        for name in ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"] {
            command.env_remove(name);
        }
        command.env("FLAMEDROP_PAGE", self.0.join("site/flamedrop.html"));
        command.env("TMPDIR", self.0.join("temporary"));
        command
    }

    /// What the command does.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    /// What the browser was given.
    pub fn asked(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.join("browser.sh.asked")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The documents that the command line finds in a file.
    pub fn documents(&self, path: &str) -> Vec<Json> {
        let output = self.run(&["summary", "--json", path]);
        let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        json["documents"].as_array().expect("documents").clone()
    }
}

/// A path under tests/data, as text.
pub fn data(name: &str) -> String {
    super::data(name).to_str().expect("UTF-8").to_owned()
}

/// What was said.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The names of documents.
pub fn names(documents: &[Json]) -> Vec<&str> {
    documents.iter().filter_map(|document| document["name"].as_str()).collect()
}

/// Waits until something is so, for as long as a busy machine may take.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("never: {what}");
}

/// A profile and a log of one name.
pub const FILES: [&str; 2] = ["sample/orders.prof", "sample/orders.sql.jsonl"];
