//! Recordings of tests/treebench: a pstats file, and the call tree that was really there.

use std::io::Read;
use std::path::PathBuf;

use flamedrop::document::Content;
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::profile::Profile;
use flamedrop::profile::call_tree::NO_PARENT;
use flate2::read::GzDecoder;

/// A profile with its true tree: a frame is left out if its function is on the stack above it, and nothing
/// else is.
pub struct Recording {
    pub profile: Profile,
    pub truth: Vec<TrueBox>,
}

/// A box of the true tree; parents come first.
pub struct TrueBox {
    pub parent: u32,
    pub function: u32,
    /// See [`flamedrop::profile::CallTree::recursive`].
    pub recursive: bool,
    pub self_time: f64,
    pub total_time: f64,
}

pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/trees")
}

/// The recordings in the directory, in alphabetical order.
pub fn names() -> Vec<String> {
    let files = std::fs::read_dir(directory()).expect("the directory");
    let files = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.strip_suffix(".tree.gz")?.to_owned())).collect();
    names.sort();
    names
}

impl Recording {
    /// Reads the two files of this name.
    pub fn read(directory: &std::path::Path, name: &str) -> Self {
        let bytes = std::fs::read(directory.join(format!("{name}.prof.gz"))).expect("the profile");
        let source = MemorySource::new(format!("{name}.prof.gz"), bytes);
        let document = import::import(&source, &|_| ()).expect("pstats");
        let Content::Profile(profile) = document.content else { panic!("a profile") };
        let packed = std::fs::File::open(directory.join(format!("{name}.tree.gz"))).expect("the tree");
        let mut text = String::new();
        GzDecoder::new(packed).read_to_string(&mut text).expect("lines");
        Self::new(*profile, text.lines().map(parse))
    }

    /// `boxes` are parent, function and own seconds, parents first.
    pub fn new(profile: Profile, boxes: impl Iterator<Item = (u32, u32, f64)>) -> Self {
        let mut truth: Vec<TrueBox> = Vec::new();
        for (parent, function, self_time) in boxes {
            let mut above =
                std::iter::successors(truth.get(parent as usize), |above| truth.get(above.parent as usize));
            let recursive = above.any(|above| above.function == function);
            truth.push(TrueBox { parent, function, recursive, self_time, total_time: self_time });
        }
        for index in (0..truth.len()).rev() {
            let (parent, total) = (truth[index].parent, truth[index].total_time);
            if parent != NO_PARENT {
                truth[parent as usize].total_time += total;
            }
        }
        Self { profile, truth }
    }

    /// Seconds in each function and all below: of recursive functions, their outermost calls.
    pub fn total_by_function(&self) -> Vec<f64> {
        let mut result = vec![0.0; self.profile.functions.len()];
        for true_box in self.truth.iter().filter(|true_box| !true_box.recursive) {
            result[true_box.function as usize] += true_box.total_time;
        }
        result
    }
}

fn parse(line: &str) -> (u32, u32, f64) {
    let numbers: Vec<i64> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
    (u32::try_from(numbers[0]).unwrap_or(NO_PARENT), numbers[1] as u32, numbers[2] as f64 / 1e9)
}
