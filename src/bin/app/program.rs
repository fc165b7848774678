//! The workers' programs, one for profiles and one for logs and schemas: each a script and a compiled module, fetched
//! once, kept for as long as the page is open, and handed to every worker. So a worker starts without the network and
//! without compiling, and a page never starts a worker of another version, whatever the host has by then.

use std::cell::RefCell;

use flamedrop::import::Kind;
use js_sys::{Array, Promise, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Blob, BlobPropertyBag, Response, Url};

use crate::embedded;

/// Which program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Reads profiles.
    Profiles,
    /// Reads logs and schemas.
    Logs,
}

impl For {
    /// All.
    pub const ALL: [Self; 2] = [Self::Profiles, Self::Logs];

    /// Which reads documents of `kind`.
    pub fn kind(kind: Kind) -> Self {
        match kind {
            Kind::Profile => Self::Profiles,
            Kind::Queries | Kind::Schema | Kind::Requests => Self::Logs,
        }
    }

    /// Which most likely reads a file of this name. Only its content says: the wrong one hands it back.
    pub fn likely(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let name = [".gz", ".zst"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
        let is_log = [".log", ".sql", ".csv", ".jsonl"].iter().any(|ending| name.ends_with(ending))
            // `postgresql.log.1`, `mysql-slow.txt`
            || name.contains(".log.") || name.contains("slow") || name.contains("postgres") || name.contains("access");
        if is_log { Self::Logs } else { Self::Profiles }
    }

    /// Its name: `<meta name="worker" data-for>` in the page, and how its files begin where all is in one file.
    /// `pack` gives both.
    fn name(self) -> &'static str {
        match self {
            Self::Profiles => "profile_worker",
            Self::Logs => "log_worker",
        }
    }
}

/// Run after the script: the first message is the module. What fails in a promise is not reported to
/// the page; what is thrown is.
const START: &str = ";onmessage=({data})=>{onmessage=null;\
    wasm_bindgen({module_or_path:data}).catch(error=>setTimeout(()=>{throw error}))}";

/// What a worker is started with.
#[derive(Clone)]
pub struct Program {
    /// The address of the blob to start it from.
    pub url: String,
    /// What it is to be posted first.
    pub module: JsValue,
}

thread_local! {
    static LOADED: RefCell<[Option<Program>; 2]> = const { RefCell::new([None, None]) };
    static LOADING: RefCell<[Option<Promise>; 2]> = const { RefCell::new([None, None]) };
}

/// The program, loaded on the first call; a later call tries again what failed.
///
/// # Errors
/// In words for the user.
pub async fn program(which: For) -> Result<Program, String> {
    let loaded = || LOADED.with_borrow(|loaded| loaded[which as usize].clone());
    if let Some(program) = loaded() {
        return Ok(program);
    }
    let loading = LOADING.with_borrow_mut(|loading| {
        loading[which as usize]
            .get_or_insert_with(|| {
                future_to_promise(async move {
                    let program = load(which).await?;
                    LOADED.with_borrow_mut(|loaded| loaded[which as usize] = Some(program));
                    Ok(JsValue::UNDEFINED)
                })
            })
            .clone()
    });
    let ended = JsFuture::from(loading).await;
    LOADING.with_borrow_mut(|loading| loading[which as usize] = None);
    match (ended, loaded()) {
        (Ok(_), Some(program)) => Ok(program),
        (Err(error), _) => {
            let message = Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
            Err(message.or_else(|| error.as_string()).unwrap_or_else(|| "no reason given".into()))
        }
        (Ok(_), None) => Err("it was loaded but is not there".into()),
    }
}

async fn load(which: For) -> Result<Program, JsValue> {
    let (script, module) = (format!("{}.js", which.name()), format!("{}_bg.wasm", which.name()));
    let (script, module) = match (embedded::bytes(&script).await, embedded::bytes(&module).await) {
        (Some(script), Some(module)) => (script, module),
        _ => fetch_both(which).await?,
    };
    let module = JsFuture::from(WebAssembly::compile(&module)).await?;
    // The text itself, not an address of it: from `file://` a worker can import nothing.
    // A worker started from an address is bound only by that address's own headers, and a static host
    // sets none; one started from a blob inherits the page's content security policy.
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let parts = Array::of2(&script, &START.into());
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
    Ok(Program { url: Url::create_object_url_with_blob(&blob)?, module })
}

/// Script and module from the files `<meta name="worker">` names.
async fn fetch_both(which: For) -> Result<(Uint8Array, Uint8Array), JsValue> {
    let document = leptos::prelude::document();
    let named = format!("meta[name=worker][data-for={}]", which.name());
    let named = document.query_selector(&named)?.ok_or("the page does not name its worker")?;
    let script = fetch(&named.get_attribute("content").unwrap_or_default()).await?;
    let module = fetch(&named.get_attribute("data-module").unwrap_or_default()).await?;
    Ok((script, module))
}

async fn fetch(address: &str) -> Result<Uint8Array, JsValue> {
    let response = JsFuture::from(leptos::prelude::window().fetch_with_str(address)).await?;
    let response: Response = response.dyn_into()?;
    if !response.ok() {
        return Err(format!("{address}: the host answers {}", response.status()).into());
    }
    Ok(Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?))
}
