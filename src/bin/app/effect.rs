//! Effects that remember nothing from one run to the next: most of them.

use leptos::prelude::*;

/// As [`Effect::new`], but in the page's wasm once: as a generic it would be there for each effect.
pub fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_: Option<()>| run());
}

/// Follows a memo. `track` alone does so before its value is there: once something asks for it, what follows it runs a
/// second time, and a picture would be painted twice.
pub fn follow<T: Send + Sync + 'static>(memo: Memo<T>) {
    memo.with(|_| ());
}
