//! `flamedrop open`, `publish` and `run` as people use them: what is written, what the browser is given, what is said.

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

/// What of the page matters here: where its head and its body end.
const PAGE: &str = "<!doctype html>\n<html lang=\"en\" data-starting>\n<head>\n<meta charset=\"utf-8\">\n\
    <title>Flamedrop</title>\n</head>\n<body>\n<script>window.flamedropEmbedded</script>\n</body>\n</html>\n";

/// A fresh folder with a site in it, and a browser that writes down what it is given.
struct Desk(PathBuf);

impl Desk {
    fn new(name: &str) -> Self {
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

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    /// The command, where there is no screen.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flamedrop"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        for name in ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"] {
            command.env_remove(name);
        }
        command.env("FLAMEDROP_PAGE", self.0.join("site/flamedrop.html"));
        command.env("TMPDIR", self.0.join("temporary"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command runs")
    }

    fn asked(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.join("browser.sh.asked")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The documents that the command line finds in a file.
    fn documents(&self, path: &str) -> Vec<Json> {
        let output = self.run(&["summary", "--json", path]);
        let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        json["documents"].as_array().expect("documents").clone()
    }
}

fn data(name: &str) -> String {
    common::data(name).to_str().expect("UTF-8").to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn names(documents: &[Json]) -> Vec<&str> {
    documents.iter().filter_map(|document| document["name"].as_str()).collect()
}

/// Waits until something is so, for as long as a busy machine may take.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("never: {what}");
}

const FILES: [&str; 2] = ["sample/orders.prof", "sample/orders.sql.jsonl"];

#[test]
fn without_a_screen_the_page_is_written_and_it_is_said_where() {
    let desk = Desk::new("written");
    let [profile, log] = FILES.map(data);
    let output = desk.run(&["open", &profile, &log]);
    assert!(output.status.success());
    let path = text(&output.stdout).trim_end().to_owned();
    assert!(path.starts_with(&desk.path("temporary")) && path.ends_with("orders.html"), "{path}");
    assert!(text(&output.stderr).contains("there is no browser here"));
    // As they are: nothing was left out, since nobody else gets it.
    let expected = [desk.documents(&profile), desk.documents(&log)].concat();
    assert_eq!(desk.documents(&path), expected);
}

#[test]
#[cfg(unix)]
fn the_browser_gets_the_address_of_the_page() {
    let desk = Desk::new("browser");
    let output = desk
        .command(&["open", "-o", "a b#.html", &data(FILES[0])])
        .env("BROWSER", format!("/nowhere/browser:{} %s", desk.path("browser.sh")))
        .output()
        .expect("the command runs");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), format!("Opened {}\n", desk.path("a b#.html")));
    until("the browser was asked", || desk.asked().len() == 1);
    assert_eq!(desk.asked(), [format!("file://{}", desk.path("a%20b%23.html"))]);
    // And not, if it is not to.
    let quiet = desk
        .command(&["open", "--no-browser", "-o", "b.html", &data(FILES[0])])
        .env("BROWSER", desk.path("browser.sh"))
        .output()
        .expect("the command runs");
    assert_eq!(text(&quiet.stdout), desk.path("b.html") + "\n");
    assert_eq!(text(&quiet.stderr), "");
}

#[test]
fn a_folder_is_all_recordings_in_it() {
    let desk = Desk::new("folder");
    fs::create_dir_all(desk.0.join("runs/second/.hidden")).expect("a folder");
    let [profile, log] = FILES.map(data);
    fs::copy(&profile, desk.0.join("runs/b.prof")).expect("a copy");
    fs::copy(&log, desk.0.join("runs/second/a.sql.jsonl")).expect("a copy");
    fs::copy(&profile, desk.0.join("runs/second/.hidden/c.prof")).expect("a copy");
    fs::write(desk.0.join("runs/README"), "What was run when.\n").expect("a file");
    let output = desk.run(&["open", "-o", "all.html", "runs"]);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("runs: 1 file is no recording"), "{}", text(&output.stderr));
    assert_eq!(names(&desk.documents("all.html")), ["b.prof", "a.sql.jsonl"]);
    // What is named is what was meant.
    let named = desk.run(&["open", "-o", "all.html", "runs/README", "runs/b.prof"]);
    assert_eq!(named.status.code(), Some(1));
    assert_eq!(names(&desk.documents("all.html")), ["b.prof"]);
    fs::create_dir(desk.0.join("empty")).expect("a folder");
    assert_eq!(desk.run(&["open", "empty"]).status.code(), Some(1));
}

#[test]
fn standard_input_is_opened_as_a_file_is() {
    let desk = Desk::new("input");
    let mut child = desk
        .command(&["open", "-o", "in.html", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    let mut input = child.stdin.take().expect("an input");
    input.write_all(&common::bytes(FILES[0])).expect("it reads");
    drop(input);
    assert!(child.wait().expect("it ends").success());
    assert_eq!(names(&desk.documents("in.html")), ["standard input"]);
}

#[test]
#[cfg(unix)]
fn what_changes_is_opened_again() {
    let desk = Desk::new("watched");
    let [profile, log] = FILES.map(data);
    fs::create_dir(desk.0.join("runs")).expect("a folder");
    fs::copy(&profile, desk.0.join("runs/a.prof")).expect("a copy");
    let mut child = desk
        .command(&["open", "--watch", "runs"])
        .env("BROWSER", desk.path("browser.sh"))
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    until("it is opened", || desk.asked().len() == 1);
    fs::copy(&log, desk.0.join("runs/b.sql.jsonl")).expect("a copy");
    until("it is opened", || desk.asked().len() == 2);
    fs::copy(data("pstats/3.13.prof"), desk.0.join("runs/a.prof")).expect("a copy");
    until("it is opened", || desk.asked().len() == 3);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let files: Vec<String> =
        desk.asked().iter().map(|address| address.trim_start_matches("file://").to_owned()).collect();
    let found: Vec<Vec<Json>> = files.iter().map(|file| desk.documents(file)).collect();
    let found: Vec<Vec<&str>> = found.iter().map(|documents| names(documents)).collect();
    assert_eq!(found, [["a.prof"], ["b.sql.jsonl"], ["a.prof"]]);
}

#[test]
fn a_published_site_lists_recordings_and_keeps_what_is_there() {
    let desk = Desk::new("published");
    let [profile, log] = FILES.map(data);
    let gallery = || -> Json {
        serde_json::from_slice(&fs::read(desk.0.join("shop/gallery.json")).expect("a gallery")).expect("JSON")
    };
    let publish = |arguments: &[&str]| {
        let output = desk.run(&[&["publish", "--site", "site", "--to", "shop"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    publish(&[&profile, &log]);
    let files = ["recordings/orders/orders.prof.gz", "recordings/orders/orders.sql.jsonl.gz"];
    assert_eq!(gallery(), json!({"recordings": [{"title": "orders", "files": files}]}));
    for name in ["index.html", "flamedrop.html", "samples/a.prof"] {
        assert!(desk.0.join("shop").join(name).is_file(), "{name}");
    }
    fs::write(desk.0.join("shop/CNAME"), "profiles.example.com\n").expect("a file");
    publish(&["--title", "After", "--note", "One query", &data("pstats/3.13.prof")]);
    publish(&["--title", "orders", "--note", "An N+1", &log]);
    assert_eq!(
        gallery(),
        json!({"recordings": [
            {"title": "orders", "files": ["recordings/orders/orders.sql.jsonl.gz"], "note": "An N+1"},
            {"title": "After", "files": ["recordings/after/3.13.prof.gz"], "note": "One query"},
        ]})
    );
    assert!(desk.0.join("shop/CNAME").is_file());
    let same = |key: &str, name: &str, other: &str| {
        assert_eq!(desk.documents(name)[0][key], desk.documents(other)[0][key], "{key}");
    };
    same("calls", "shop/recordings/orders/orders.prof.gz", &profile);
    same("executions", "shop/recordings/orders/orders.sql.jsonl.gz", &log);
}

#[test]
fn what_is_published_has_no_values() {
    let desk = Desk::new("values");
    let line = "{\"time\": \"2026-11-23T09:07:26.519Z\", \"name\": \"django.db.backends\", \"duration\": 0.004, \
        \"sql\": \"SELECT a FROM t WHERE b = 'zqsecret'\", \"params\": []}\n";
    fs::write(desk.0.join("app.sql.jsonl"), line.repeat(3)).expect("a log");
    let all = |to: &str, options: &[&str]| {
        let fixed = ["publish", "--site", "site", "--to", to, "app.sql.jsonl"];
        assert!(desk.run(&[&fixed, options].concat()).status.success());
        let mut bytes = Vec::new();
        let packed = fs::read(desk.0.join(to).join("recordings/app/app.sql.jsonl.gz")).expect("a recording");
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut bytes).expect("gzip");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    assert!(!all("stripped", &[]).contains("zqsecret"));
    assert!(all("whole", &["--strip", "nothing"]).contains("zqsecret"));
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let desk = Desk::new("else");
    fs::create_dir(desk.0.join("home")).expect("a folder");
    fs::write(desk.0.join("home/index.html"), "<title>Shop</title>").expect("a page");
    let refused = desk.run(&["publish", "--site", "site", "--to", "home", &data(FILES[0])]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("something else is in this folder"));
    assert_eq!(fs::read_dir(desk.0.join("home")).expect("a folder").count(), 1);
    // A gallery that was broken by hand is mended by hand.
    assert!(desk.run(&["publish", "--site", "site", "--to", "own", &data(FILES[0])]).status.success());
    fs::write(desk.0.join("own/gallery.json"), "{").expect("a file");
    let refused = desk.run(&["publish", "--site", "site", "--to", "own", &data(FILES[1])]);
    assert!(text(&refused.stderr).contains("gallery.json: it is no gallery"));
    assert_eq!(fs::read_to_string(desk.0.join("own/gallery.json")).expect("a file"), "{");
    let nowhere = desk.run(&["publish", "--site", "nowhere", "--to", "new", &data(FILES[0])]);
    assert!(text(&nowhere.stderr).contains("cannot be copied"));
}

#[test]
#[cfg(unix)]
fn a_program_is_handed_over_as_it_is_named() {
    let desk = Desk::new("run");
    let python = desk.path("python.sh");
    // What it is given, then the first lines of what it would run, then a status of its own.
    let script =
        "#!/bin/sh\nfor word in \"$@\"; do echo \"<$word>\"; done\nhead -n 1 \"$1\"\nls \"$3\"\nexit 7\n";
    fs::write(&python, script).expect("a script");
    let permissions = fs::metadata(desk.0.join("browser.sh")).expect("a file").permissions();
    fs::set_permissions(&python, permissions).expect("permissions");
    let run = |arguments: &[&str]| {
        let output = desk.run(&[&["run", "--python", &python], arguments].concat());
        assert_eq!(output.status.code(), Some(7));
        text(&output.stdout)
    };
    let script = run(&["app.py", "-m", "--no-browser", "a b"]);
    assert!(script.contains("<-->\n<app.py>\n<-m>\n<--no-browser>\n<a b>\n"), "{script}");
    assert!(
        script.contains("Flamedrop's `run`") && script.contains("flamedrop_recorder.py\nrun.py\n"),
        "{script}"
    );
    let module = run(&["--no-browser", "--keep", "here", "-m", "pytest", "-x"]);
    assert!(module.contains("<--keep>\n<here>\n<--no-browser>\n<-m>\n<pytest>\n<-x>\n"), "{module}");
    let wrong = desk.run(&["run", "--wrong", "app.py"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("there is no option --wrong"));
    let missing = desk.run(&["run", "--python", "/nowhere/python", "app.py"]);
    assert!(text(&missing.stderr).contains("/nowhere/python cannot be started"));
    // Nothing of the runs that were not is left.
    let left = fs::read_dir(desk.0.join("temporary")).expect("a folder").count();
    assert_eq!(left, 2);
}
