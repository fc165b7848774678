//! What a comment in a statement says about where it comes from:
//! [sqlcommenter](https://google.github.io/sqlcommenter/spec/) (`/*controller='users',route='users/'*/`)
//! and [marginalia](https://github.com/basecamp/marginalia) (`/*application:Shop,controller:users*/`),
//! and what is near them.

use memchr::memmem;

/// A longer comment is none of these, bytes.
const LONGEST: usize = 4096;

/// What the tags of a comment say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// The view: the route, or controller and action. Empty if the comment does not say.
    pub view: String,
    /// What identifies the request: the trace's or the request's id.
    pub request: Option<String>,
}

/// The inside of the comment that `sql` ends or, failing that, begins with.
pub fn around(sql: &[u8]) -> Option<&[u8]> {
    let sql = sql.trim_ascii();
    let text = sql.strip_suffix(b";").unwrap_or(sql).trim_ascii_end();
    let last = text.strip_suffix(b"*/").and_then(|text| memmem::rfind(text, b"/*").map(|at| &text[at + 2..]));
    let comment = last.or_else(|| {
        let text = text.strip_prefix(b"/*")?;
        memmem::find(text, b"*/").map(|end| &text[..end])
    })?;
    // MySQL runs `/*!…*/` and takes hints out of `/*+…*/`.
    (comment.len() <= LONGEST && !matches!(comment.first(), Some(b'!' | b'+'))).then_some(comment)
}

/// The tags in a comment; nothing if it has none that matter here.
pub fn read(comment: &[u8]) -> Option<Tags> {
    let text = String::from_utf8_lossy(comment);
    let mut tags = Tags::default();
    let (mut route, mut controller, mut action) = (String::new(), String::new(), String::new());
    for (key, value) in pairs(&text) {
        if value.is_empty() {
            continue;
        }
        match key {
            "route" | "view" | "view_name" | "endpoint" => route = value,
            "controller" => controller = value,
            "action" => action = value,
            "job" | "task" | "command" if route.is_empty() => route = value,
            // version-trace-span-flags: https://www.w3.org/TR/trace-context/#traceparent-header
            "traceparent" => tags.request = value.split('-').nth(1).map(str::to_owned),
            "trace_id" | "request_id" | "correlation_id" | "requestid" if tags.request.is_none() => {
                tags.request = Some(value);
            }
            _ => {}
        }
    }
    tags.view = match (route.is_empty(), controller.is_empty(), action.is_empty()) {
        (false, ..) => route,
        (true, false, false) => format!("{controller}#{action}"),
        (true, false, true) => controller,
        (true, true, _) => action,
    };
    (!tags.view.is_empty() || tags.request.is_some()).then_some(tags)
}

/// `key='value'`, `key="value"`, `key=value` and `key:value`, between commas or blanks.
fn pairs(text: &str) -> impl Iterator<Item = (&str, String)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches([',', ' ', '\t', '\n', '\r', ';']);
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(['=', ':', ',', ' ']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let Some(value) = after.strip_prefix(['=', ':']) else {
                rest = after;
                continue;
            };
            let value = value.trim_start_matches(' ');
            let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
            let (raw, after) = match quote {
                Some(quote) => {
                    let value = &value[1..];
                    // A quote inside is written `\'`.
                    let mut from = 0;
                    let end = loop {
                        match value[from..].find(quote) {
                            Some(at) if value[..from + at].ends_with('\\') => from += at + 1,
                            Some(at) => break from + at,
                            None => break value.len(),
                        }
                    };
                    (&value[..end], value[end..].strip_prefix(quote).unwrap_or(""))
                }
                None => value.split_at(value.find([',', ' ', ';']).unwrap_or(value.len())),
            };
            rest = after;
            return Some((key.trim(), decoded(raw)));
        }
    })
}

/// Percent-decoded, also where each `%` was doubled for the database's driver.
fn decoded(value: &str) -> String {
    if !value.contains(['%', '\\']) {
        return value.to_owned();
    }
    let value = value.replace("%%", "%").replace("\\'", "'");
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_every_spelling() {
        let each = [
            "SELECT 1 /*controller='users',framework='django%%3A5.2',route='users/%5Eid'*/",
            "SELECT 1 /*action='it\\'s',controller='a b',traceparent='00-4bf92f35-00f067aa-01'*/;  ",
            "/* application:Shop,controller:users,action:index */ SELECT 1",
            "SELECT 1 /* request_id=abc-1 view=shop.views.orders */",
            "SELECT 1 /* request_id: abc */",
            "SELECT 1 /* job=\"nightly\" */",
            "SELECT /* view='hint' */ 1",
            "SELECT 1 /* an ordinary remark */",
            "SELECT 1 /* route='cut",
            "SELECT '/* view=no */'",
            "SELECT 1 /**/",
            "/*/",
            "*/",
            "",
        ]
        .map(|sql| format!("{sql}\n    {:?}", around(sql.as_bytes()).and_then(read)));
        insta::assert_snapshot!(each.join("\n"));
    }

    proptest::proptest! {
        #[test]
        fn any_comment_is_read_or_refused(comment in "[ a-z_=:,;'\"%\\\\/*é-]{0,60}") {
            let _ = read(comment.as_bytes());
            let _ = around(comment.as_bytes());
        }

        #[test]
        fn what_sqlcommenter_writes_is_read(route in "[a-z/<>:%' é]{1,20}", trace in "[0-9a-f]{4,32}") {
            let encoded: String = route
                .bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'/' => char::from(byte).to_string(),
                    _ => format!("%{byte:02X}"),
                })
                .collect();
            let sql = format!("SELECT 1 /*route='{encoded}',traceparent='00-{trace}-1-01'*/");
            let tags = around(sql.as_bytes()).and_then(read).expect("tags");
            proptest::prop_assert_eq!(tags, Tags { view: route, request: Some(trace) });
        }
    }
}
