//! The library is a house, and so is the page: a module uses what lies below it. ARCHITECTURE.md lists the floors, and
//! this holds them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The floors of ARCHITECTURE.md, from the ground up: the library's, or the page's.
fn floors(of_page: bool) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).expect("ARCHITECTURE.md");
    let section = text.split("\n## Floors\n").nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let (library, page) = section.split_once("In the page").expect("the page's");
    let lines = if of_page { page } else { library }.lines().filter_map(|line| line.strip_prefix("    "));
    let floors: Vec<Vec<String>> =
        lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
    assert!(floors.len() > 8, "the floors are there");
    floors
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("src/bin") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The modules of the library that a source uses, its tests left out.
fn used(source: &str) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String =
        source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let word = |text: &str| -> String {
            text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
        };
        match part.strip_prefix('{') {
            // `use crate::{a::B, c}`: names at the first level.
            Some(list) => {
                let mut depth = 0;
                let mut begins = true;
                for (at, letter) in list.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        letter if letter.is_alphabetic() && begins => {
                            used.insert(word(&list[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                }
            }
            None => drop(used.insert(word(part))),
        }
    }
    used
}

/// The files below `root` whose imports run up, each with what it uses. Modules on one floor of the page are one thing,
/// and may use each other.
fn running_up(root: &Path, floors: &[Vec<String>], of_page: bool) -> BTreeSet<(String, String)> {
    let floor = |module: &str| floors.iter().position(|floor| floor.iter().any(|name| name == module));
    let mut files = Vec::new();
    sources(root, &mut files);
    assert!(files.len() > 80, "the sources are there");
    let mut up = BTreeSet::new();
    for file in files {
        let name = file.strip_prefix(root).expect("below it").with_extension("");
        let name = name.to_str().expect("a name").replace('\\', "/");
        let module = name.split('/').next().expect("a module");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let own = floor(module).unwrap_or_else(|| panic!("ARCHITECTURE.md lists no floor of {module}"));
        let source = std::fs::read_to_string(&file).expect("a source");
        for other in used(&source).iter().filter(|other| *other != module) {
            let below = floor(other).unwrap_or_else(|| panic!("{name} uses {other}, which no floor lists"));
            if below > own || below == own && !of_page {
                up.insert((name.clone(), other.clone()));
            }
        }
    }
    up
}

#[test]
fn imports_run_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let up = running_up(&root, &floors(false), false);
    assert!(up.is_empty(), "these imports run up: {up:?}");
}

#[test]
fn imports_of_the_page_run_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/app");
    let up = running_up(&root, &floors(true), true);
    assert!(up.is_empty(), "these imports run up: {up:?}");
}

#[test]
fn uses_are_found() {
    let source = "use crate::{format, profile::{Edge, Edges}, sort};\nuse crate::text::one_line; // crate::no\n\
                  fn f() { crate::link::g() }\n#[cfg(test)]\nmod tests { use crate::session; }";
    let used: Vec<String> = used(source).into_iter().collect();
    assert_eq!(used, ["format", "link", "profile", "sort", "text"]);
}
