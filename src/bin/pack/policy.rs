//! The content security policy: what makes "nothing leaves the page" a rule of the browser instead of
//! a promise. It stands in the page, so it holds on every host.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::html;

/// `page` with the policy as the first thing after its character set; whatever stands before a
/// policy in a page is not bound by it.
///
/// # Errors
/// When the page has no `<meta charset>`, or has something before it that a policy should bind, or
/// already has a policy.
pub fn write(page: &str) -> Result<String, String> {
    let elements = html::elements(page)?;
    let mut place = None;
    for element in &elements {
        match element.name.as_str() {
            "html" | "head" => {}
            "meta" if element.attribute("charset").is_some() => {
                place = Some(element.tag.end);
                break;
            }
            other => return Err(format!("index.html: <{other}> stands before <meta charset>")),
        }
    }
    let place = place.ok_or("index.html has no <meta charset> to put the policy after")?;
    if elements.iter().any(|element| element.attribute("http-equiv").is_some()) {
        return Err("index.html already has a content security policy".into());
    }
    let scripts: Vec<&str> = elements
        .iter()
        .filter(|element| element.is_inline_script())
        .filter_map(|element| page.get(element.text.clone()?))
        .collect();
    let policy = policy(&scripts);
    let (before, after) = page.split_at(place);
    Ok(format!("{before}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">{after}"))
}

/// The policy for a page with these inline scripts.
fn policy(scripts: &[&str]) -> String {
    let mut script_sources = "'self' 'wasm-unsafe-eval'".to_owned();
    for script in scripts {
        let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
        script_sources.push_str(&format!(" 'sha256-{hash}'"));
    }
    [
        "default-src 'none'".to_owned(),
        format!("script-src {script_sources}"),
        // A worker started from a blob is bound by this policy; one started from an address is not.
        "worker-src blob:".to_owned(),
        "connect-src 'self'".to_owned(),
        "img-src 'self' data: blob:".to_owned(),
        "style-src 'self'".to_owned(),
        "font-src 'self'".to_owned(),
        "form-action 'none'".to_owned(),
        "base-uri 'none'".to_owned(),
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_stands_before_all_it_binds_and_names_each_script() {
        let page = "<!doctype html><html><head><meta charset=\"utf-8\"><title>T</title>\
                    <script>alert(1)</script><script src=\"a.js\"></script></head></html>";
        insta::assert_snapshot!(write(page).unwrap());
    }

    #[test]
    fn the_hash_is_the_one_a_browser_computes() {
        // The example of <https://www.w3.org/TR/CSP3/#directive-script-src>: `alert('Hello, world.');`
        assert!(
            policy(&["alert('Hello, world.');"])
                .contains("'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='")
        );
    }

    #[test]
    fn a_page_the_policy_could_not_bind_is_refused() {
        for page in [
            "<head><title>T</title></head>",
            "<head><script>1</script><meta charset=utf-8></head>",
            "<head><meta charset=utf-8><meta http-equiv=Content-Security-Policy content=''></head>",
        ] {
            assert!(write(page).is_err(), "{page}");
        }
    }
}
