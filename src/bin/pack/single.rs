//! `flamedrop.html`: the whole page in one file, which a browser opens by double-click. From `file://`
//! it may fetch nothing, import nothing and start no worker from an address, so styles, scripts,
//! WebAssembly and samples all stand in it, and the worker starts from a blob of its own text.

use std::io::Write as _;
use std::path::Path;
use std::{fs, str};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::html::{self, Element};
use crate::{Error, policy, site, worker};

/// The file's name.
pub const FILE: &str = "flamedrop.html";

/// The name under which the page stands in itself, without what is embedded in it.
const PAGE: &str = "page.html";

/// Reads what is embedded.
const READER: &str = include_str!("single.js");

/// Runs after the page's own script, in the same module.
const START: &str = "\nawait __wbg_init({ module_or_path: await flamedropEmbedded('app_bg.wasm') });\n";

/// Writes it. `page` is the one that stands in `directory`, without its policy.
///
/// # Errors
/// When a file that the page names is missing, or cannot stand inside a page.
pub fn write(page: &str, directory: &Path) -> Result<(), Error> {
    let read = |address: &str| {
        let path = address.strip_prefix("./").unwrap_or(address);
        fs::read(directory.join(path)).map_err(|error| format!("{path}: {error}"))
    };
    let mut parts = Parts::default();
    let mut edits = Vec::new();
    for element in html::elements(page)? {
        if let Some(text) = replaced(&element, page, &read, &mut parts)? {
            edits.push((element.whole(), text));
        }
    }
    let (Some(script), Some(module), Some(place)) = (parts.script, parts.module, parts.start) else {
        return Err("index.html does not name the page's script and module as trunk does".into());
    };
    if script.lines().any(|line| line.starts_with("import ")) {
        return Err("the page's script imports another: that cannot stand in one file".into());
    }
    let script = format!("<script>\n{READER}</script>\n<script type=\"module\">\n{script}{START}</script>");
    edits[place].1 = script;

    let mut embedded = vec![("app_bg.wasm".to_owned(), module)];
    for program in worker::PROGRAMS {
        let named = parts.workers.iter().position(|(of, ..)| of == program);
        let at = named.ok_or_else(|| format!("index.html does not name {program}"))?;
        let (_, script, module) = parts.workers.swap_remove(at);
        embedded.push((worker::script(program), script));
        embedded.push((worker::module(program), module));
    }
    for path in site::files(directory)?.into_iter().filter(|path| path.starts_with("samples/")) {
        embedded.push((path.clone(), read(&path)?));
    }

    let mut single = page.to_owned();
    for (range, text) in edits.into_iter().rev() {
        single.replace_range(range, &text);
    }
    let mut single = policy::write(&single)?;
    // Once more, as it is before anything runs: from `file://` the page cannot read its own file, and
    // this is what it makes another page of, with documents in it.
    embedded.push((PAGE.to_owned(), single.clone().into_bytes()));
    let end = single.rfind("</body>").ok_or("index.html has no </body>")?;
    single.insert_str(end, &data(&embedded)?);
    fs::write(directory.join(FILE), single)?;
    Ok(())
}

/// What is found on the way.
#[derive(Default)]
struct Parts {
    script: Option<String>,
    module: Option<Vec<u8>>,
    /// Programs of workers by name: script and module.
    workers: Vec<(String, Vec<u8>, Vec<u8>)>,
    /// Which edit is the script that starts the page.
    start: Option<usize>,
    edits: usize,
}

/// What stands in the single file for an element of the page; `None` where that is the element itself.
fn replaced(
    element: &Element<'_>,
    page: &str,
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    parts: &mut Parts,
) -> Result<Option<String>, Error> {
    let text = match (element.name.as_str(), element.attribute("rel"), element.attribute("name")) {
        ("link", Some("stylesheet"), _) => {
            let style = inline(read(element.attribute("href").unwrap_or_default())?, "</style")?;
            format!("<style>\n{style}</style>")
        }
        ("link", Some("icon"), _) => {
            let icon = read(element.attribute("href").unwrap_or_default())?;
            let kind = element.attribute("type").unwrap_or("image/svg+xml");
            format!(
                "<link rel=\"icon\" type=\"{kind}\" href=\"data:{kind};base64,{}\">",
                STANDARD.encode(icon)
            )
        }
        ("link", Some("modulepreload"), _) => {
            let script = read(element.attribute("href").unwrap_or_default())?;
            parts.script = Some(inline(script, "</script")?);
            String::new()
        }
        ("link", Some("preload"), _) => {
            parts.module = Some(read(element.attribute("href").unwrap_or_default())?);
            String::new()
        }
        ("meta", _, Some("worker")) => {
            let script = read(element.attribute("content").unwrap_or_default())?;
            let module = read(element.attribute("data-module").unwrap_or_default())?;
            let program = element.attribute("data-for").unwrap_or_default();
            parts.workers.push((program.to_owned(), script, module));
            String::new()
        }
        // Neither can be had from `file://`.
        ("meta", _, Some("service-worker" | "gallery")) => String::new(),
        ("script", ..) if element.is_inline_script() && is_start(element, page) => {
            parts.start = Some(parts.edits);
            String::new()
        }
        _ => return Ok(None),
    };
    parts.edits += 1;
    Ok(Some(text))
}

/// Whether it is the script that trunk writes to start the page.
fn is_start(script: &Element<'_>, page: &str) -> bool {
    let text = script.text.clone().and_then(|text| page.get(text)).unwrap_or_default();
    script.attribute("type") == Some("module") && text.contains("import init")
}

/// `content` as the text of an element whose end tag begins with `end`.
fn inline(content: Vec<u8>, end: &str) -> Result<String, Error> {
    let text = String::from_utf8(content).map_err(|_| "a style or a script is not UTF-8")?;
    if text.contains(end) || text.contains("<!--") {
        return Err(format!("a style or a script contains {end} or <!--: it cannot stand in one file").into());
    }
    Ok(text)
}

/// Files as elements that no browser shows or runs.
fn data(files: &[(String, Vec<u8>)]) -> Result<String, Error> {
    let mut text = String::new();
    for (name, content) in files {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content)?;
        let base64 = STANDARD.encode(encoder.finish()?);
        text += &format!("<script type=\"application/gzip\" data-file=\"{name}\">{base64}</script>\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page as trunk and `pack` leave it, and its files, in a folder of its own.
    fn site(folder: &str, script: &str) -> (std::path::PathBuf, String) {
        let directory = std::env::temp_dir().join(format!("flamedrop-{folder}-{}", std::process::id()));
        fs::create_dir_all(directory.join("samples")).unwrap();
        for (name, content) in [
            ("main-1.css", "b { color: red }\n"),
            ("icon.svg", "<svg/>"),
            ("app-1.js", script),
            ("app-1_bg.wasm", "page module"),
            ("profile_worker-1.js", "worker script"),
            ("profile_worker-1_bg.wasm", "worker module"),
            ("log_worker-1.js", "another script"),
            ("log_worker-1_bg.wasm", "another module"),
            ("samples/a.prof", "sample"),
        ] {
            fs::write(directory.join(name), content).unwrap();
        }
        let page = "<!doctype html><html><head><meta charset=\"utf-8\">\n\
            <meta name=\"service-worker\" content=\"./sw.js\">\n\
            <meta name=\"worker\" data-for=\"log_worker\" content=\"./log_worker-1.js\" data-module=\"./log_worker-1_bg.wasm\">\n\
            <meta name=\"worker\" data-for=\"profile_worker\" content=\"./profile_worker-1.js\" data-module=\"./profile_worker-1_bg.wasm\">\n\
            <link rel=\"icon\" type=\"image/svg+xml\" href=\"./icon.svg\">\n\
            <link rel=\"stylesheet\" href=\"./main-1.css\">\n\
            <script type=\"module\">import init from './app-1.js';</script>\n\
            <link rel=\"modulepreload\" href=\"./app-1.js\">\n\
            <link rel=\"preload\" href=\"./app-1_bg.wasm\" as=\"fetch\">\n\
            </head><body><p>Drop a file</p>\n</body></html>";
        (directory, page.to_owned())
    }

    #[test]
    fn nothing_is_left_outside() {
        let (directory, page) = site("single", "function __wbg_init() {}\n");
        write(&page, &directory).unwrap();
        let single = fs::read_to_string(directory.join(FILE)).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        for element in html::elements(&single).unwrap() {
            let address = element.attribute("src").or(element.attribute("href"));
            assert!(address.is_none_or(|address| address.starts_with("data:")), "{element:?}");
        }
        // The gzip's bytes are the compressor's own business.
        let shown = single.replace(READER, "[single.js]\n");
        let shown: Vec<String> = shown
            .lines()
            .map(|line| match line.split_once("data-file=") {
                Some((before, after)) => {
                    format!("{before}data-file={}> … </script>", after.split('>').next().unwrap_or_default())
                }
                None => line.to_owned(),
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn a_script_that_cannot_stand_in_a_page_is_refused() {
        for (folder, script) in
            [("ends", "'</script>'"), ("comments", "'<!--'"), ("imports", "import './b.js';")]
        {
            let (directory, page) = site(folder, script);
            assert!(write(&page, &directory).is_err(), "{script}");
            fs::remove_dir_all(&directory).unwrap();
        }
    }
}
