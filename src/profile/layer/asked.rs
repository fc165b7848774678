//! Layers of single functions, each found when it is first asked for: a page shows some hundreds of a hundred thousand.

use std::cell::RefCell;

use super::super::built_in::unqualified;
use super::super::by_file::ByFile;
use super::super::{category, native};
use super::{BLOCKING, FunctionId, Layer, Profile, Unit, classify, computing, reads_pipes};

/// The layers of a profile's functions, as far as they were asked for.
#[derive(Debug)]
pub struct Asked {
    /// See [`Profile::is_stripped`].
    pub(super) stripped: bool,
    known: RefCell<Known>,
}

#[derive(Debug)]
struct Known {
    of: Vec<Option<Layer>>,
    by_file: ByFile<Layer>,
}

impl Asked {
    /// None of `profile` yet.
    pub fn of(profile: &Profile) -> Self {
        let functions = &profile.functions;
        let known = Known { of: vec![None; functions.len()], by_file: ByFile::of(functions) };
        Self { stripped: profile.is_stripped(), known: RefCell::new(known) }
    }

    /// The layer of a function of `profile`, which is the one that it began with or, of functions behind those, one that
    /// was made of it.
    pub fn layer(&self, profile: &Profile, function: FunctionId) -> Layer {
        let mut known = self.known.borrow_mut();
        let Known { of, by_file } = &mut *known;
        match of.get_mut(function as usize) {
            Some(Some(layer)) => *layer,
            Some(unknown) => {
                let matters = |name: &str| name_matters(unqualified(name));
                let place = |function| self.by_place(profile, function);
                let layer = by_file.get(&profile.functions, function, matters, place);
                // By who calls it, and so not by its file.
                let is_pipe = layer == Layer::Python && reads_pipes(profile, function);
                *unknown.insert(if is_pipe { Layer::Waiting } else { layer })
            }
            None => self.by_place(profile, function),
        }
    }

    fn by_place(&self, profile: &Profile, function: FunctionId) -> Layer {
        let (file, name) = profile.functions.known_as(function);
        match classify(file, &name) {
            // Without directories a library's `base.py` looks as the user's own does.
            Layer::Own if self.stripped => Layer::Untold,
            // What a processor's clock counts computes, if for whoever woke up meanwhile.
            Layer::Waiting if profile.unit == Unit::CpuSeconds => computing(file, &name),
            layer => layer,
        }
    }
}

/// Whether for functions of this name it matters that they are called so, and not only which file they are in. Of built-in
/// ones it always does.
fn name_matters(name: &str) -> bool {
    category::name_matters(name)
        || native::waits(name)
        || BLOCKING.iter().any(|(_, names)| names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_enough_where_names_do_not_matter() {
        let files = [
            "/srv/shop/views.py",
            "/srv/shop/templates/list.html",
            "/srv/shop/mail/welcome.txt",
            "/srv/venv/bin/gunicorn",
            "page_html",
            "libc.so.6",
            "[kernel.kallsyms]",
            "/usr/lib/python3.12/threading.py",
            "/usr/lib/python3.12/selectors.py",
            "/usr/lib/python3.12/json/decoder.py",
            "/srv/venv/lib/python3.12/site-packages/django/template/base.py",
            "<string>",
            "<frozen importlib._bootstrap>",
            "selectmodule.c",
        ];
        let names = [
            "root",
            "macro",
            "block_body",
            "render_body",
            "wait",
            "select",
            "poll",
            "__GI___poll",
            "get",
            "[unknown]",
            "<module>",
            "0x7f00",
            "_poll",
            "sleep",
            "main",
            "<lambda>",
            "take_gil",
            "nanosleep@@GLIBC_2.2.5",
        ];
        for (file, name) in files.iter().flat_map(|file| names.iter().map(move |name| (file, name))) {
            if !name_matters(name) {
                assert_eq!(classify(file, name), classify(file, "f"), "{name} in {file}");
            }
        }
        assert!(name_matters("wait") && name_matters("<module>") && !name_matters("main"));
    }
}
