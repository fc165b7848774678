//! The site within this program. Its WebAssembly is there once only: in the page in one file, packed; the site has empty
//! files in its place (`./dev wheel`), which are filled when the site is written. So the wheel is a third smaller.

use std::io::{self, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use super::page::PAGE;

/// The site as `./dev build` makes it.
static SITE: include_dir::Dir<'static> = include_dir::include_dir!("$FLAMEDROP_SITE");
/// So that another site, which has another path, makes another program.
const _: &str = env!("FLAMEDROP_SITE");

/// A text of the site.
pub fn text(name: &str) -> Option<&'static str> {
    SITE.get_file(name)?.contents_utf8()
}

/// Writes the site into a folder.
///
/// # Errors
/// When it cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    SITE.extract(folder)?;
    let page = text(PAGE).unwrap_or_default();
    for file in SITE.files().filter(|file| file.contents().is_empty()) {
        let Some(name) = file.path().to_str() else { continue };
        if let Some(module) = module(page, &plain(name)) {
            std::fs::write(folder.join(name), module?)?;
        }
    }
    Ok(())
}

/// The name of a module without its hash: `app_bg.wasm` of `app-1f2e_bg.wasm`.
fn plain(name: &str) -> String {
    match (name.split_once('-'), name.rsplit_once('_')) {
        (Some((program, _)), Some((_, end))) => format!("{program}_{end}"),
        _ => name.to_owned(),
    }
}

/// A file that stands in the page in one file (`src/bin/pack/single.rs`).
fn module(page: &str, name: &str) -> Option<io::Result<Vec<u8>>> {
    let (_, rest) = page.split_once(&format!("data-file=\"{name}\">"))?;
    let (packed, _) = rest.split_once("</script>")?;
    let unpack = |packed: Vec<u8>| {
        let mut module = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut module).map(|_| module)
    };
    Some(STANDARD.decode(packed).map_err(io::Error::other).and_then(unpack))
}
