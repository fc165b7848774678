//! Files as they lie on the disk: a dropped `File` is the file as it was, and what Chromium gives beside it
//! ([`getAsFileSystemHandle`](https://developer.mozilla.org/docs/Web/API/DataTransferItem/getAsFileSystemHandle)) has it as
//! it is by now. web-sys counts these among what may still change.

use std::cell::RefCell;

use js_sys::{Function, Promise, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DataTransfer, File};

/// So many handles are remembered.
const MOST: usize = 1000;

/// What tells a file from others, and from itself after a change: its name, size, and when it was changed.
#[derive(Clone, PartialEq)]
struct Key(String, f64, f64);

impl Key {
    fn of(file: &File) -> Self {
        Self(file.name(), file.size(), file.last_modified())
    }
}

thread_local! {
    static KNOWN: RefCell<Vec<(Key, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the files of a drop. To be called while it is handled; `told` hears when they are known.
pub fn note(transfer: &DataTransfer, told: impl Fn() + 'static) {
    let items = transfer.items();
    let handle = |at: u32| -> Option<Promise> {
        let item = JsValue::from(items.get(at)?);
        let ask: Function = Reflect::get(&item, &"getAsFileSystemHandle".into()).ok()?.dyn_into().ok()?;
        ask.call0(&item).ok()?.dyn_into().ok()
    };
    let handles: Vec<Promise> = (0..items.length()).filter_map(handle).collect();
    if handles.is_empty() {
        return;
    }
    spawn_local(async move {
        for handle in handles {
            if let Ok(handle) = JsFuture::from(handle).await
                && let Ok(file) = file_of(&handle).await
            {
                KNOWN.with_borrow_mut(|known| {
                    known.push((Key::of(&file), handle));
                    let surplus = known.len().saturating_sub(MOST);
                    known.drain(..surplus);
                });
            }
        }
        told();
    });
}

/// The file of a handle; an error for that of a folder.
async fn file_of(handle: &JsValue) -> Result<File, JsValue> {
    let ask: Function = Reflect::get(handle, &"getFile".into())?.dyn_into()?;
    let promise: Promise = ask.call0(handle)?.dyn_into()?;
    JsFuture::from(promise).await?.dyn_into()
}

fn known(blob: &Blob) -> Option<JsValue> {
    let key = Key::of(blob.dyn_ref::<File>()?);
    KNOWN.with_borrow(|known| {
        known.iter().rev().find(|(other, _)| *other == key).map(|(_, handle)| handle.clone())
    })
}

/// Whether a file can be had as it is by now.
pub fn has(blob: &Blob) -> bool {
    known(blob).is_some()
}

/// The file as it is by now: `None` where it has not changed, or an error if it is gone or nobody may read it.
pub async fn now(blob: &Blob) -> Result<Option<File>, JsValue> {
    let handle = known(blob).ok_or(JsValue::NULL)?;
    let file = file_of(&handle).await?;
    let key = Key::of(&file);
    if blob.dyn_ref::<File>().map(Key::of).as_ref() == Some(&key) {
        return Ok(None);
    }
    KNOWN.with_borrow_mut(|known| known.push((key, handle)));
    Ok(Some(file))
}
