use super::*;

#[test]
fn moments_of_all_servers() {
    let spell = |text: &str| {
        when(text.as_bytes())
            .map(|it| (it.milliseconds, it.step, String::from_utf8_lossy(it.zone).into_owned()))
    };
    let second = 1_795_904_997_000.0;
    let local = |zone: &str| Some((second, 1e3, zone.to_owned()));
    assert_eq!(spell("28/Nov/2026:22:29:57 +0000"), local("UTC"));
    assert_eq!(spell("[28/Nov/2026:22:29:57 -0600]"), local("-0600"));
    assert_eq!(spell("28/Nov/2026:22:29:57"), local(""));
    assert_eq!(spell("28/Nov/2026 22:29:57"), local(""));
    assert_eq!(spell("2026-11-28 22:29:57 +0000"), local("UTC"));
    assert_eq!(spell("2026-11-28T22:29:57+02:00"), local("+02:00"));
    assert_eq!(spell("Sat Nov 28 22:29:57 2026"), local(""));
    assert_eq!(spell("Sat Nov  8 22:29:57 2026").map(|it| it.0), Some(second - 20.0 * 86_400_000.0));
    assert_eq!(spell("28/Nov/2026:22:29:57.821"), Some((second + 821.0, 1.0, String::new())));
    assert_eq!(spell("2026-11-28T22:29:57.604882847Z").map(|it| it.1), Some(1e3 / 1e9));
    assert_eq!(spell("1795904997.996"), Some((second + 996.0, 1.0, "UTC".into())));
    assert_eq!(spell("1795904997996"), Some((second + 996.0, 1.0, "UTC".into())));
    for text in
        ["", "x", "12345", "28/Nox/2026:22:29:57", "28/Nov/2026:25:29", "0.228", "1234567890123456789012"]
    {
        assert_eq!(spell(text), None, "{text}");
    }
}

#[test]
fn numbers_are_what_is_written() {
    assert_eq!(times(b"0.228", 1e3), Some(228.0));
    assert_eq!(times(b"0.037800", 1e3), Some(37.8));
    assert_eq!(times(b"42096", 1e-3), Some(42.096));
    assert_eq!(times(b"5.1e-05", 1e3), Some(0.051));
    assert_eq!(times(b"5e-05", 1e3), Some(0.05));
    assert_eq!(times(b"1E-2", 1e3), Some(10.0));
    assert_eq!(times(b"-1", 1.0), None);
    assert_eq!(times(b"-", 1.0), None);
    assert_eq!(times(b"", 1.0), None);
    assert_eq!(sum_of_list(b"0.000, 0.014", 1e3), Some(14.0));
    assert_eq!(sum_of_list(b"0.005 : 0.019", 1e3), Some(24.0));
    assert_eq!(sum_of_list(b"-, -", 1e3), None);
    assert_eq!(with_unit(b"25585us"), Some((&b"25585"[..], 1e-3)));
    assert_eq!(with_unit(b"18ms"), Some((&b"18"[..], 1.0)));
    assert_eq!(with_unit(b"18"), None);
    assert_eq!(with_unit(b"ms"), None);
}

#[test]
fn request_lines_of_all_servers() {
    let shown = |line: &str| {
        request(line.as_bytes()).map(|(method, target)| {
            format!("{} {}", String::from_utf8_lossy(method), String::from_utf8_lossy(target))
        })
    };
    for line in [
        "GET /a HTTP/1.1",
        "GET /a 1.1",
        "GET /a",
        "\x1b[33mGET /a HTTP/1.1\x1b[0m",
        "\x1b[35m\x1b[1mGET /a HTTP/1.1\x1b[0m",
    ] {
        assert_eq!(shown(line).as_deref(), Some("GET /a"), "{line:?}");
    }
    assert_eq!(shown("GET /a b HTTP/1.1").as_deref(), Some("GET /a b"));
    for line in
        ["GARBAGE", "", "-", "\\x16\\x03", "get /a HTTP/1.1", "- http://shop.example.com:80- -", "<BADREQ>"]
    {
        assert_eq!(shown(line), None, "{line}");
    }
}

#[test]
fn hosts_are_no_part_of_paths() {
    for (address, path) in [
        ("shop.test/cart/?a=1", "/cart/?a=1"),
        ("localhost/", "/"),
        ("shop:8000/cart/", "/cart/"),
        ("/cart.html", "/cart.html"),
        ("cart/1", "cart/1"),
        ("https://shop.test/cart/", "https://shop.test/cart/"),
        ("shop.test:443", "shop.test:443"),
    ] {
        assert_eq!(without_host(address.as_bytes()), path.as_bytes(), "{address}");
    }
}

#[test]
fn ports_are_no_part_of_addresses() {
    let bare = |text: &str| String::from_utf8_lossy(without_port(text.as_bytes())).into_owned();
    assert_eq!(bare("127.0.0.1:60252"), "127.0.0.1");
    assert_eq!(bare("[::1]:80"), "::1");
    assert_eq!(bare("::1"), "::1");
    assert_eq!(bare("shop.test"), "shop.test");
}
