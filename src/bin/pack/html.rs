//! Just enough of HTML's syntax to find the elements of a page that we wrote and trunk completed:
//! start tags with their attributes, and the raw text of scripts. Comments, and text that only looks
//! like tags inside scripts and styles, are passed over as the standard's tokenizer does.
//! <https://html.spec.whatwg.org/multipage/parsing.html#tokenization>

use std::borrow::Cow;
use std::ops::Range;

/// One start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// Lower-case name.
    pub name: String,
    attributes: Vec<(String, Cow<'a, str>)>,
    /// The start tag's bytes, `<` to `>`.
    pub tag: Range<usize>,
    /// Of `script`, `style`, `title`, `textarea` and `noscript`: the bytes up to the end tag.
    pub text: Option<Range<usize>>,
}

impl Element<'_> {
    /// The value of an attribute, by its lower-case name; empty if it has none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// Whether this is a script that a browser runs out of the page itself.
    pub fn is_inline_script(&self) -> bool {
        let data = self.attribute("type").is_some_and(|kind| {
            !matches!(kind, "" | "module" | "text/javascript" | "importmap" | "speculationrules")
        });
        self.name == "script" && self.attribute("src").is_none() && !data
    }

    /// Through the end tag, where there is a raw text.
    pub fn whole(&self) -> Range<usize> {
        match &self.text {
            Some(text) => self.tag.start..text.end + "</".len() + self.name.len() + ">".len(),
            None => self.tag.clone(),
        }
    }
}

/// Elements whose content is text up to their own end tag.
const RAW: [&str; 5] = ["script", "style", "title", "textarea", "noscript"];

/// All elements of `page`, in order.
///
/// # Errors
/// When the page ends inside a tag, a comment or a raw text: it is not what a browser would see.
pub fn elements(page: &str) -> Result<Vec<Element<'_>>, String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = page[at..].find('<') {
        let start = at + offset;
        let rest = &page[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = start + "<!--".len() + comment.find("-->").ok_or("a comment does not end")? + "-->".len();
        } else if rest[1..].starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            let mut element = start_tag(page, start)?;
            at = element.tag.end;
            if RAW.contains(&element.name.as_str()) {
                let length = end_tag(&page[at..], &element.name)
                    .ok_or_else(|| format!("a {} does not end", element.name))?;
                element.text = Some(at..at + length);
                at += length;
            }
            found.push(element);
        } else if rest[1..].starts_with(['/', '!', '?']) {
            at = start + rest.find('>').ok_or("a tag does not end")? + 1;
        } else {
            at = start + 1;
        }
    }
    Ok(found)
}

/// `page` with `meta` right after its character set.
///
/// # Errors
/// When the page has no `<meta charset>`.
pub fn insert_meta(page: &str, meta: &str) -> Result<String, String> {
    let elements = elements(page)?;
    let charset = elements.iter().find(|element| element.attribute("charset").is_some());
    let place = charset.ok_or("index.html has no <meta charset>")?.tag.end;
    let (before, after) = page.split_at(place);
    Ok(format!("{before}\n{meta}{after}"))
}

/// Where `</name>` begins; only this plain spelling, which is what trunk and we write.
fn end_tag(text: &str, name: &str) -> Option<usize> {
    let end = format!("</{name}>");
    text.as_bytes().windows(end.len()).position(|window| window.eq_ignore_ascii_case(end.as_bytes()))
}

fn start_tag(page: &str, start: usize) -> Result<Element<'_>, String> {
    let mut cursor = Cursor { page, at: start + 1 };
    let name = cursor.take_until(|letter| letter.is_ascii_whitespace() || matches!(letter, '/' | '>'));
    let name = name.to_ascii_lowercase();
    let mut attributes = Vec::new();
    loop {
        cursor.take_while(|letter| letter.is_ascii_whitespace() || letter == '/');
        match cursor.peek() {
            None => return Err(format!("a {name} tag does not end")),
            Some('>') => break,
            Some(_) => {
                let (key, value) = attribute(&mut cursor)?;
                // The first of equal ones counts, as in browsers.
                if !attributes.iter().any(|(other, _)| *other == key) {
                    attributes.push((key, value));
                }
            }
        }
    }
    Ok(Element { name, attributes, tag: start..cursor.at + 1, text: None })
}

fn attribute<'a>(cursor: &mut Cursor<'a>) -> Result<(String, Cow<'a, str>), String> {
    let first = cursor.at;
    // A leading `=` belongs to the name.
    cursor.at += cursor.peek().map_or(0, char::len_utf8);
    cursor.take_until(|letter| letter.is_ascii_whitespace() || matches!(letter, '/' | '>' | '='));
    let key = cursor.page[first..cursor.at].to_ascii_lowercase();
    cursor.take_while(|letter| letter.is_ascii_whitespace());
    if cursor.peek() != Some('=') {
        return Ok((key, Cow::Borrowed("")));
    }
    cursor.at += 1;
    cursor.take_while(|letter| letter.is_ascii_whitespace());
    let value = match cursor.peek() {
        Some(quote @ ('"' | '\'')) => {
            cursor.at += 1;
            let value = cursor.take_until(|letter| letter == quote);
            if cursor.peek().is_none() {
                return Err(format!("the attribute {key} does not end"));
            }
            cursor.at += 1;
            value
        }
        _ => cursor.take_until(|letter| letter.is_ascii_whitespace() || letter == '>'),
    };
    Ok((key, unescaped(value)))
}

/// The references that serializers write into attributes.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let text = value.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">");
    Cow::Owned(text.replace("&amp;", "&"))
}

struct Cursor<'a> {
    page: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.page[self.at..].chars().next()
    }

    fn take_until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.page[self.at..];
        let taken = &rest[..rest.find(stop).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) {
        self.take_until(|letter| !wanted(letter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(page: &str) -> Element<'_> {
        let mut all = elements(page).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn attributes_in_every_spelling() {
        let element =
            one(r#"<LINK REL="preload" href=./a.wasm crossorigin  as = 'fetch' title="a &amp; > b"/>"#);
        assert_eq!(element.name, "link");
        assert_eq!(element.attribute("rel"), Some("preload"));
        assert_eq!(element.attribute("href"), Some("./a.wasm"));
        assert_eq!(element.attribute("crossorigin"), Some(""));
        assert_eq!(element.attribute("as"), Some("fetch"));
        assert_eq!(element.attribute("title"), Some("a & > b"));
        assert_eq!(element.attribute("data-trunk"), None);
    }

    #[test]
    fn tags_in_comments_scripts_and_styles_are_text() {
        let page = "<!-- <script>no</script> --><style>a > b {}</style>\
                    <script>if (a<b) write('<p>')</script><p>1 < 2";
        let names: Vec<_> = elements(page).unwrap().into_iter().map(|element| element.name).collect();
        assert_eq!(names, ["style", "script", "p"]);
    }

    #[test]
    fn a_script_s_text_and_whole() {
        let page = "<script type=\"module\">\nrun()\n</script >";
        assert!(elements(page).is_err(), "an end tag in another spelling is not guessed at");
        let page = "<script type=\"module\">\nrun()\n</script><p>";
        let script = elements(page).unwrap().remove(0);
        assert_eq!(&page[script.text.clone().unwrap()], "\nrun()\n");
        assert_eq!(&page[script.whole()], "<script type=\"module\">\nrun()\n</script>");
    }

    #[test]
    fn only_scripts_that_run_out_of_the_page_are_inline() {
        assert!(one("<script>1</script>").is_inline_script());
        assert!(one("<script type=module>1</script>").is_inline_script());
        assert!(!one("<script src=a.js></script>").is_inline_script());
        assert!(!one("<script type='application/json'>{}</script>").is_inline_script());
    }

    #[test]
    fn an_unfinished_page_is_refused() {
        for page in ["<p", "<p class", "<p class=\"a", "<script>", "<!-- ", "</p"] {
            assert!(elements(page).is_err(), "{page}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(page in "[<>/=!\"' a-zé-]{0,40}") {
            if let Ok(all) = elements(&page) {
                for element in all {
                    prop_assert!(page[element.whole()].starts_with('<'));
                    prop_assert!(page[element.whole()].ends_with('>'));
                }
            }
        }
    }
}
