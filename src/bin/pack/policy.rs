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
    let texts = |wanted: &dyn Fn(&html::Element<'_>) -> bool| -> Vec<&str> {
        let wanted = elements.iter().filter(|element| wanted(element));
        wanted.filter_map(|element| page.get(element.text.clone()?)).collect()
    };
    let policy =
        policy(&texts(&|element| element.is_inline_script()), &texts(&|element| element.name == "style"));
    let (before, after) = page.split_at(place);
    Ok(format!("{before}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">{after}"))
}

/// The policy for a page with these inline scripts and styles.
fn policy(scripts: &[&str], styles: &[&str]) -> String {
    let hashes = |texts: &[&str]| -> String {
        texts.iter().map(|text| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text)))).collect()
    };
    [
        "default-src 'none'".to_owned(),
        format!("script-src 'self' 'wasm-unsafe-eval'{}", hashes(scripts)),
        // A document's worker is started from a blob and bound by this policy; 'self' is for the
        // service worker, which may come from nowhere else.
        "worker-src blob: 'self'".to_owned(),
        "connect-src 'self'".to_owned(),
        "img-src 'self' data: blob:".to_owned(),
        format!("style-src 'self'{}", hashes(styles)),
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
            policy(&["alert('Hello, world.');"], &[])
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
