use super::*;

fn log(entries: &[(f64, f64, &str, u16)], moment: Moment) -> QueryLog {
    let mut builder = ServedBuilder::default();
    for &(stamp, duration, target, status) in entries {
        builder.push(&Entry {
            stamp,
            moment,
            duration,
            method: b"GET",
            target: target.as_bytes(),
            status,
            ..Entry::default()
        });
    }
    builder.finish(None, None, (moment, 1.0), "")
}

#[test]
fn requests_stand_where_they_began() {
    let entries = [(100.0, 90.0, "/a/1", 200), (101.0, 1.0, "/a/2", 500), (102.0, f64::NAN, "/b", 0)];
    let ended = log(&entries, Moment::End);
    assert_eq!(ended.statements.start, [10.0, 100.0, 102.0]);
    let began = log(&entries, Moment::Begin);
    assert_eq!(began.statements.start, [100.0, 101.0, 102.0]);
    let routes: Vec<&str> = ended.fingerprints.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(routes, ["GET /a/{id}", "GET /b"]);
    assert_eq!(ended.statements.failed, [0, 1, 0]);
    let served = ended.served.as_deref().unwrap();
    assert_eq!((0..3).map(|at| served.status(at)).collect::<Vec<_>>(), [200, 500, 0]);
}

#[test]
fn many_names_in_one_place_are_one_route() {
    let targets: Vec<String> = (0..60)
        .flat_map(|at: u8| {
            let letter = (b'a' + at % 26) as char;
            let name = format!("{letter}-shoe-{}", "x".repeat(usize::from(at / 26) + 1));
            [format!("/product/{name}/reviews/"), format!("/page-{letter}/")]
        })
        .collect();
    let entries: Vec<_> = targets.iter().map(|target| (0.0, 1.0, target.as_str(), 200)).collect();
    let log = log(&entries, Moment::End);
    assert!(
        log.fingerprints.iter().any(|it| it.text == "GET /product/{slug}/reviews/"),
        "{:?}",
        log.fingerprints
    );
    assert_eq!(log.fingerprints.len(), 27);
    assert_eq!(log.numbers.iter().map(|it| it.calls).sum::<u32>(), 120);
}

#[test]
fn what_was_not_found_makes_no_slugs_of_what_was() {
    let letters = |at: u32| -> String {
        format!("{at:04}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    };
    let mut entries: Vec<(String, u16)> = Vec::new();
    for at in 0..900 {
        entries.push((format!("/{}/x", letters(at)), 404));
        entries.push((format!("/wp-{at}.php"), 404));
    }
    // These came last, and are asked for seldom.
    for route in ["/shop/cart", "/shop/checkout", "/about", "/log-in"] {
        entries.push((route.to_owned(), 200));
    }
    let entries: Vec<_> = entries.iter().map(|(to, status)| (0.0, 1.0, to.as_str(), *status)).collect();
    let log = log(&entries, Moment::End);
    let routes: Vec<&str> = log.fingerprints.iter().map(|it| it.text.as_str()).collect();
    for route in ["GET /shop/cart", "GET /shop/checkout", "GET /about", "GET /log-in"] {
        assert!(routes.contains(&route), "{routes:?}");
    }
    assert!(routes.len() < 9, "{routes:?}");
}

#[test]
fn views_beside_many_pages_stay() {
    let mut targets: Vec<String> = (0..400).map(|at| format!("/shoe-{at}/")).collect();
    targets.extend((0..100).map(|_| "/login/".to_owned()));
    let entries: Vec<_> = targets.iter().map(|target| (0.0, 1.0, target.as_str(), 200)).collect();
    let log = log(&entries, Moment::End);
    let mut routes: Vec<&str> = log.fingerprints.iter().map(|it| it.text.as_str()).collect();
    routes.sort_unstable();
    assert_eq!(routes, ["GET /login/", "GET /{slug}/"]);
}

#[test]
fn memory_is_bounded_whatever_is_asked_for() {
    let letters = |at: u32| -> String {
        format!("{at:04}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    };
    let targets: Vec<String> = (0..5000).map(|at| format!("/u/{}/x", letters(at))).collect();
    let entries: Vec<_> = targets.iter().map(|target| (0.0, 1.0, target.as_str(), 404)).collect();
    let log = log(&entries, Moment::End);
    assert!(log.fingerprints.len() <= MOST_SIBLINGS as usize + 2, "{}", log.fingerprints.len());
}
