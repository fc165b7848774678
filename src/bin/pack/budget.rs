//! The size budget: what a visitor downloads before the page first paints, and in all.
//!
//! The welcome page is painted out of `index.html` and its styles; the WebAssembly, which the page names
//! as well, is only needed for the page to do something. `tests/e2e/start.test.js` holds it back.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Error, html, live_reload, single, site};

/// Gzipped bytes allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Until the page first paints: `index.html`, its styles and its icon.
    pub first_paint: Option<u64>,
    /// Everything but the samples.
    pub everything: Option<u64>,
}

/// One file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    path: String,
    bytes: u64,
    gzipped: u64,
    part: Part,
}

/// When a file is downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    FirstPaint,
    /// Needed before the page does anything.
    Start,
    Later,
    /// Only when the user asks for it; outside the budget.
    Sample,
    /// The page once more, in one file: for those who take it instead of all this.
    Single,
}

/// Every file of the site in `directory`, whose `index.html` is `page`.
///
/// # Errors
/// When a file cannot be read.
pub fn measure(directory: &Path, page: &str) -> Result<Vec<Size>, Error> {
    let named = named_by(page)?;
    let mut sizes = Vec::new();
    for path in site::files(directory)?.into_iter().filter(|path| path != live_reload::FILE) {
        let content = fs::read(directory.join(&path))?;
        let part = match path.as_str() {
            "index.html" => Part::FirstPaint,
            single::FILE => Part::Single,
            path if path.starts_with("samples/") => Part::Sample,
            path => named.iter().find(|(name, _)| name == path).map_or(Part::Later, |&(_, part)| part),
        };
        sizes.push(Size { path, bytes: content.len() as u64, gzipped: gzipped(&content)?, part });
    }
    sizes.sort_by(|one, other| (one.part, &one.path).cmp(&(other.part, &other.path)));
    Ok(sizes)
}

/// Files that a browser fetches because the page names them. Nothing is painted before the styles are
/// there; modules and preloads do not hold it up.
/// <https://html.spec.whatwg.org/multipage/semantics.html#render-blocking-mechanism>
fn named_by(page: &str) -> Result<Vec<(String, Part)>, String> {
    let names = html::elements(page)?.into_iter().filter_map(|element| {
        let (address, part) = match element.name.as_str() {
            "link" => {
                let later = matches!(element.attribute("rel")?, "modulepreload" | "preload" | "prefetch");
                (element.attribute("href")?, if later { Part::Start } else { Part::FirstPaint })
            }
            "script" => {
                let later = element.attribute("type") == Some("module")
                    || element.attribute("defer").is_some()
                    || element.attribute("async").is_some();
                (element.attribute("src")?, if later { Part::Start } else { Part::FirstPaint })
            }
            _ => return None,
        };
        Some((address.strip_prefix("./").unwrap_or(address).to_owned(), part))
    });
    Ok(names.collect())
}

/// As static hosts compress: gzip's default level.
fn gzipped(content: &[u8]) -> io::Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len() as u64)
}

impl Budget {
    /// The sums, each with those before it, and their limits.
    fn sums(&self, sizes: &[Size]) -> [(&'static str, u64, Option<u64>); 3] {
        let sum = |last: Part| sizes.iter().filter(|size| size.part <= last).map(|size| size.gzipped).sum();
        [
            ("until first paint", sum(Part::FirstPaint), self.first_paint),
            ("until it does something", sum(Part::Start), None),
            ("everything but samples", sum(Part::Later), self.everything),
        ]
    }

    /// What a developer reads after each build.
    pub fn table(&self, sizes: &[Size]) -> String {
        let mut table = format!("{:>10} {:>10}\n", "bytes", "gzipped");
        for size in sizes {
            let note = match size.part {
                Part::FirstPaint => "",
                Part::Start => "  (to do something)",
                Part::Later => "  (later)",
                Part::Sample => "  (sample)",
                Part::Single => "  (the page in one file)",
            };
            let _ = writeln!(table, "{:>10} {:>10}  {}{note}", size.bytes, size.gzipped, size.path);
        }
        for (title, sum, limit) in self.sums(sizes) {
            let limit = limit.map_or(String::new(), |limit| format!(" of {limit} allowed"));
            let _ = writeln!(table, "{:>10} {sum:>10}  {title}{limit}", "");
        }
        table
    }

    /// # Errors
    /// When a sum is over its limit.
    pub fn check(&self, sizes: &[Size]) -> Result<(), Error> {
        for (title, sum, limit) in self.sums(sizes) {
            if limit.is_some_and(|limit| sum > limit) {
                return Err(format!(
                    "over the size budget {title}: {sum} bytes gzipped, {} allowed (Trunk.toml)",
                    limit.unwrap_or_default()
                )
                .into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(path: &str, gzipped: u64, part: Part) -> Size {
        Size { path: path.into(), bytes: gzipped * 3, gzipped, part }
    }

    fn site() -> Vec<Size> {
        vec![
            size("index.html", 900, Part::FirstPaint),
            size("app-1a2b_bg.wasm", 90_000, Part::Start),
            size("worker_bg.wasm", 150_000, Part::Later),
            size("samples/shop.prof", 500_000, Part::Sample),
            size("flamedrop.html", 300_000, Part::Single),
        ]
    }

    #[test]
    fn the_table_has_every_file_and_every_sum() {
        let budget = Budget { first_paint: Some(120_000), everything: None };
        insta::assert_snapshot!(budget.table(&site()));
    }

    #[test]
    fn samples_and_the_single_file_are_outside_the_budget() {
        let sums = Budget::default().sums(&site());
        assert_eq!(sums.map(|(_, sum, _)| sum), [900, 90_900, 240_900]);
    }

    #[test]
    fn a_sum_may_reach_its_limit_but_not_pass_it() {
        let sizes = site();
        assert!(Budget { first_paint: Some(900), everything: Some(240_900) }.check(&sizes).is_ok());
        assert!(Budget { first_paint: Some(899), everything: None }.check(&sizes).is_err());
        let error = Budget { first_paint: None, everything: Some(240_899) }.check(&sizes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "over the size budget everything but samples: 240900 bytes gzipped, 240899 allowed (Trunk.toml)"
        );
    }

    #[test]
    fn what_holds_up_the_first_paint_and_what_does_not() {
        let page = "<link rel=stylesheet href=\"./main-1.css\"><link rel=modulepreload href=app.js>\
                    <link rel=preload as=fetch href=./app.wasm><script src=\"./a.js\"></script>\
                    <script type=module src=b.js></script><a href=\"b\">";
        let named = [
            ("main-1.css", Part::FirstPaint),
            ("app.js", Part::Start),
            ("app.wasm", Part::Start),
            ("a.js", Part::FirstPaint),
            ("b.js", Part::Start),
        ];
        assert_eq!(named_by(page).unwrap(), named.map(|(name, part)| (name.to_owned(), part)));
    }
}
