//! `trunk serve` writes its live reload into the page as an inline script, and completes that script
//! with every answer it serves, so no hash could ever allow it. As a file of the page's own it needs
//! no exception from the policy. `trunk build` writes none.

use std::path::Path;
use std::{fs, io};

use crate::html;

/// The file's name.
pub const FILE: &str = "live-reload.js";

/// What trunk 0.21 would fill in when it serves the page.
const ADDRESS: &str = "'{{__TRUNK_ADDRESS__}}'";
const BASE: &str = "{{__TRUNK_WS_BASE__}}";

/// `page` with the live reload in a file of its own in `directory`; the same page if it has none.
pub fn move_to_file(page: &str, directory: &Path) -> io::Result<String> {
    let elements = html::elements(page).map_err(io::Error::other)?;
    for element in elements {
        let Some(script) = element.text.clone().and_then(|text| page.get(text)) else { continue };
        if !element.is_inline_script() || !script.contains(ADDRESS) {
            continue;
        }
        fs::write(directory.join(FILE), completed(script))?;
        let mut changed = page.to_owned();
        changed.replace_range(element.whole(), &format!("<script src=\"./{FILE}\"></script>"));
        return Ok(changed);
    }
    Ok(page.to_owned())
}

/// The page is served at the root, and so is trunk's socket.
fn completed(script: &str) -> String {
    script.replace(ADDRESS, "window.location.host").replace(BASE, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_completed_without_the_server() {
        let script = "const address = '{{__TRUNK_ADDRESS__}}'; const base = '{{__TRUNK_WS_BASE__}}';";
        assert_eq!(completed(script), "const address = window.location.host; const base = '/';");
    }

    #[test]
    fn a_page_without_live_reload_stays_as_it_is() {
        let page = "<head></head><script>run()</script>";
        assert_eq!(move_to_file(page, Path::new("nowhere")).unwrap(), page);
    }
}
