//! A page with documents within itself: one HTML file that opens by double-click, and of which Flamedrop
//! makes the documents again.
//!
//! It is `flamedrop.html` with an element per document, which no browser shows or runs:
//!
//! ```text
//! <script type="application/gzip" data-document="orders.prof">H4sIA…</script>
//! ```
//!
//! What it holds stands in words in its head, and in attributes of `<meta name="flamedrop-saved">` for
//! the page's own use. Nothing of a document stands bare in the HTML but its name, escaped.

use std::io::{self, BufRead, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Keep, Strip};
use crate::findings::Settings;
use crate::input::{Input, MemorySource, Source};
use crate::text::one_line;

/// The name of the `<meta>` that tells such a page from one without documents.
pub const META: &str = "flamedrop-saved";

const MARK: &str = "<meta name=\"flamedrop-saved\" ";
const DOCUMENT: &[u8] = b"<script type=\"application/gzip\" data-document=\"";
const DOCUMENT_END: &[u8] = b"</script>";

/// Largest element of a document that is read, bytes of base64.
const LIMIT: u64 = 1 << 30;

/// So many documents are named where all are told of; nobody reads more.
const MOST_NAMED: usize = 4;

/// What a saved page says of itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Names of the documents, and what each is in words: `("orders.prof", "a profile")`.
    pub documents: Vec<(String, String)>,
    /// What was left out.
    pub strip: Strip,
    /// How much was kept.
    pub keep: Keep,
    /// The view it opens on, as in the page's address; without `#`.
    pub fragment: String,
    /// The rules' thresholds.
    pub settings: Settings,
}

impl About {
    /// What it contains, in sentences for whoever gets it.
    pub fn in_words(&self) -> String {
        let documents: Vec<String> =
            self.documents.iter().take(MOST_NAMED).map(|(name, what)| format!("{name} ({what})")).collect();
        let left_out = if self.strip.is_nothing() {
            "Nothing was left out of them".to_owned()
        } else {
            format!("Left out: {}", self.strip.in_words())
        };
        let only = match self.keep {
            Keep::Everything => "",
            Keep::Results => " Of SQL logs only the results are in it, no single statements.",
        };
        let more = self.and_more();
        format!("This page contains {}{more}. {left_out}.{only}", documents.join(", "))
    }

    fn title(&self) -> String {
        let names: Vec<&str> =
            self.documents.iter().take(MOST_NAMED).map(|(name, _)| name.as_str()).collect();
        format!("{}{} – Flamedrop", names.join(", "), self.and_more())
    }

    /// How many documents are not named.
    fn and_more(&self) -> String {
        match self.documents.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        }
    }

    fn settings(&self) -> String {
        let settings: Vec<String> =
            self.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        settings.join(" ")
    }
}

/// The thresholds that [`About::settings`] wrote into a page; those that are no more are passed over.
pub fn settings(text: &str) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in text.split(' ').filter_map(|pair| pair.split_once('=')) {
        if let Ok(value) = value.parse() {
            let _ = settings.set(name, Some(value));
        }
    }
    settings
}

/// The two halves of a page that holds documents, made of `page`, Flamedrop's page in one file;
/// [`element`]s go between.
///
/// # Errors
/// When `page` is something else, or holds documents already: in words, as the rest of a sentence.
pub fn halves(page: &str, about: &About) -> Result<(String, String), &'static str> {
    if page.contains(MARK) {
        return Err("it holds documents already; take flamedrop.html as it was built");
    }
    let between = |start: &str, end: &str| {
        let start = page.find(start)?;
        Some(start..start + page[start..].find(end)? + end.len())
    };
    const NOT_OURS: &str = "it is not Flamedrop's page in one file (flamedrop.html)";
    let (Some(title), Some(end), Some(root)) =
        (between("<title>", "</title>"), page.rfind("</body>"), page.find("<html lang=\"en\" data-starting"))
    else {
        return Err(NOT_OURS);
    };
    if !page.contains("flamedropEmbedded") || title.end > end || root > title.start {
        return Err(NOT_OURS);
    }
    let root = root + "<html lang=\"en\"".len();
    // The welcome page is not shown while the documents come.
    let before = format!(
        "{} data-coming{}<title>{}</title>\n{}{}",
        &page[..root],
        &page[root..title.start],
        escaped(&about.title()),
        head(about),
        &page[title.end..end],
    );
    Ok((before, page[end..].to_owned()))
}

/// What the page's head says of its contents: for people who look into it, and for the page itself.
fn head(about: &About) -> String {
    let comment: String = one_line(&about.in_words())
        .map(|letter| match letter {
            // What would end the comment, or look like an element.
            '-' => '‐',
            '<' => '‹',
            '>' => '›',
            letter => letter,
        })
        .collect();
    format!(
        "<!-- Saved by Flamedrop.\n     {comment}\n     \
         Each document stands below, gzipped, in base64. To get them back, drop this file on Flamedrop. -->\n\
         {MARK}content=\"1\" data-about=\"{}\" data-fragment=\"{}\" data-settings=\"{}\">",
        escaped(&about.in_words()),
        escaped(&about.fragment),
        escaped(&about.settings()),
    )
}

/// The element of one document: its gzipped bytes in base64.
pub fn element(name: &str, base64: &str) -> String {
    format!("<script type=\"application/gzip\" data-document=\"{}\">{base64}</script>\n", escaped(name))
}

/// `gzip` in base64, for [`element`].
pub fn base64(gzip: &[u8]) -> String {
    STANDARD.encode(gzip)
}

/// `text` as an attribute's value or an element's text, in one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in one_line(text) {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn unescaped(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (escape, letter)| text.replace(escape, letter))
}

/// Whether `head`, the first bytes of a file, begins a page that holds documents.
pub fn is(head: &[u8]) -> bool {
    const DOCTYPE: &[u8] = b"<!doctype html";
    let start = head.trim_ascii_start();
    start.get(..DOCTYPE.len()).is_some_and(|start| start.eq_ignore_ascii_case(DOCTYPE))
        && memchr::memmem::find(head, MARK.as_bytes()).is_some()
}

/// The documents in `source`, each under its name, still gzipped; `None` if it is no page that holds any.
///
/// # Errors
/// When it cannot be read, or a document in it is damaged.
pub fn documents(source: &dyn Source) -> io::Result<Option<Vec<MemorySource>>> {
    let mut input = Input::open(source, &|_| ())?;
    if !is(input.head()) {
        return Ok(None);
    }
    let mut documents = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut input).take(LIMIT).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(Some(documents));
        }
        if let Some(rest) = line.strip_prefix(DOCUMENT) {
            documents.push(document(rest).ok_or_else(|| {
                let problem = format!("document {} in the page is damaged or cut short", documents.len() + 1);
                io::Error::new(io::ErrorKind::UnexpectedEof, problem)
            })?);
        }
    }
}

/// One of [`documents`] as it was before it was gzipped: only so a rotated log can be told.
///
/// # Errors
/// When it is damaged, or too large.
pub fn unzipped(document: &MemorySource) -> io::Result<MemorySource> {
    let bytes = Input::open(document, &|_| ())?.read_all(crate::saved::LIMIT)?;
    Ok(MemorySource::new(document.name(), bytes))
}

/// One document: the rest of its line.
fn document(rest: &[u8]) -> Option<MemorySource> {
    let name = &rest[..memchr::memchr(b'"', rest)?];
    let text = rest[name.len()..].strip_prefix(b"\">")?.trim_ascii_end().strip_suffix(DOCUMENT_END)?;
    let name = unescaped(std::str::from_utf8(name).ok()?);
    Some(MemorySource::new(name, STANDARD.decode(text).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html>\n<html lang=\"en\" data-starting>\n<head>\n<meta charset=\"utf-8\">\n\
        <title>Flamedrop</title>\n</head>\n<body>\n<script>window.flamedropEmbedded</script>\n</body>\n</html>\n";

    fn saved(names: &[&str]) -> String {
        let about = About {
            documents: names.iter().map(|name| ((*name).to_owned(), "a profile".to_owned())).collect(),
            fragment: "view=flame&file=a\"b".to_owned(),
            ..About::default()
        };
        let (before, after) = halves(PAGE, &about).unwrap();
        let elements: String = names.iter().map(|name| element(name, &base64(name.as_bytes()))).collect();
        before + &elements + &after
    }

    #[test]
    fn it_reads_like_what_it_is() {
        insta::assert_snapshot!(saved(&["orders.prof"]));
    }

    #[test]
    fn documents_come_back_under_their_names() {
        let names = ["a.prof", "</script><img src=x onerror=alert(1)>.prof", "--> & 'b' \"c\" &amp;lt;.log"];
        let page = saved(&names);
        assert!(!page.contains("<img") && page.matches("-->").count() == 1);
        let documents = documents(&MemorySource::new("r.html", page)).unwrap().unwrap();
        let found: Vec<&str> = documents.iter().map(|document| document.name()).collect();
        assert_eq!(found, names);
        for document in &documents {
            let mut bytes = Vec::new();
            document.open(0).unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, document.name().as_bytes());
        }
    }

    #[test]
    fn other_files_hold_no_documents_and_cannot_be_given_any() {
        for text in ["", "SELECT 1", PAGE, "<meta name=\"flamedrop-saved\" >"] {
            assert!(documents(&MemorySource::new("x", text)).unwrap().is_none(), "{text}");
        }
        for page in ["", "<!doctype html><title></title></body>", &saved(&["a"])] {
            assert!(halves(page, &About::default()).is_err());
        }
        let cut = saved(&["a.prof"]).split("</script>\n</body>").next().unwrap().to_owned();
        assert!(documents(&MemorySource::new("x", cut)).is_err());
    }

    #[test]
    fn of_many_documents_some_are_named() {
        let about = |count: usize| About {
            documents: (0..count).map(|at| (format!("{at}.prof"), "a profile".to_owned())).collect(),
            ..About::default()
        };
        assert!(about(4).in_words().contains("2.prof (a profile), 3.prof (a profile). Left out"));
        assert!(about(30).in_words().contains("3.prof (a profile) and 26 more. Left out"));
        assert_eq!(about(30).title(), "0.prof, 1.prof, 2.prof, 3.prof and 26 more – Flamedrop");
    }

    #[test]
    fn thresholds_come_back() {
        let mut given = Settings::default();
        given.set("n-plus-one.executions", Some(7.5)).unwrap();
        let about = About { settings: given.clone(), ..About::default() };
        assert_eq!(settings(&about.settings()), given);
        assert_eq!(settings("no.such=1 x n-plus-one.executions=y"), Settings::default());
    }
}
