//! Routes by a site's own patterns: what show_urls printed in each of its formats, and a urls.py (tests/record/urls.sh).

mod common;

use std::process::Command;

use flamedrop::document::Content;
use flamedrop::import::{self, Options, urls};
use flamedrop::input::MemorySource;
use flamedrop::protocol::{Answer, Ask, GroupColumn, Request, Response, Window};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::requests::patterns::Patterns;
use flamedrop::session::Session;

/// What show_urls writes, by format.
const FORMATS: [&str; 6] = ["dense", "verbose", "table", "aligned", "json", "pretty-json"];

fn text(name: &str) -> String {
    let source = MemorySource::new("unknown", common::bytes(&format!("requests/urls/{name}.txt")));
    urls::text(&source).expect("it is read").unwrap_or_else(|| panic!("{name} is not taken for patterns"))
}

fn route(patterns: &mut Patterns, target: &str) -> String {
    let found = patterns.find(target.as_bytes(), false);
    found.map_or("none", |found| patterns.name(found)).to_owned()
}

/// An address, and the pattern that Django itself would answer it by.
const ADDRESSES: [(&str, &str); 20] = [
    ("/", "/"),
    ("/admin/auth/user/7/change/", "/admin/auth/user/<path:object_id>/change/"),
    ("/admin/auth/", "/admin/<app_label>/"),
    ("/admin/no/such/page", "/admin/<url>"),
    ("/articles/2003/", "/articles/2003/"),
    ("/articles/2004/?page=2", "/articles/<int:year>/"),
    ("/articles/2004/11/red-shoe/", "/articles/<int:year>/<int:month>/<slug:slug>/"),
    ("/orders/6ba4c9ae-faf4-0f4a-93d4-96a206f98b4d/", "/orders/<uuid:pk>/"),
    ("/files/a/b/c.txt", "/files/<path:name>"),
    ("/people/anna%20b/", "/people/<str:name>/"),
    ("/plain/x/edit/", "/plain/<name>/edit/"),
    ("/archive/1999/", "/archive/<year>/"),
    ("/any/a/b/c", "/any/<rest>"),
    ("/credit/reports/", "/credit/reports/"),
    ("/credit/reports/12/", "/credit/reports/<int:id>/"),
    ("/blog/red-shoe/comments/3/", "/blog/<slug:slug>/comments/<int:pk>/"),
    ("/shoe-12/history/", "/<page_slug>-<page_id>/history/"),
    ("/api/users/7/", "/api/users/<pk>/"),
    ("/articles/x/", "none"),
    ("/nothing/", "none"),
];

#[test]
fn what_show_urls_printed_in_any_format() {
    for format in FORMATS {
        let mut patterns = urls::read(&text(format)).unwrap_or_else(|problem| panic!("{format}: {problem}"));
        assert_eq!(patterns.len(), 48, "{format}");
        for (target, expected) in ADDRESSES {
            assert_eq!(route(&mut patterns, target), expected, "{format}: {target}");
        }
    }
}

#[test]
fn a_urls_py_without_running_it() {
    let mut patterns = urls::read(&text("urls.py")).expect("patterns");
    let shown: Vec<&str> = patterns.shown().collect();
    insta::assert_snapshot!(shown.join("\n"));
    for (target, expected) in [
        ("/", "/"),
        ("/articles/2003/", "/articles/2003/"),
        ("/articles/2004/", "/articles/<int:year>/"),
        ("/archive/1999/", "/archive/<year>/"),
        ("/archive/99x9/", "none"),
        ("/old/12/abc", "/old/<var>/<var>/"),
        ("/any/", "/any/<rest>"),
        ("/credit/reports/12/", "/credit/reports/<int:id>/"),
        ("/shoe-12/edit/", "/<page_slug>-<page_id>/edit/"),
        ("/de/about/", "/<language>/about/"),
        // A comment, and what other modules have.
        ("/nothing/", "none"),
        ("/blog/red-shoe/comments/3/", "none"),
    ] {
        assert_eq!(route(&mut patterns, target), expected, "{target}");
    }
}

#[test]
fn damaged_patterns_are_refused_or_read_in_part() {
    for name in FORMATS.into_iter().chain(["urls.py"]) {
        let whole = common::bytes(&format!("requests/urls/{name}.txt"));
        for length in (0..whole.len()).step_by(97) {
            if let Ok(mut patterns) = urls::read(&String::from_utf8_lossy(&whole[..length])) {
                route(&mut patterns, "/articles/2004/11/red-shoe/");
            }
        }
    }
    for text in
        ["[", "[{}]", "urlpatterns = [path(", "urlpatterns = [path('', include('a.urls'))]\npath(", "", "{"]
    {
        assert!(urls::read(text).is_err(), "{text}");
    }
    // A list that has itself in it ends.
    let circle = "urlpatterns = [path('a/', include(urlpatterns)), path('b/', view)]\n";
    assert!(urls::read(circle).is_ok_and(|patterns| patterns.len() < 100));
}

fn log() -> Vec<u8> {
    let line = |at: u32, path: &str, status: u16| {
        let second = at % 60;
        format!(
            "10.0.0.9 - - [20/Nov/2026:10:00:{second:02} +0000] \"GET {path} HTTP/1.1\" {status} 9 \"-\" \"x\" 0.{:03} 0.001\n",
            at % 90 + 10
        )
    };
    let mut text = String::new();
    for at in 0..200 {
        text.push_str(&line(at, &format!("/blog/shoe-{}-red/comments/{at}/", at % 70), 200));
        text.push_str(&line(at, "/articles/2003/", 200));
        text.push_str(&line(at, &format!("/articles/{}/", 1900 + at), 200));
        text.push_str(&line(at, "/static/shop.css", 200));
    }
    text.push_str(&line(0, "/wp-login.php", 404));
    text.into_bytes()
}

fn routes(log: &flamedrop::queries::QueryLog) -> Vec<(String, u32)> {
    let numbers = log.fingerprints.iter().zip(&log.numbers);
    let mut routes: Vec<_> = numbers.map(|(route, numbers)| (route.text.clone(), numbers.calls)).collect();
    routes.sort();
    routes
}

#[test]
fn a_log_is_grouped_by_them() {
    let options = Options { urls: Some(text("dense")), ..Options::default() };
    let source = MemorySource::new("access.log", log());
    let (document, _) = import::read(&source, &|_| (), &options).expect("a log");
    let Content::Requests(log) = &document.content else { panic!("no log of requests") };
    let expected = [
        ("GET /articles/2003/", 200 + 1),
        ("GET /articles/<int:year>/", 199),
        ("GET /blog/<slug:slug>/comments/<int:pk>/", 200),
        ("GET /static/shop.css", 200),
        ("GET /wp-login.php", 1),
    ];
    let expected = expected.map(|(route, count)| (route.to_owned(), count));
    assert_eq!(routes(log), expected);
    let said = common::diagnostics(&document);
    assert!(
        said.contains("routes are the site's own: 600 of 801 requests fit one of its 48 patterns"),
        "{said}"
    );
    // Of another site.
    let options = Options { urls: Some("/x/\ta.b\tc\n".to_owned()), ..Options::default() };
    let (document, _) = import::read(&source, &|_| (), &options).expect("a log");
    assert!(common::diagnostics(&document).contains("no request fits one of the site's 1 pattern"));
    let options = Options { urls: Some("nothing".to_owned()), ..Options::default() };
    assert!(import::read(&source, &|_| (), &options).is_err());
}

#[test]
fn a_session_reads_its_log_by_them_and_back() {
    let mut session =
        Session::open(Box::new(MemorySource::new("access.log", log())), &|_| ()).expect("it opens");
    let labels = |session: &mut Session| -> Vec<String> {
        let window =
            Window { sort: GroupColumn::Label, descending: false, first: 0, count: 99, selected: None };
        let ask = Ask::Groups { by: By::Fingerprint, window, charts: false, threshold: 500.0 };
        match session.answer(&Request::View(Filter::default(), ask)) {
            Response::View(Answer::Groups(page, _)) => page.page.into_iter().map(|row| row.label).collect(),
            other => panic!("{other:?}"),
        }
    };
    let before = labels(&mut session);
    assert!(before.contains(&"GET /articles/{id}/".to_owned()), "{before:?}");
    for format in ["json", "dense"] {
        let answer = session.answer(&Request::Urls(Some(text(format))));
        assert!(matches!(answer, Response::Reread(_)), "{answer:?}");
        let after = labels(&mut session);
        assert!(after.contains(&"GET /articles/<int:year>/".to_owned()), "{after:?}");
    }
    // What the user says of the layout does not undo it, nor the other way round.
    let layout = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\" $request_time $upstream_response_time";
    session.answer(&Request::Reread { log_line_prefix: Some(layout.to_owned()) });
    assert!(labels(&mut session).contains(&"GET /articles/<int:year>/".to_owned()));
    session.answer(&Request::Urls(None));
    assert_eq!(labels(&mut session), before);
}

#[test]
fn the_command_line_takes_them_by_an_option_or_beside_the_log() {
    let folder = std::env::temp_dir().join(format!("flamedrop-urls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (log_file, urls_file) = (folder.join("access.log"), folder.join("urls.txt"));
    std::fs::write(&log_file, log()).expect("a log");
    std::fs::write(&urls_file, common::bytes("requests/urls/aligned.txt")).expect("patterns");
    let run = |arguments: &[&str]| {
        let command =
            Command::new(env!("CARGO_BIN_EXE_flamedrop")).args(arguments).output().expect("it runs");
        assert!(command.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&command.stderr));
        String::from_utf8(command.stdout).expect("UTF-8")
    };
    let (log_file, urls_file) = (log_file.to_str().expect("UTF-8"), urls_file.to_str().expect("UTF-8"));
    let expected = "GET /blog/<slug:slug>/comments/<int:pk>/";
    for arguments in [
        &["summary", "--urls", urls_file, log_file][..],
        &["summary", log_file, urls_file],
        &["summary", urls_file, log_file],
        &["summary", "--json", urls_file, log_file],
        &["export", "--as", "csv", "--urls", urls_file, log_file],
    ] {
        let text = run(arguments);
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
    assert!(!run(&["summary", log_file]).contains(expected));
    std::fs::remove_dir_all(&folder).expect("it goes");
}
