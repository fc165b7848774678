//! What the browser keeps: the open files in IndexedDB, the settings in local storage. Everything
//! here may fail (private windows, full disks, `file://`): the page works on without it.

use idb::{Database, DatabaseEvent, Factory, KeyPath, ObjectStoreParams, Query, TransactionMode};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

const DATABASE: &str = "flamedrop";
const FILES: &str = "files";
const KEY: &str = "key";

/// A file kept from an earlier visit.
pub struct KeptFile {
    /// Its key in the store.
    pub key: u32,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub blob: Blob,
}

async fn open() -> Result<Database, idb::Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(1))?;
    request.on_upgrade_needed(|event| {
        let mut parameters = ObjectStoreParams::new();
        parameters.auto_increment(true).key_path(Some(KeyPath::new_single(KEY)));
        if let Ok(database) = event.database() {
            // A failure shows as a failing `put` later on, and that is told.
            let _ = database.create_object_store(FILES, parameters);
        }
    });
    request.await
}

/// Keeps a file; gives its key.
pub async fn keep(name: &str, blob: &Blob) -> Result<u32, idb::Error> {
    let database = open().await?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite)?;
    let record = Object::new();
    for (field, value) in [("name", JsValue::from_str(name)), ("blob", blob.into())] {
        // Setting a field of a fresh plain object cannot fail.
        let _ = Reflect::set(&record, &JsValue::from_str(field), &value);
    }
    let key = transaction.object_store(FILES)?.add(&record, None)?.await?;
    transaction.commit()?.await?;
    Ok(key.as_f64().unwrap_or_default() as u32)
}

/// Every kept file, oldest first.
pub async fn kept() -> Result<Vec<KeptFile>, idb::Error> {
    let database = open().await?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadOnly)?;
    let records = transaction.object_store(FILES)?.get_all(None, None)?.await?;
    let field = |record: &JsValue, name: &str| Reflect::get(record, &JsValue::from_str(name)).ok();
    let file = |record: JsValue| {
        Some(KeptFile {
            key: field(&record, KEY)?.as_f64()? as u32,
            name: field(&record, "name")?.as_string()?,
            blob: field(&record, "blob")?.dyn_into().ok()?,
        })
    };
    Ok(records.into_iter().filter_map(file).collect())
}

/// Drops one kept file.
pub async fn drop_file(key: u32) -> Result<(), idb::Error> {
    let database = open().await?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite)?;
    transaction.object_store(FILES)?.delete(Query::Key(key.into()))?.await?;
    transaction.commit()?.await?;
    Ok(())
}

/// Drops every kept file.
pub async fn forget() -> Result<(), idb::Error> {
    let database = open().await?;
    let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite)?;
    transaction.object_store(FILES)?.clear()?.await?;
    transaction.commit()?.await?;
    Ok(())
}

/// A setting, if it was ever made and can be read.
pub fn setting(name: &str) -> Option<String> {
    local_storage()?.get_item(&format!("flamedrop.{name}")).ok()?
}

/// Makes a setting, if that is possible.
pub fn set_setting(name: &str, value: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.set_item(&format!("flamedrop.{name}"), value);
    }
}

/// As if the setting had never been made.
pub fn unset(name: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.remove_item(&format!("flamedrop.{name}"));
    }
}

fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}
