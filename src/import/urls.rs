//! A site's own patterns, to group its requests by: what `manage.py show_urls` prints
//! ([django-extensions](https://django-extensions.readthedocs.io/en/latest/show_urls.html), in each of its formats), or a
//! `urls.py`. They are no document: they say how another one is read ([`crate::input::Options::urls`]).

mod pieces;
mod python;

use memchr::memmem;
use serde::Deserialize;

use self::pieces::{Built, Written};
use super::{Source, detect, open};
use crate::requests::patterns::{Pattern, Patterns};

/// Sites have a few thousand at most.
const LIMIT: u64 = 8 << 20;

/// The text of `source`, if it is a site's patterns and nothing else that is read.
///
/// # Errors
/// When it cannot be read.
pub fn text(source: &dyn Source) -> std::io::Result<Option<String>> {
    let Ok(mut input) = open(source, &|_| ()) else { return Ok(None) };
    if !is(input.head()) || detect(input.head()).is_some() {
        return Ok(None);
    }
    let bytes = input.read_all(LIMIT)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether a file that begins so has patterns.
fn is(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match head.trim_ascii_start().first() {
        Some(b'[') => {
            let has = |word: &str| memmem::find(head, word.as_bytes()).is_some();
            has("\"url\": \"") && has("\"module\": \"") && has("\"decorators\": \"")
        }
        _ => {
            let text = String::from_utf8_lossy(head);
            is_python(&text) || printed(&text).next().is_some()
        }
    }
}

/// Whether a text is a `urls.py`.
fn is_python(text: &str) -> bool {
    let is_begin = |line: &str| {
        line.trim_start()
            .strip_prefix("urlpatterns")
            .is_some_and(|rest| rest.trim_start().starts_with(['=', '+', ':']))
    };
    text.lines().any(is_begin) && ["path(", "url("].iter().any(|word| text.contains(word))
}

/// The addresses that `show_urls` printed; none if it is no output of it. What it says itself may stand before them.
fn printed(text: &str) -> impl Iterator<Item = &str> {
    let is_view = |word: &str| {
        let is_part = |letter: char| letter.is_alphanumeric() || "_.<>()".contains(letter);
        word.contains('.') && word.chars().all(is_part)
    };
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('/')) {
        let below = lines.get(at + 1).copied().unwrap_or_default();
        let (url, rest) = match line.find(['\t', ' ']) {
            Some(end) => line.split_at(end),
            None => (*line, ""),
        };
        let is_printed = match rest {
            // --format verbose
            "" => below.starts_with("\tController: "),
            // By default, table, aligned: what is asked for comes second.
            rest => {
                let mut words = rest.split(['\t', ' ', '|']).filter(|word| !word.is_empty());
                words.next().is_some_and(is_view)
            }
        };
        if is_printed {
            found.push(url);
        }
    }
    // Addresses may begin lines of anything.
    let begin = lines.iter().filter(|line| line.starts_with('/')).count();
    let all = if found.len() * 2 > begin { found } else { Vec::new() };
    all.into_iter()
}

/// What `--format json` has of one; the rest is of no interest.
#[derive(Deserialize)]
struct Printed {
    url: String,
}

/// The patterns in `text`; the rest of a sentence if there are none.
///
/// # Errors
/// When there are none.
pub fn read(text: &str) -> Result<Patterns, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let all: Vec<Printed> =
            serde_json::from_str(text).map_err(|_| "it is no JSON as show_urls writes it".to_owned())?;
        return patterns(all.iter().map(|one| one.url.as_str()));
    }
    if is_python(text) {
        let found = python::read(text);
        return match (found.patterns.len(), found.elsewhere) {
            (0, 0) => Err("its urlpatterns has no path() and no re_path()".to_owned()),
            (0, _) => {
                Err("its patterns are in other files: give the output of manage.py show_urls".to_owned())
            }
            _ => Ok(Patterns::new(found.patterns, false)),
        };
    }
    patterns(printed(text))
}

/// Those that are printed. Only JSON is in the order of the site, and nothing tells whether that was cut from more: so the
/// most particular one is meant.
fn patterns<'a>(urls: impl Iterator<Item = &'a str>) -> Result<Patterns, String> {
    let all: Vec<Pattern> = urls
        .map(|url| {
            let mut built = Built::default();
            built.add(url.strip_prefix('/').unwrap_or(url), Written::Printed);
            let (_, pieces) = built.whole();
            Pattern::new(url.to_owned(), pieces)
        })
        .collect();
    if all.is_empty() { Err("it has no pattern".to_owned()) } else { Ok(Patterns::new(all, true)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_sites_patterns_and_what_is_not() {
        for text in [
            "/\turls.view\thome\n",
            "/a/<int:pk>/   shop.views.Detail()   detail   \n",
            "/a/\n\tController: urls.view\n\tURL Name: \n",
            "from django.urls import path\n\nurlpatterns = [path('', view)]\n",
            "if x:\n    urlpatterns += [re_path('^$', view)]\n",
        ] {
            assert!(is(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "/usr/lib/x.py 12 3\n",
            "/a b\n/c d.e\n/f g\n",
            "# urlpatterns = [\n",
            "urlpatterns = []\n",
            "[{\"url\": \"/\"}]",
            "/",
            "127.0.0.1 - - [28/Nov/2026:22:44:01 +0000] \"GET / HTTP/1.1\" 200 9\n",
        ] {
            assert!(!is(text.as_bytes()), "{text}");
        }
    }
}
