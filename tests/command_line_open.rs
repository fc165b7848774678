//! `flamedrop open` and `run` as people use them: what is written, what the browser is given, what is said.

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value as Json;

use flamedrop::import::{self, Together};
use flamedrop::input::MemorySource;

use common::desk::{Desk, FILES, data, names, text, until};

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

/// The name and the bytes of the one document in a page, as the page itself reads it.
fn embedded(page: &str) -> (String, Vec<u8>) {
    let page = fs::read_to_string(page).expect("a page");
    let (_, rest) = page.split_once("data-document=\"").expect("a document");
    let (name, rest) = rest.split_once("\">").expect("its name");
    let (packed, rest) = rest.split_once("</script>").expect("its end");
    assert!(!rest.contains("data-document"), "it is the only one");
    let packed = STANDARD.decode(packed).expect("base64");
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("gzip");
    (name.to_owned(), bytes)
}

#[test]
fn many_recordings_are_a_group() {
    let desk = Desk::new("group");
    for name in ["runs/10/app.prof", "runs/2/app.prof", "runs/2/app.sql.jsonl", "runs/1/app.prof"] {
        let path = desk.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let from = if name.ends_with("jsonl") { FILES[1] } else { FILES[0] };
        fs::write(path, common::bytes(from)).expect("a file");
    }
    fs::write(desk.0.join("runs/notes"), "What was run when.\n").expect("a file");
    let expected = ["1/app.prof", "2/app.prof", "2/app.sql.jsonl", "10/app.prof"];
    for (arguments, name) in [
        (&["open", "runs"][..], "runs"),
        (&["open", "runs/1", "runs/2", "runs/10"], "4 files"),
        (&["report", "--strip", "nothing", "runs"], "runs"),
    ] {
        let output = desk.run(&[arguments, &["-o", "all.html"]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).ends_with("all.html\n"));
        let (found, bytes) = embedded(&desk.path("all.html"));
        assert_eq!(found, name);
        let members = import::members(&MemorySource::new(name, bytes)).expect("it is read").expect("many");
        assert_eq!(members.together, Together::Group);
        let found: Vec<&str> = members.files.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(found, expected);
        // Every command gets them back.
        assert_eq!(names(&desk.documents("all.html")).len(), 4);
        let page = fs::read_to_string(desk.0.join("all.html")).expect("a page");
        assert!(page.contains(&format!("This page contains {name} (4 recordings).")));
        assert!(
            page.contains("view=recordings") && page.contains(&format!("<title>{name} – Flamedrop</title>"))
        );
    }
    // Of a page with a group in it another one is made.
    desk.run(&["open", "-o", "again.html", "all.html"]);
    assert_eq!(embedded(&desk.path("again.html")).0, "all.html");
    // Two are looked at side by side.
    let two = desk.run(&["open", "-o", "two.html", "runs/1/app.prof", "runs/2/app.prof"]);
    assert!(two.status.success());
    let page = fs::read_to_string(desk.0.join("two.html")).expect("a page");
    assert_eq!(page.matches("data-document=\"app.prof\"").count(), 2);
}

#[test]
fn a_view_that_there_is_not_is_refused() {
    let desk = Desk::new("views");
    let open = |view: &str| desk.run(&["open", "-o", "a.html", "--view", view, &data(FILES[0])]);
    for view in ["nonsense", "view=nonsense&sort=calls"] {
        let output = open(view);
        assert_eq!(output.status.code(), Some(2), "{view}");
        let said = text(&output.stderr);
        assert!(said.contains("the views are findings, flame-graph"), "{said}");
    }
    // Those that there are stand in the page.
    let page = include_str!("../src/bin/app/view.rs");
    let (_, keys) = page.split_once("pub fn key(").expect("keys");
    let (keys, _) = keys.split_once("pub fn").expect("their end");
    let keys: Vec<&str> = keys.split('"').skip(1).step_by(2).collect();
    assert_eq!(keys, flamedrop::link::VIEWS);
    for view in ["call-tree", "view=queries&sort=calls", "#view=lines", "q=a"] {
        assert!(open(view).status.success(), "{view}");
    }
}

#[test]
#[cfg(unix)]
fn where_temporary_files_cannot_be_there_is_another_place() {
    let desk = Desk::new("nowhere");
    let mut open = desk.command(&["open", &data(FILES[0])]);
    let output = open.env("TMPDIR", "/no/such/folder").output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = text(&output.stdout).trim_end().to_owned();
    assert!(page.ends_with("orders.html") && !page.starts_with("/no/such"), "{page}");
    fs::remove_dir_all(Path::new(&page).parent().expect("a folder")).expect("it goes");
}

#[test]
fn a_script_is_to_be_run() {
    let desk = Desk::new("script");
    let line = "127.0.0.1 - - [10/Oct/2026:13:55:36 +0000] \"GET /a HTTP/1.1\" 200 2326 \"-\" \"curl\"\n";
    let with_log = format!("LINES = r'''\n{line}{line}'''\n");
    for (name, content) in [("app.py", "import os\nprint(os.name)\n"), ("logs.py", &with_log)] {
        fs::write(desk.0.join(name), content).expect("a file");
        // What a file alone is for.
        let output = desk.run(&[name]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(&format!("did you mean `flamedrop run {name}`")));
    }
    let output = desk.run(&["open", "app.py"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("flamedrop run app.py") && !said.contains("cProfile"), "{said}");
    let profile = data(FILES[0]);
    let output = desk.run(&[&profile]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("did you mean `flamedrop open {profile}`")), "{said}");
    assert!(text(&desk.run(&["opne"]).stderr).contains("open"));
    // What is missing is missing.
    assert!(text(&desk.run(&["open", "none.py"]).stderr).contains("No such file"));
}

#[test]
#[cfg(unix)]
fn the_active_environment_comes_first() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new("environments");
    for name in ["active", "own"] {
        let folder = desk.0.join(name).join("bin");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("python3"), format!("#!/bin/sh\necho {name}\n")).expect("a file");
        let may_run = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.join("python3"), may_run).expect("permissions");
    }
    let program = desk.0.join("own/bin/flamedrop");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_flamedrop"), &program).expect("a link");
    let run = |active: Option<&str>| {
        let mut command = std::process::Command::new(&program);
        command.args(["run", "app.py"]).current_dir(&desk.0).env_remove("VIRTUAL_ENV");
        command.env("TMPDIR", desk.0.join("temporary"));
        command.envs(active.map(|name| ("VIRTUAL_ENV", desk.0.join(name))));
        text(&command.output().expect("it runs").stdout)
    };
    assert_eq!(run(None), "own\n");
    assert_eq!(run(Some("active")), "active\n");
}
