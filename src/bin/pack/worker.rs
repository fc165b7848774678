//! Names for the workers' files that change with their content, so that no cache pairs the page with
//! another version's worker. trunk does so for the page's files but not for a worker's, whose name
//! the page must know: it reads it from `<meta name="worker">`, of which there is one for each program.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use crate::html;

/// The programs, as `Cargo.toml` and the page (`src/bin/app/program.rs`) name them.
pub const PROGRAMS: [&str; 2] = ["profile_worker", "log_worker"];

/// What trunk names a program's script.
pub fn script(program: &str) -> String {
    format!("{program}.js")
}

/// What trunk names a program's module.
pub fn module(program: &str) -> String {
    format!("{program}_bg.wasm")
}

/// Renames the workers' files in `directory` and gives `page` with the new names in it.
pub fn rename(page: &str, directory: &Path) -> io::Result<String> {
    PROGRAMS.iter().try_fold(page.to_owned(), |page, program| rename_program(&page, program, directory))
}

fn rename_program(page: &str, program: &str, directory: &Path) -> io::Result<String> {
    let (old_script, old_module) = (directory.join(script(program)), directory.join(module(program)));
    let script = fs::read(&old_script)?;
    let module = fs::read(&old_module)?;
    let hash: String = Sha256::new()
        .chain_update(&script)
        .chain_update(&module)
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let script = format!("{program}-{hash}.js");
    let module = format!("{program}-{hash}_bg.wasm");
    fs::rename(old_script, directory.join(&script))?;
    fs::rename(old_module, directory.join(&module))?;
    name(page, program, &script, &module).map_err(io::Error::other)
}

/// `page` with the two names in its head.
fn name(page: &str, program: &str, script: &str, module: &str) -> Result<String, String> {
    html::insert_meta(
        page,
        &format!(
            "<meta name=\"worker\" data-for=\"{program}\" content=\"./{script}\" data-module=\"./{module}\">"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_the_worker() {
        assert_eq!(
            name(
                "<meta charset=\"utf-8\"><title>T</title>",
                "log_worker",
                "log_worker-1.js",
                "log_worker-1_bg.wasm"
            )
            .unwrap(),
            "<meta charset=\"utf-8\">\n<meta name=\"worker\" data-for=\"log_worker\" content=\"./log_worker-1.js\" \
             data-module=\"./log_worker-1_bg.wasm\"><title>T</title>"
        );
    }
}
