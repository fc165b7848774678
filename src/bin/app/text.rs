//! Texts and numbers by way of the browser: the standard library's tables for these are 10 kB each in
//! the page, gzipped, and the browser has them already.

use flamedrop::format;
use wasm_bindgen::JsValue;

/// `text` in lower case, as [`str::to_lowercase`].
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// The finite number that `text` is, as a whole.
pub fn number(text: &str) -> Option<f64> {
    let number = f64::try_from(JsValue::from_str(text)).ok()?;
    // JavaScript makes 0 of nothing.
    (number.is_finite() && !text.trim().is_empty()).then_some(number)
}

/// A start on the log's clock: the time of day, or the time since the log began.
pub fn start_text(start: f64, wall_clock: bool) -> String {
    if wall_clock { format::time_of_day(start) } else { format!("+{}", format::milliseconds(start)) }
}
