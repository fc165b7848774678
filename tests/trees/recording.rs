//! Recordings of tests/treebench: a pstats file, and the call tree that was really there.

use std::io::Read;
use std::path::PathBuf;

use flamedrop::document::Content;
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::profile::Profile;
use flamedrop::profile::call_tree::NO_PARENT;
use flate2::read::GzDecoder;

/// A profile with its true tree.
pub struct Recording {
    pub profile: Profile,
    pub truth: Vec<TrueBox>,
}

/// A box of the true tree; parents come first.
pub struct TrueBox {
    pub parent: u32,
    pub function: u32,
    pub self_time: f64,
    pub total_time: f64,
}

pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/trees")
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
        let mut truth: Vec<TrueBox> = text.lines().map(TrueBox::parse).collect();
        for index in (0..truth.len()).rev() {
            let (parent, total) = (truth[index].parent, truth[index].total_time);
            if parent != NO_PARENT {
                truth[parent as usize].total_time += total;
            }
        }
        Self { profile: *profile, truth }
    }
}

impl TrueBox {
    fn parse(line: &str) -> Self {
        let numbers: Vec<i64> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        let self_time = numbers[2] as f64 / 1e9;
        Self {
            parent: u32::try_from(numbers[0]).unwrap_or(NO_PARENT),
            function: numbers[1] as u32,
            self_time,
            total_time: self_time,
        }
    }
}
