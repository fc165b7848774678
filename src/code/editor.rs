//! The address by which an editor opens a line. Editors register a scheme of their own with the system: VS Code's
//! <https://code.visualstudio.com/docs/configure/command-line#_opening-vs-code-with-urls>, JetBrains'
//! `pycharm://open`, TextMate's `txmt://open?url=`, which Sublime Text's handlers took over.
//!
//! Paths come out of files from anywhere. What stands in an address is percent-encoded, and the address begins with a
//! scheme of a list: a template can be wrong, but never a script or a page.

use super::{has_drive, is_file, slashed};

/// An editor that is offered by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Editor {
    /// Its name in the settings.
    pub key: &'static str,
    /// As people call it.
    pub title: &'static str,
    /// Its [`Template`].
    pub template: &'static str,
}

/// Those that are offered.
pub const EDITORS: &[Editor] = &[
    Editor { key: "vscode", title: "VS Code", template: "vscode://file{path}:{line}" },
    Editor { key: "vscodium", title: "VSCodium", template: "vscodium://file{path}:{line}" },
    Editor { key: "cursor", title: "Cursor", template: "cursor://file{path}:{line}" },
    Editor { key: "pycharm", title: "PyCharm", template: "pycharm://open?file={file}&line={line}" },
    Editor { key: "sublime", title: "Sublime Text", template: "subl://open?url=file://{path}&line={line}" },
    Editor { key: "zed", title: "Zed", template: "zed://file{path}:{line}" },
];

/// Schemes that a template may begin with: those of editors.
pub const SCHEMES: &[&str] = &[
    "atom",
    "cursor",
    "editor",
    "emacs",
    "idea",
    "jetbrains",
    "mvim",
    "nova",
    "phpstorm",
    "pycharm",
    "subl",
    "txmt",
    "vscode",
    "vscode-insiders",
    "vscodium",
    "windsurf",
    "zed",
];

/// Bytes of a template; longer ones are none.
const LONGEST: usize = 500;

/// An address with places for a path and a line: `{path}` begins with a slash (`/home/me/a.py`, `/C:/a.py`), `{file}` is
/// the path as the system writes it (`C:/a.py`), `{line}` a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTemplate {
    /// It begins with no scheme of [`SCHEMES`].
    Scheme,
    /// It has neither `{path}` nor `{file}`.
    NoPath,
    /// It has what no address has: spaces, quotes, other braces.
    Characters,
}

impl BadTemplate {
    /// For people.
    pub fn text(self) -> String {
        match self {
            Self::Scheme => format!("An address begins with one of these schemes: {}.", SCHEMES.join(", ")),
            Self::NoPath => "An address needs {path} or {file}.".to_owned(),
            Self::Characters => "An address has no spaces, quotes or other braces.".to_owned(),
        }
    }
}

impl Template {
    /// Checks a template.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let text = text.trim();
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if !scheme.is_some_and(|scheme| SCHEMES.contains(&scheme)) {
            return Err(BadTemplate::Scheme);
        }
        let plain =
            ["{path}", "{file}", "{line}"].iter().fold(text.to_owned(), |text, one| text.replace(one, ""));
        let is_of_address = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\`^{|}".contains(&byte);
        if text.len() > LONGEST || !plain.bytes().all(is_of_address) {
            return Err(BadTemplate::Characters);
        }
        if !text.contains("{path}") && !text.contains("{file}") {
            return Err(BadTemplate::NoPath);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where paths of a recording lie on this machine: `/app/` in the container is `/home/me/shop/` here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mappings(Vec<(String, String)>);

/// What may stand between the two, and where lines end.
const ARROWS: [&str; 3] = ["→", "->", "=>"];

impl Mappings {
    /// Reads one per line, `/app/ → /home/me/shop/`. Nothing before the arrow: what relative paths are relative to.
    ///
    /// # Errors
    /// Gives the first line that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut all = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let parts = ARROWS.iter().find_map(|arrow| line.split_once(arrow));
            let (from, to) = parts.ok_or_else(|| line.to_owned())?;
            let (from, to) = (slashed(from.trim()), slashed(to.trim()));
            if to.is_empty() || line.chars().any(char::is_control) {
                return Err(line.to_owned());
            }
            let whole = |path: &str| if path == "/" { "/" } else { path.trim_end_matches('/') }.to_owned();
            all.push((whole(&from), to.trim_end_matches('/').to_owned()));
        }
        Ok(Self(all))
    }

    /// One per line, as [`Self::parse`] reads them.
    pub fn text(&self) -> String {
        let line = |(from, to): &(String, String)| match from.as_str() {
            "" => format!("→ {to}/"),
            "/" => format!("/ → {to}/"),
            from => format!("{from}/ → {to}/"),
        };
        let lines: Vec<String> = self.0.iter().map(line).collect();
        lines.join("\n")
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path here of a path with slashes: by the longest one that fits whole directories; `None` if none does.
    fn apply(&self, path: &str) -> Option<String> {
        let is_relative = !path.starts_with('/') && !has_drive(path);
        let fits = |(from, to): &(String, String)| {
            let rest = match from.as_str() {
                "" => is_relative.then_some(path)?,
                "/" => path.strip_prefix('/')?,
                from => path.strip_prefix(from)?.strip_prefix('/')?,
            };
            Some((from.len(), format!("{to}/{rest}")))
        };
        self.0.iter().filter_map(fits).max_by_key(|(length, _)| *length).map(|(_, path)| path)
    }
}

/// The address of a line, or of a file (line 0: its first); `None` for what is no file, or a relative path that no
/// mapping says the place of.
pub fn address(template: &Template, mappings: &Mappings, file: &str, line: u32) -> Option<String> {
    if !is_file(file) {
        return None;
    }
    let path = slashed(file);
    let path =
        mappings.apply(&path).or_else(|| (path.starts_with('/') || has_drive(&path)).then_some(path))?;
    let file = encoded(&path);
    let rooted = if file.starts_with('/') { file.clone() } else { format!("/{file}") };
    let line = line.max(1).to_string();
    // In one go: what a path holds is no placeholder.
    let mut address = String::with_capacity(template.0.len() + file.len() + 8);
    let mut rest = template.0.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        address.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        address.push_str(match name {
            "path" => &rooted,
            "file" => &file,
            _ => &line,
        });
        rest = after;
    }
    address.push_str(rest);
    Some(address)
}

/// Percent-encoded, but for slashes and a drive's colon.
fn encoded(path: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let drive = if has_drive(path) { 2 } else { 0 };
    let mut text = path[..drive].to_owned();
    for byte in path.bytes().skip(drive) {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn editor(key: &str) -> Template {
        let editor = EDITORS.iter().find(|editor| editor.key == key).expect("an editor");
        Template::parse(editor.template).expect("a template")
    }

    fn none() -> Mappings {
        Mappings::default()
    }

    #[test]
    fn every_editor_has_a_template_of_a_scheme_on_the_list() {
        for editor in EDITORS {
            let template = Template::parse(editor.template);
            assert!(template.is_ok(), "{}", editor.title);
        }
    }

    #[test]
    fn addresses_of_editors() {
        let vscode = editor("vscode");
        let of = |template: &Template, file: &str| address(template, &none(), file, 12);
        assert_eq!(of(&vscode, "/app/shop/views.py").as_deref(), Some("vscode://file/app/shop/views.py:12"));
        assert_eq!(of(&vscode, r"C:\shop\views.py").as_deref(), Some("vscode://file/C:/shop/views.py:12"));
        assert_eq!(
            of(&editor("pycharm"), r"C:\shop\views.py").as_deref(),
            Some("pycharm://open?file=C:/shop/views.py&line=12")
        );
        assert_eq!(
            of(&editor("sublime"), "/app/a.py").as_deref(),
            Some("subl://open?url=file:///app/a.py&line=12")
        );
        assert_eq!(address(&vscode, &none(), "/app/a.py", 0).as_deref(), Some("vscode://file/app/a.py:1"));
    }

    #[test]
    fn what_a_path_holds_stays_in_the_path() {
        let pycharm = editor("pycharm");
        assert_eq!(
            address(&pycharm, &none(), "/app/a b&line=1#ü{line}?%.py", 3).as_deref(),
            Some("pycharm://open?file=/app/a%20b%26line%3D1%23%C3%BC%7Bline%7D%3F%25.py&line=3")
        );
    }

    #[test]
    fn what_is_no_file_has_no_address() {
        for file in [
            "~",
            "",
            "<string>",
            "<frozen importlib._bootstrap>",
            "cell 3",
            "/a\nb.py",
            "views.py",
            "./views.py",
        ] {
            assert_eq!(address(&editor("vscode"), &none(), file, 1), None, "{file}");
        }
    }

    #[test]
    fn mappings_fit_whole_directories_and_the_longest_one_counts() {
        let mappings = Mappings::parse(
            "/app/ → /home/me/shop/\n/app/vendor -> /home/me/vendor\n → /home/me/here\nC:\\work => D:\\work",
        )
        .expect("mappings");
        let of = |file: &str| address(&editor("vscode"), &mappings, file, 1);
        for (file, expected) in [
            ("/app/shop/views.py", "/home/me/shop/shop/views.py"),
            ("/app/vendor/x.py", "/home/me/vendor/x.py"),
            ("/application/x.py", "/application/x.py"),
            ("views.py", "/home/me/here/views.py"),
            ("./shop/views.py", "/home/me/here/shop/views.py"),
            (r"C:\work\a.py", "/D:/work/a.py"),
        ] {
            assert_eq!(of(file).as_deref(), Some(format!("vscode://file{expected}:1").as_str()), "{file}");
        }
        assert_eq!(Mappings::parse(&mappings.text()), Ok(mappings.clone()));
        assert_eq!(
            mappings.text(),
            "/app/ → /home/me/shop/\n/app/vendor/ → /home/me/vendor/\n→ /home/me/here/\nC:/work/ → D:/work/"
        );
        assert_eq!(Mappings::parse("→ /here").expect("one").text(), "→ /here/");
        let root = Mappings::parse("/ → /mnt/c/").expect("one");
        assert_eq!(root.text(), "/ → /mnt/c/");
        assert_eq!(root.apply("/a.py").as_deref(), Some("/mnt/c/a.py"));
        assert_eq!(root.apply("a.py"), None);
        assert_eq!(Mappings::parse("/app /home"), Err("/app /home".to_owned()));
        assert_eq!(Mappings::parse("/app →"), Err("/app →".to_owned()));
    }

    #[test]
    fn templates_are_of_editors_only() {
        for (text, problem) in [
            ("javascript:alert({path})", BadTemplate::Scheme),
            ("javascript://%0aalert(1)//{path}", BadTemplate::Scheme),
            ("https://example.org{path}", BadTemplate::Scheme),
            ("file://{path}", BadTemplate::Scheme),
            ("data://{path}", BadTemplate::Scheme),
            ("VSCODE://file{path}", BadTemplate::Scheme),
            ("vscode:{path}", BadTemplate::Scheme),
            ("vscode://file:{line}", BadTemplate::NoPath),
            ("vscode://file{path} x", BadTemplate::Characters),
            ("vscode://file{path}{column}", BadTemplate::Characters),
            ("vscode://file{path}\"", BadTemplate::Characters),
        ] {
            assert_eq!(Template::parse(text), Err(problem), "{text}");
        }
        let own = Template::parse(" vscode://vscode-remote/wsl+Ubuntu{path}:{line} ").expect("a template");
        assert_eq!(
            address(&own, &none(), "/srv/a.py", 7).as_deref(),
            Some("vscode://vscode-remote/wsl+Ubuntu/srv/a.py:7")
        );
    }

    proptest! {
        #[test]
        fn an_address_is_one_whatever_the_path(file in any::<String>(), line in any::<u32>()) {
            for editor in EDITORS {
                let template = Template::parse(editor.template).expect("a template");
                if let Some(address) = address(&template, &none(), &file, line) {
                    let scheme = editor.template.split(':').next().expect("a scheme");
                    prop_assert!(address.starts_with(scheme) && address[scheme.len()..].starts_with("://"));
                    prop_assert!(address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'<'));
                    prop_assert_eq!(address.matches('&').count(), template.as_str().matches('&').count());
                    prop_assert!(!address.contains('#'));
                }
            }
        }
    }
}
