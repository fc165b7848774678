//! `flamedrop publish` as people use it: a site that grows, without values, and nothing in it that was there is lost.

mod common;

use std::fs;

use serde_json::{Value as Json, json};

use common::desk::{Desk, FILES, data, names, text};

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

/// What is listed: titles and files.
fn listed(desk: &Desk) -> Vec<(String, Vec<String>)> {
    let text = fs::read(desk.0.join("shop/gallery.json")).expect("a gallery");
    let gallery: Json = serde_json::from_slice(&text).expect("JSON");
    let entry = |entry: &Json| {
        let files = entry["files"].as_array().expect("files").iter();
        let files = files.map(|file| file.as_str().expect("a path").to_owned()).collect();
        (entry["title"].as_str().expect("a title").to_owned(), files)
    };
    gallery["recordings"].as_array().expect("a list").iter().map(entry).collect()
}

fn titles(desk: &Desk) -> Vec<String> {
    listed(desk).into_iter().map(|(title, _)| title).collect()
}

/// A desk with different recordings of one name in folders.
fn runs(name: &str) -> Desk {
    let desk = Desk::new(name);
    for (folder, from) in
        [("p1", "sample/orders.prof"), ("p2", "pstats/3.13.prof"), ("p3", "pstats/3.12.prof")]
    {
        fs::create_dir(desk.0.join(folder)).expect("a folder");
        fs::copy(common::data(from), desk.0.join(folder).join("app.prof")).expect("a copy");
    }
    desk
}

/// What publishing says.
fn publish(desk: &Desk, arguments: &[&str]) -> String {
    let output = desk.run(&[&["publish", "--site", "site", "--to", "shop"], arguments].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn another_recording_of_a_name_is_beside_the_first() {
    let desk = runs("another");
    publish(&desk, &["p1/app.prof"]);
    let first = listed(&desk);
    assert_eq!(first[0].0, "app");
    let said = publish(&desk, &["p2/app.prof"]);
    assert!(said.contains("p2/app: “app” is another recording, which stays"), "{said}");
    assert_eq!(titles(&desk), ["app", "p2/app"]);
    // The same again is the same, in whatever folder.
    let said = publish(&desk, &["p1/app.prof"]);
    assert!(said.contains("app: is there already"), "{said}");
    fs::create_dir(desk.0.join("p4")).expect("a folder");
    fs::copy(desk.0.join("p2/app.prof"), desk.0.join("p4/app.prof")).expect("a copy");
    publish(&desk, &["p4/app.prof"]);
    assert_eq!(titles(&desk), ["app", "p2/app"]);
    // A folder that was recorded into again, and one without a name.
    fs::copy(desk.0.join("p3/app.prof"), desk.0.join("p2/app.prof")).expect("a copy");
    publish(&desk, &["p2/app.prof"]);
    fs::copy(data("pstats/3.11.prof"), desk.0.join("app.prof")).expect("a copy");
    publish(&desk, &["app.prof"]);
    assert_eq!(titles(&desk), ["app", "p2/app", "app 2", "app 3"]);
    // Each has its own files, and all are read.
    let all = listed(&desk);
    assert_eq!(all[0], first[0]);
    let calls = |file: &str| desk.documents(file)[0]["calls"].clone();
    let found: Vec<Json> = all.iter().map(|(_, files)| calls(&format!("shop/{}", files[0]))).collect();
    let expected = ["sample/orders.prof", "pstats/3.13.prof", "pstats/3.12.prof", "pstats/3.11.prof"];
    assert_eq!(found, expected.map(|file| calls(&data(file))));
    // Its log makes a recording of a profile more, and takes nothing away.
    fs::copy(data(FILES[1]), desk.0.join("p1/app.sql.jsonl")).expect("a copy");
    publish(&desk, &["p1/app.prof", "p1/app.sql.jsonl"]);
    let both = ["recordings/app/app.prof.gz", "recordings/app/app.sql.jsonl.gz"];
    assert_eq!(listed(&desk)[0].1, both);
    publish(&desk, &["--note", "As it was", "p1/app.prof"]);
    assert_eq!(listed(&desk)[0].1, both);
    assert_eq!(titles(&desk).len(), 4);
}

#[test]
fn recordings_of_one_name_are_told_apart_by_their_folders() {
    let desk = runs("apart");
    publish(&desk, &["p1/app.prof", "p2/app.prof"]);
    assert_eq!(titles(&desk), ["p1/app", "p2/app"]);
    for (title, files) in listed(&desk) {
        assert_eq!(names(&desk.documents(&format!("shop/{}", files[0]))), ["app.prof"], "{title}");
    }
    // A profile and a log of a name are one recording, wherever each of them is.
    fs::create_dir(desk.0.join("logs")).expect("a folder");
    fs::copy(data(FILES[1]), desk.0.join("logs/app.sql.jsonl")).expect("a copy");
    publish(&desk, &["p3/app.prof", "logs/app.sql.jsonl"]);
    assert_eq!(listed(&desk)[2].1, ["recordings/app/app.prof.gz", "recordings/app/app.sql.jsonl.gz"]);
    // Titles whose folders would be the same, and files of one name under one title.
    publish(&desk, &["--title", "P1, app", "p3/app.prof", "p2/app.prof"]);
    let (_, files) = listed(&desk).pop().expect("an entry");
    assert_eq!(files, ["recordings/p1-app-2/app.prof.gz", "recordings/p1-app-2/p2-app.prof.gz"]);
}

#[test]
fn many_recordings_of_one_title_are_a_group() {
    let desk = runs("grouped");
    publish(&desk, &["--title", "All runs", "p1", "p2", "p3"]);
    let file = "recordings/all-runs/all-runs.flamedrop";
    assert_eq!(listed(&desk), [("All runs".to_owned(), vec![file.to_owned()])]);
    assert_eq!(desk.documents(&format!("shop/{file}")).len(), 3);
}

#[test]
fn it_is_said_how_to_look_at_a_site() {
    let desk = runs("served");
    let said = publish(&desk, &["p1/app.prof"]);
    assert_eq!(said.lines().next(), Some("shop"));
    assert!(said.contains("python -m http.server -d shop\n"), "{said}");
}
