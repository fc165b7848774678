//! The welcome page stands in `index.html` as it is painted, before any WebAssembly. What the library
//! knows better is filled in here: the formats, out of their registry, and the button beside each
//! command.

use flamedrop::import::{About, CATALOGUE, Kind};

/// Where the formats go.
const FORMATS: &str = "<ul class=\"formats\"></ul>";

/// A command that gets a button; with the end of its paragraph.
const COPIED: &str = " data-copied>";
const END: &str = "</p>";

/// The icon is `icons::copy` of the page.
const COPY_BUTTON: &str = "<button type=\"button\" class=\"icon\" title=\"Copy\" aria-label=\"Copy\" \
    data-action=\"copy\"><svg class=\"glyph\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" \
    aria-hidden=\"true\" focusable=\"false\"><path d=\"M6 5.5h6.5v8H6zM10 5.5v-3H3.5v8H6\" fill=\"none\" \
    stroke=\"currentColor\" stroke-width=\"1.4\" stroke-linecap=\"round\" stroke-linejoin=\"round\"></path>\
    </svg></button>";

/// `page`, its welcome page completed.
///
/// # Errors
/// When the page has no place for the formats.
pub fn fill(page: &str) -> Result<String, String> {
    let (before, after) =
        page.split_once(FORMATS).ok_or_else(|| format!("index.html has no {FORMATS} to fill"))?;
    let formats: String = listed().map(entry).collect();
    with_copy_buttons(&format!("{before}<ul class=\"formats\">\n{formats}</ul>{after}"))
}

/// The formats of the list: how to record Flamedrop's own stands above it.
fn listed() -> impl Iterator<Item = &'static About> {
    CATALOGUE.iter().copied().filter(|format| format.id != "flamedrop-recorder")
}

fn entry(format: &About) -> String {
    let kind = match format.kind {
        Kind::Profile => "Profile",
        Kind::Queries => "SQL log",
        Kind::Schema => "schema",
        Kind::Requests => "request log",
    };
    // The first line is a command or a setting to copy; the rest explains.
    let (command, notes) = format.how_to_record.split_once('\n').unwrap_or((format.how_to_record, ""));
    format!(
        "<li>\n<h3>{} <small>{kind}</small></h3>\n<p class=\"command\"{COPIED}<code>{}</code></p>\n\
         <p class=\"note\">{}</p>\n</li>\n",
        escaped(format.title),
        escaped(command),
        escaped(notes)
    )
}

fn with_copy_buttons(page: &str) -> Result<String, String> {
    let mut parts = page.split(COPIED);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (command, rest) = part.split_once(END).ok_or("a command's paragraph does not end")?;
        filled.extend([">", command, " ", COPY_BUTTON, END, rest]);
    }
    Ok(filled)
}

/// As text of HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;

    #[test]
    fn every_format_and_every_command_is_there() {
        let page = fill(include_str!("../../../index.html")).unwrap();
        for format in listed() {
            assert!(page.contains(&format!("<h3>{} <small>", escaped(format.title))), "{}", format.title);
            for line in format.how_to_record.lines() {
                assert!(page.contains(&escaped(line)), "{line}");
            }
        }
        let elements = html::elements(&page).unwrap();
        let count = |wanted: &str, attribute: &str, value: &str| {
            let wanted = elements.iter().filter(|element| element.name == wanted);
            wanted.filter(|element| element.attribute(attribute) == Some(value)).count()
        };
        assert_eq!(count("p", "class", "note"), listed().count());
        assert_eq!(count("button", "data-action", "copy"), count("p", "class", "command"));
    }

    #[test]
    fn a_command_is_text() {
        let about = About { id: "x", title: "A & B", kind: Kind::Queries, how_to_record: "a < b\nnotes" };
        insta::assert_snapshot!(with_copy_buttons(&entry(&about)).unwrap().replace(COPY_BUTTON, "[copy]"));
    }

    #[test]
    fn a_page_without_a_place_for_formats_is_refused() {
        assert!(fill("<p>").is_err());
    }
}
