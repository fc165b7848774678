//! Routes: addresses without what stands in them for one object, so that requests for the same view are one group.

/// What stands for a number.
pub const ID: &[u8] = b"{id}";
const UUID: &[u8] = b"{uuid}";
const HEX: &[u8] = b"{hex}";
const DATE: &[u8] = b"{date}";
/// What stands for words of which there are many in the same place.
pub const SLUG: &[u8] = b"{slug}";

/// The most different segments below one path; what comes after them is [`SLUG`]. An address may be anything, and each
/// route takes memory.
pub const MOST_SIBLINGS: u32 = 500;

/// Appends the route of `target` (a path, perhaps with scheme and host before it and a query behind) to `route`.
pub fn write(target: &[u8], route: &mut Vec<u8>) {
    let path = path(target);
    for (at, segment) in path.split(|&byte| byte == b'/').enumerate() {
        if at > 0 {
            route.push(b'/');
        }
        route.extend_from_slice(stand_in(segment).unwrap_or(segment));
    }
}

/// The path of a target: without query, fragment, scheme and host.
pub fn path(target: &[u8]) -> &[u8] {
    let target = without_host(target);
    let end = memchr::memchr2(b'?', b'#', target).unwrap_or(target.len());
    &target[..end]
}

/// `http://shop.example.com:80/slow/` as `/slow/`: proxies are asked so.
fn without_host(target: &[u8]) -> &[u8] {
    if target.first() == Some(&b'/') {
        return target;
    }
    let Some(rest) = target.strip_prefix(b"http://").or_else(|| target.strip_prefix(b"https://")) else {
        return target;
    };
    memchr::memchr(b'/', rest).map_or(b"/", |at| &rest[at..])
}

/// What stands for a segment that names one object; `None` for one that is part of the route.
fn stand_in(segment: &[u8]) -> Option<&'static [u8]> {
    // Most segments are words: their first byte tells.
    let digits = segment.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    if digits == segment.len() {
        return Some(ID);
    }
    if is_date(segment) {
        return Some(DATE);
    }
    let hex = segment.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    if segment.len() == 36 && hex == 32 && [8, 13, 18, 23].iter().all(|&at| segment[at] == b'-') {
        return Some(UUID);
    }
    (hex == segment.len() && hex >= 8).then_some(HEX)
}

/// `2026-11-28`.
fn is_date(segment: &[u8]) -> bool {
    segment.len() == 10
        && segment.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// `route` with its segment of this number ([`parent_and_segment`]) exchanged for [`SLUG`]; what is a file keeps its
/// ending.
pub fn with_slug(route: &[u8]) -> Vec<u8> {
    let (parent, segment, rest) = parts(route);
    let mut slug = parent.to_vec();
    slug.extend_from_slice(SLUG);
    if let Some(dot) = memchr::memrchr(b'.', segment)
        && dot > 0
        && (1..=5).contains(&(segment.len() - dot - 1))
        && segment[dot + 1..].iter().all(u8::is_ascii_alphanumeric)
    {
        slug.extend_from_slice(&segment[dot..]);
    }
    slug.extend_from_slice(rest);
    slug
}

/// What is before the last segment, and it: `GET /product/` and `red-shoe` of `GET /product/red-shoe/`.
pub fn parent_and_segment(route: &[u8]) -> (&[u8], &[u8]) {
    let (parent, segment, _) = parts(route);
    (parent, segment)
}

/// What is before the last segment, that segment, and the slash that may follow it.
fn parts(route: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let end = route.strip_suffix(b"/").map_or(route.len(), <[u8]>::len);
    let begin = memchr::memrchr(b'/', &route[..end]).map_or(0, |at| at + 1);
    (&route[..begin], &route[begin..end], &route[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(target: &str) -> String {
        let mut route = Vec::new();
        write(target.as_bytes(), &mut route);
        String::from_utf8(route).unwrap()
    }

    #[test]
    fn what_names_one_object_is_left_out() {
        for (target, expected) in [
            ("/", "/"),
            ("/orders/", "/orders/"),
            ("/product/4711/?a=1", "/product/{id}/"),
            ("/api/v1/cart/12", "/api/v1/cart/{id}"),
            ("/o/2026-11-28/x", "/o/{date}/x"),
            ("/o/6ba4c9ae-faf4-0f4a-93d4-96a206f98b4d", "/o/{uuid}"),
            ("/o/6ba4c9aefaf40f4a93d496a206f98b4d/", "/o/{hex}/"),
            ("/sleep/1.6/", "/sleep/1.6/"),
            ("/static/shop.css#x", "/static/shop.css"),
            ("http://shop.example.com:80/slow/?q", "/slow/"),
            ("https://shop.example.com", "/"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(route(target), expected, "{target}");
        }
    }

    #[test]
    fn slugs_keep_what_kind_of_file_they_are() {
        let slug = |route: &str| String::from_utf8(with_slug(route.as_bytes())).unwrap();
        assert_eq!(slug("GET /product/red-shoe/"), "GET /product/{slug}/");
        assert_eq!(slug("GET /static/shop.css"), "GET /static/{slug}.css");
        assert_eq!(slug("GET /a/.env"), "GET /a/{slug}");
        assert_eq!(slug("x"), "{slug}");
        assert_eq!(parent_and_segment(b"GET /a/b/"), (&b"GET /a/"[..], &b"b"[..]));
    }
}
