//! Names for the worker's files that change with their content, so that no cache pairs the page with
//! another version's worker. trunk does so for the page's files but not for a worker's, whose name
//! the page must know: it reads it from `<meta name="worker">`.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use crate::html;

/// What trunk names them.
pub const SCRIPT: &str = "worker.js";
/// See [`SCRIPT`].
pub const MODULE: &str = "worker_bg.wasm";

/// Renames the worker's files in `directory` and gives `page` with the new names in it.
pub fn rename(page: &str, directory: &Path) -> io::Result<String> {
    let script = fs::read(directory.join(SCRIPT))?;
    let module = fs::read(directory.join(MODULE))?;
    let hash: String = Sha256::new()
        .chain_update(&script)
        .chain_update(&module)
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let script = format!("worker-{hash}.js");
    let module = format!("worker-{hash}_bg.wasm");
    fs::rename(directory.join(SCRIPT), directory.join(&script))?;
    fs::rename(directory.join(MODULE), directory.join(&module))?;
    name(page, &script, &module).map_err(io::Error::other)
}

/// `page` with the two names in its head.
fn name(page: &str, script: &str, module: &str) -> Result<String, String> {
    html::insert_meta(
        page,
        &format!("<meta name=\"worker\" content=\"./{script}\" data-module=\"./{module}\">"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_the_worker() {
        assert_eq!(
            name("<meta charset=\"utf-8\"><title>T</title>", "worker-1.js", "worker-1_bg.wasm").unwrap(),
            "<meta charset=\"utf-8\">\n<meta name=\"worker\" content=\"./worker-1.js\" \
             data-module=\"./worker-1_bg.wasm\"><title>T</title>"
        );
    }
}
