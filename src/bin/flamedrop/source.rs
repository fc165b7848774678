//! Files and standard input as sources.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use flamedrop::input::{MemorySource, Source};
use flamedrop::share::page;

/// Opens a file by path, as [`open`] does; of a page that holds documents, each of them.
pub fn open_all(path: &Path) -> io::Result<Vec<Box<dyn Source>>> {
    let source = open(path)?;
    Ok(match page::documents(source.as_ref())? {
        Some(documents) => {
            documents.into_iter().map(|document| Box::new(document) as Box<dyn Source>).collect()
        }
        None => vec![source],
    })
}

/// Opens a file by path; `-` is standard input, which is read whole, since a source can be read
/// more than once.
pub fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Box::new(MemorySource::new("standard input", bytes)));
    }
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name the files in it"));
    }
    if !metadata.is_file() {
        // A pipe (`<(…)`) can be read once only.
        return Ok(Box::new(MemorySource::new(name_of(path), std::fs::read(path)?)));
    }
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(Box::new(FileSource {
        path: path.to_owned(),
        name: name_of(path),
        size: metadata.len(),
        modified: modified.map(|since| since.as_secs_f64() * 1000.0),
    }))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

struct FileSource {
    path: PathBuf,
    name: String,
    size: u64,
    modified: Option<f64>,
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn modified(&self) -> Option<f64> {
        self.modified
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}
