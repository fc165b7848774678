//! The format within what a configuration has: nginx' `log_format main '…' '…';`, Apache's `LogFormat "…" combined`, gunicorn's and
//! hypercorn's `access_log_format = '…'`, uWSGI's `log-format = …`, an option of the command line. And which part of a format it
//! is that a line does not have.

use std::borrow::Cow;

use super::fields;
use super::layout::{Field, Layout, Server};
use super::roles::Role;

/// The settings that are followed by a format: written with `-`, without the dots and underlines of others.
const SETTINGS: [&str; 7] = [
    "access-log-format",
    "access-logformat",
    "accesslog-format",
    "access-log-fmt",
    "log-format",
    "logformat",
    "log-format-string",
];

/// The format of `text`, which may be all of a directive.
pub(super) fn format_of(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_in_word = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let length = text.find(|letter: char| !is_in_word(letter)).unwrap_or(text.len());
    let (word, rest) = text.split_at(length);
    let rest = rest.trim_start();
    match word {
        "log_format" if !rest.starts_with(['=', ':']) => return of_nginx(rest),
        "LogFormat" => return first(rest),
        "CustomLog" => return strings(rest).pop().map_or(Cow::Borrowed(rest), Cow::Owned),
        _ => {}
    }
    let setting = word.trim_start_matches('-').replace(['_', '.'], "-").to_ascii_lowercase();
    if SETTINGS.contains(&setting.as_str()) {
        let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim();
        let value = value.strip_prefix('(').unwrap_or(value).trim_start();
        // `$'…'` is a shell's.
        return all(value.strip_prefix('$').filter(|value| value.starts_with('\'')).unwrap_or(value));
    }
    // All of it in quotes, as it is given to a command.
    match strings(text).as_slice() {
        [one] if text.starts_with('\'') && text.ends_with('\'') => Cow::Owned(one.clone()),
        _ => Cow::Borrowed(text),
    }
}

/// Behind `log_format`: a name, how to escape, and the pieces up to the semicolon.
fn of_nginx(rest: &str) -> Cow<'_, str> {
    let behind =
        |text: &str| text.find(char::is_whitespace).map(|at| text.len() - text[at..].trim_start().len());
    // A format that begins with a variable has no name in front of it.
    if rest.starts_with(['$', '\'', '"']) {
        return all(rest);
    }
    let rest = behind(rest).map_or("", |at| &rest[at..]);
    let rest = if rest.starts_with("escape=") { behind(rest).map_or("", |at| &rest[at..]) } else { rest };
    all(rest)
}

/// The pieces in quotes as one, or the text itself without a semicolon where there are none around all of it.
fn all(text: &str) -> Cow<'_, str> {
    if text.starts_with(['\'', '"']) {
        return Cow::Owned(strings(text).concat());
    }
    Cow::Borrowed(text.trim_end().trim_end_matches(';'))
}

/// The first piece in quotes, or all of a text that has none.
fn first(text: &str) -> Cow<'_, str> {
    match strings(text).into_iter().next() {
        Some(one) if text.starts_with(['\'', '"']) => Cow::Owned(one),
        _ => Cow::Borrowed(text),
    }
}

/// What stands in quotes of either kind, escapes as they are; comments of whole lines are passed over, and what stands behind a
/// semicolon is of another directive.
fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '#', ';']) {
        let mark = rest.as_bytes()[at];
        let inner = &rest[at + 1..];
        match mark {
            b';' => break,
            b'#' => {
                let Some(end) = inner.find('\n') else { break };
                rest = &inner[end + 1..];
                continue;
            }
            _ => {}
        }
        let mut is_escaped = false;
        let end = inner.bytes().position(|byte| {
            let ends = byte == mark && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        let Some(end) = end else { break };
        found.push(inner[..end].to_owned());
        rest = &inner[end + 1..];
    }
    found
}

/// Which part of a layout that is given a line does not have, as a sentence; `None` if it has all.
pub(super) fn misfit(layout: &Layout, line: &[u8]) -> Option<String> {
    let shown = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let mut short: String = text.chars().take(40).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        short
    };
    let written = |field: &Field| match layout.server {
        Server::Nginx => format!("${}", field.name),
        Server::Apache => format!("%{}", field.name),
        _ => format!("%({})s", field.name),
    };
    let first = layout.fields.first()?;
    if !line.starts_with(&first.before) {
        return Some(format!(
            "the format begins with `{}`, the line with `{}`",
            shown(&first.before),
            shown(line)
        ));
    }
    let mut at = first.before.len();
    for (number, field) in layout.fields.iter().enumerate() {
        let rest = line.get(at..)?;
        let end = match layout.fields.get(number + 1) {
            Some(next) => match field.end(line, at, next) {
                Some(end) => end,
                None => {
                    return Some(format!(
                        "behind {} the format has `{}`, the line goes on with `{}`",
                        written(field),
                        shown(&next.before),
                        shown(rest)
                    ));
                }
            },
            None if rest.ends_with(&layout.after) => line.len() - layout.after.len(),
            None => {
                return Some(format!(
                    "the format ends with `{}`, the line with `{}`",
                    shown(&layout.after),
                    shown(rest)
                ));
            }
        };
        let cell = &line[at..end];
        let what = match field.role {
            Role::Stamp if fields::when(cell).is_none() => "a time",
            Role::Status if fields::status(cell).is_none() => "a status",
            _ => "",
        };
        if !what.is_empty() {
            return Some(format!("{} is {what}, the line has `{}` there", written(field), shown(cell)));
        }
        at = end + layout.fields.get(number + 1).map_or(0, |next| next.before.len());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_in_what_configurations_have() {
        let nginx = "$remote_addr [$time_local] \"$request\" $status $request_time";
        for text in [
            "log_format main '$remote_addr [$time_local] \"$request\" '\n  # of all\n  '$status $request_time';\naccess_log 'x' main;",
            "log_format main escape=json '$remote_addr [$time_local] \"$request\" $status $request_time';",
            "log_format main '$remote_addr [$time_local] \"$request\" ''$status $request_time';",
            "log_format $remote_addr [$time_local] \"$request\" $status $request_time;",
            "'$remote_addr [$time_local] \"$request\" $status $request_time'",
            nginx,
        ] {
            assert_eq!(format_of(text), nginx, "{text}");
        }
        let apache = "%h %l %u %t \\\"%r\\\" %>s %b %D";
        for text in [
            format!("LogFormat \"{apache}\" combined"),
            format!("CustomLog \"logs/access_log\" \"{apache}\""),
            format!("  LogFormat \"{apache}\""),
        ] {
            assert_eq!(format_of(&text), apache, "{text}");
        }
        let python = "%(h)s %(t)s \"%(r)s\" %(s)s %(L)s";
        for text in [
            format!("access_log_format = '{python}'"),
            format!("access_log_format: '{python}'"),
            "access_log_format = (\n    '%(h)s %(t)s \"%(r)s\" '\n    '%(s)s %(L)s'\n)".to_owned(),
            format!("--access-logformat '{python}'"),
            format!("--access-logformat='{python}'"),
            format!("log-format = {python}"),
        ] {
            assert_eq!(format_of(&text), python, "{text}");
        }
        // Quotes at both ends are the format's own.
        assert_eq!(
            format_of("\"$request\" $status \"$http_referer\""),
            "\"$request\" $status \"$http_referer\""
        );
        for text in
            ["", "log_format", "log_format main", "LogFormat", "log_format main '", "access_log_format ="]
        {
            assert!(format_of(text).len() <= text.len(), "{text}");
        }
    }
}
