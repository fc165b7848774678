//! The application's name, where only statements say it.

/// The name that `SET application_name = 'web'` sets, as pgbouncer sends it when another client's turn comes; other
/// settings may be set before it.
pub fn set_by(sql: &[u8]) -> Option<&[u8]> {
    const LONGEST: usize = 2000;
    let text = sql.trim_ascii_start();
    if text.len() > LONGEST || !text.get(..4)?.eq_ignore_ascii_case(b"set ") {
        return None;
    }
    let setting = b"application_name";
    let at = text.windows(setting.len()).position(|word| word.eq_ignore_ascii_case(setting))?;
    let rest = text[at + setting.len()..].trim_ascii_start();
    let rest = match rest.strip_prefix(b"=") {
        Some(rest) => rest,
        None => rest.get(..3).filter(|to| to.eq_ignore_ascii_case(b"to ")).map(|_| &rest[3..])?,
    };
    let rest = rest.trim_ascii_start();
    match rest.first()? {
        quote @ (b'\'' | b'"') => {
            let inner = &rest[1..];
            Some(&inner[..inner.iter().position(|byte| byte == quote)?])
        }
        _ => Some(&rest[..rest.iter().position(|byte| b"; \n".contains(byte)).unwrap_or(rest.len())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_statements_set() {
        for (sql, name) in [
            ("SET application_name='bnc-A - 127.0.0.1:5';", Some("bnc-A - 127.0.0.1:5")),
            ("set client_encoding='utf-8';SET application_name = \"web\";", Some("web")),
            ("SET application_name TO worker; SELECT 1", Some("worker")),
            ("SET work_mem = '1MB'", None),
            ("SELECT 'application_name = x'", None),
            ("SET application_name", None),
        ] {
            assert_eq!(set_by(sql.as_bytes()), name.map(str::as_bytes), "{sql}");
        }
    }
}
