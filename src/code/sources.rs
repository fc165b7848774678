//! Which of the source files that a user gave a document's paths mean. A recording says `/app/shop/views.py`, the user
//! drops `shop/` or a folder of another name around it: what both have in common is the end of the path.
//!
//! What is not sure is not guessed: source that is not the file's misleads more than none.

use rustc_hash::FxHashMap;

use super::{is_file, slashed};
use crate::profile::home::{Home, home};

/// Which source each file is: indices into `sources`, none where there is none or where several fit as well.
///
/// By the longest end that both paths have in common. It must be the whole of either path, or more than a name: of
/// `shop/views.py` and `/app/blog/views.py` neither is the other. A name alone does where other files say the same of
/// the folders before it (`/app` is `project`), and so does of several sources the one of that folder. Of an installed
/// package and the standard library all must fit from there on.
pub fn matched(files: &[&str], sources: &[&str]) -> Vec<Option<u32>> {
    let sources: Vec<String> = sources.iter().map(|path| slashed(path)).collect();
    let mut by_name: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
    for (at, source) in sources.iter().enumerate() {
        by_name.entry(base(source)).or_default().push(at as u32);
    }
    let files: Vec<String> = files.iter().map(|file| slashed(file)).collect();
    let candidates: Vec<Vec<Candidate<'_>>> = files
        .iter()
        .map(|file| {
            let named = by_name.get(base(file)).map_or(&[][..], Vec::as_slice);
            if is_file(file) { longest(file, named, &sources) } else { Vec::new() }
        })
        .collect();
    // How often a pair of folders is said by files that are sure of it.
    let mut folders: FxHashMap<(&str, &str), u32> = FxHashMap::default();
    for found in &candidates {
        if let [only] = found.as_slice()
            && only.is_sure()
        {
            *folders.entry(only.folders).or_default() += 1;
        }
    }
    candidates
        .iter()
        .map(|found| match found.as_slice() {
            [only] if only.is_sure() => Some(only.source),
            several => {
                let said = |candidate: &Candidate<'_>| folders.get(&candidate.folders).copied().unwrap_or(0);
                let most = several.iter().map(said).max().filter(|&most| most > 0)?;
                let mut best = several.iter().filter(|candidate| said(candidate) == most);
                let only = best.next()?;
                best.next().is_none().then_some(only.source)
            }
        })
        .collect()
}

/// A source whose path ends as a file's does.
struct Candidate<'a> {
    source: u32,
    /// Names that both have in common.
    common: u32,
    /// What stands before them: of the file, of the source.
    folders: (&'a str, &'a str),
}

impl Candidate<'_> {
    fn is_sure(&self) -> bool {
        self.common > 1 || self.folders.0.is_empty() || self.folders.1.is_empty()
    }
}

/// The sources with the longest end in common.
fn longest<'a>(file: &'a str, named: &[u32], sources: &'a [String]) -> Vec<Candidate<'a>> {
    let least = match home(file) {
        Home::Installed(rest) | Home::Standard(rest) => rest.split('/').count() as u32,
        Home::Script(_) | Home::Elsewhere => 1,
    };
    let candidate = |&source: &u32| {
        let path = &sources[source as usize];
        let (common, length) = common(file, path);
        let folders = (&file[..file.len() - length], &path[..path.len() - length]);
        (common >= least).then_some(Candidate { source, common, folders })
    };
    let mut all: Vec<Candidate<'a>> = named.iter().filter_map(candidate).collect();
    let most = all.iter().map(|candidate| candidate.common).max().unwrap_or(0);
    all.retain(|candidate| candidate.common == most);
    all
}

/// How many names two paths have in common at their ends, and how many bytes that is.
fn common(one: &str, other: &str) -> (u32, usize) {
    let mut names = 0;
    let mut length = 0;
    for (name, same) in one.rsplit('/').zip(other.rsplit('/')) {
        if name != same || name.is_empty() {
            break;
        }
        names += 1;
        length += name.len() + usize::from(length > 0);
    }
    (names, length)
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file is source by its name: what a document never is.
pub fn is_source(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| matches!(ending, "py" | "pyx" | "pxd" | "pxi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(file: &str, sources: &[&str]) -> Option<u32> {
        matched(&[file], sources)[0]
    }

    #[test]
    fn the_longest_end_in_common_counts() {
        let sources = ["project/blog/views.py", "project/shop/views.py", "project/shop/models.py"];
        assert_eq!(one("/app/shop/views.py", &sources), Some(1));
        assert_eq!(one("/app/blog/views.py", &sources), Some(0));
        assert_eq!(one(r"C:\work\shop\models.py", &sources), Some(2));
        assert_eq!(one("shop/views.py", &sources), Some(1));
        assert_eq!(one("./shop/views.py", &sources), Some(1));
        assert_eq!(one("/app/shop/forms.py", &sources), None);
        assert_eq!(one("/app/workshop/views.py", &["shop/views.py"]), None);
    }

    #[test]
    fn a_file_alone_is_meant_by_its_name() {
        assert_eq!(one("/app/shop/views.py", &["views.py"]), Some(0));
        assert_eq!(one("views.py", &["project/shop/views.py"]), Some(0));
    }

    #[test]
    fn what_is_ambiguous_is_not_guessed() {
        assert_eq!(one("views.py", &["shop/views.py", "blog/views.py"]), None);
        assert_eq!(one("/app/shop/views.py", &["a/shop/views.py", "b/shop/views.py"]), None);
        assert_eq!(one("/app/views.py", &["views.py", "views.py"]), None);
    }

    #[test]
    fn another_folders_file_of_the_same_name_is_another_file() {
        assert_eq!(one("/app/blog/views.py", &["project/shop/views.py"]), None);
        assert_eq!(one("/app/manage.py", &["project/manage.py"]), None);
        // What is sure of the one says it of the other.
        let files = ["/app/manage.py", "/app/shop/views.py", "/app/blog/views.py"];
        let sources = ["project/manage.py", "project/shop/views.py"];
        assert_eq!(matched(&files, &sources), [Some(0), Some(1), None]);
    }

    #[test]
    fn of_several_the_one_of_the_same_folder_is_meant() {
        let files = ["/app/shop/views.py", "/app/shop/forms.py"];
        let sources = ["one/shop/views.py", "two/shop/views.py", "two/shop/forms.py"];
        assert_eq!(matched(&files, &sources), [Some(1), Some(2)]);
    }

    #[test]
    fn packages_fit_from_where_they_lie() {
        let installed = "/usr/lib/python3/dist-packages/django/utils/functional.py";
        assert_eq!(one(installed, &["project/utils/functional.py"]), None);
        assert_eq!(one(installed, &["functional.py"]), None);
        assert_eq!(one(installed, &["src/django/utils/functional.py"]), Some(0));
        assert_eq!(one("/usr/lib/python3.12/json/__init__.py", &["shop/__init__.py"]), None);
    }

    #[test]
    fn what_is_no_file_has_no_source() {
        assert_eq!(one("<string>", &["<string>"]), None);
        assert_eq!(one("~", &["~"]), None);
        assert_eq!(one("", &[""]), None);
        assert_eq!(one("/", &["/"]), None);
    }

    #[test]
    fn names_tell_source() {
        assert!(is_source("views.py") && is_source("shop/fast.pyx"));
        assert!(!is_source("py") && !is_source("app.prof") && !is_source("views.py.prof"));
    }
}
