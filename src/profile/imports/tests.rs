use super::*;
use crate::profile::call_tree::{Certainty, NewBox};
use crate::profile::{Edge, Edges, Unit};

/// Functions by file and name, with calls and primitive calls, and who calls whom.
fn profile(rows: &[(&str, &str, i64, i64)], calls: &[(FunctionId, FunctionId)]) -> Profile {
    let mut functions = Functions::default();
    for &(file, name, calls, primitive_calls) in rows {
        functions.file.push(functions.files.intern(file));
        functions.name.push(functions.names.intern(name));
        functions.line.push(0);
        functions.calls.push(calls);
        functions.primitive_calls.push(primitive_calls);
        functions.self_time.push(1.0);
        functions.total_time.push(1.0);
    }
    let edge = |&(caller, callee): &(FunctionId, FunctionId)| Edge {
        caller,
        callee,
        calls: 1,
        primitive_calls: 1,
        self_time: 1.0,
        total_time: 1.0,
    };
    let edges = Edges::new(functions.len(), calls.iter().map(edge).collect());
    Profile { unit: Unit::Seconds, functions, edges, by_line: false, ..Profile::default() }
}

const BOOTSTRAP: &str = "<frozen importlib._bootstrap>";

#[test]
fn modules_stand_below_what_imported_them() {
    let profile = profile(
        &[
            ("~", "<built-in method builtins.exec>", 4, 1),
            ("/srv/app.py", MODULE, 1, 1),
            (BOOTSTRAP, "_find_and_load", 3, 1),
            (BOOTSTRAP, "_call_with_frames_removed", 3, 1),
            ("/srv/b.py", MODULE, 1, 1),
            ("/srv/c.py", MODULE, 1, 1),
            ("~", "<built-in method posix.stat>", 3, 3),
            ("~", "<built-in method builtins.len>", 3, 3),
            ("/srv/app.py", "view", 1, 1),
            ("<string>", MODULE, 1, 1),
        ],
        &[
            (0, 1),
            (1, 2),
            (2, 3),
            (3, 0),
            (0, 4),
            (4, 2),
            (0, 5),
            (2, 6),
            (2, 7),
            (4, 7),
            (1, 8),
            (8, 0),
            (0, 9),
        ],
    );
    let [exec, app, load, call, b, c, stat, len, view, string] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let mut boxes: Vec<NewBox> = Vec::new();
    // Each weighs half of the one before, so that siblings keep their order.
    let mut own = 1024.0;
    let mut add = |function: FunctionId, parent: u32, recursive: bool| {
        own /= 2.0;
        boxes.push(NewBox {
            function,
            parent,
            recursive,
            self_time: own,
            calls: 1.0,
            certainty: Certainty::Estimated,
            low: 0.0,
            high: 2048.0,
        });
        boxes.len() as u32 - 1
    };
    let root = add(exec, NO_PARENT, false);
    let at_app = add(app, root, false);
    let at_load = add(load, at_app, false);
    add(stat, at_load, false);
    add(len, at_load, false);
    let at_call = add(call, at_load, false);
    add(exec, at_call, true);
    let at_b = add(b, at_call, false);
    // From here on import frames are on the stack, and left out.
    add(load, at_b, true);
    add(stat, at_b, false);
    add(len, at_b, false);
    let at_c = add(c, at_b, false);
    add(len, at_c, false);
    let at_view = add(view, at_app, false);
    add(exec, at_view, true);
    add(string, at_view, false);
    let tree = CallTree::new(true, &boxes);
    let hidden = Imports::of(&profile).hidden(&tree).expect("imports");
    let shown = tree.without(&hidden);
    let names: Vec<String> = (0..shown.len())
        .map(|at| {
            let (file, name) =
                (profile.functions.file(shown.function[at]), profile.functions.name(shown.function[at]));
            let label = module_label(file, name).unwrap_or(name.into());
            format!("{}{label}", "  ".repeat(shown.depth[at] as usize))
        })
        .collect();
    assert_eq!(
        names,
        [
            "<built-in method builtins.exec>",
            "srv/app.py",
            "  srv/b.py",
            "    <built-in method builtins.len>",
            "    srv/c.py",
            "  view",
            "    <module>",
        ]
    );
    assert!(!Machinery::of(&profile.functions).has_many_modules());
}

#[test]
fn code_that_a_program_runs_is_no_import() {
    let rows = [
        ("/srv/app.py", "view", 1, 1),
        ("~", "<built-in method builtins.exec>", 1, 1),
        ("<string>", MODULE, 1, 1),
        (BOOTSTRAP, "_find_and_load", 1, 1),
    ];
    let new = |function, parent| NewBox {
        function,
        parent,
        recursive: false,
        self_time: 1.0,
        calls: 1.0,
        certainty: Certainty::Estimated,
        low: 0.0,
        high: 9.0,
    };
    let hidden = |rows: &[(&str, &str, i64, i64)], boxes: &[NewBox]| {
        let profile = profile(rows, &[(0, 1), (1, 2), (0, 3)]);
        Imports::of(&profile).hidden(&CallTree::new(true, boxes)).map(|hidden| hidden.boxes)
    };
    let boxes = [new(0, NO_PARENT), new(1, 0), new(2, 1)];
    assert_eq!(hidden(&rows, &boxes), None, "nothing is imported in this tree");
    let more = [&boxes[..], &[new(3, 0)]].concat();
    assert_eq!(hidden(&rows, &more), Some(vec![false, false, false, true]));
    let mut file = rows;
    file[2].0 = "/srv/plugin.py";
    assert_eq!(hidden(&file, &more), Some(vec![false, true, false, true]));
}

#[test]
fn modules_are_called_by_their_files() {
    for (file, expected) in [
        ("/srv/venv/lib/python3.12/site-packages/django/db/models/query.py", "django/db/models/query.py"),
        ("C:\\Python312\\Lib\\json\\__init__.py", "json/__init__.py"),
        ("/usr/lib/python3.12/copy.py", "copy.py"),
        ("/srv/app/shop/views.py", "shop/views.py"),
        ("C:\\work\\shop\\views.py", "shop/views.py"),
        ("app.py", "app.py"),
        ("/srv/venv/bin/gunicorn", "gunicorn"),
        ("<frozen os>", "<frozen os>"),
    ] {
        assert_eq!(module_label(file, MODULE).as_deref(), Some(expected), "{file}");
    }
    assert_eq!(module_label("<string>", MODULE), None);
    assert_eq!(module_label("/srv/app/shop/views.py", "orders"), None);
}

#[test]
fn labels_keep_their_end() {
    let shorter: Vec<&str> =
        std::iter::successors(Some("django/db/query.py"), |label| shorter_label(label)).collect();
    assert_eq!(shorter, ["django/db/query.py", "db/query.py", "query.py"]);
    assert_eq!(shorter_label("models/__init__.py"), None);
}

#[test]
fn what_an_import_passes_through() {
    for (file, name) in [
        ("<frozen importlib._bootstrap>", "_find_and_load"),
        ("<frozen importlib._bootstrap_external>", "<listcomp>"),
        ("<frozen zipimport>", "__init__"),
        ("/usr/lib/python3.12/importlib/__init__.py", "import_module"),
        ("/usr/lib/python3.4/importlib/_bootstrap.py", "_gcd_import"),
        ("~", "<built-in method builtins.__import__>"),
        ("~", "<__import__>"),
        ("~", "<built-in method _imp.create_dynamic>"),
        ("~", "<built-in method marshal.loads>"),
    ] {
        assert!(is_machinery(file, name) && is_of_system(file, name), "{file} {name}");
    }
    for (file, name) in [
        ("/usr/lib/python3.12/importlib/__init__.py", MODULE),
        ("/usr/lib/python3.12/importlib/metadata/__init__.py", "entry_points"),
        ("<frozen importlib.util>", "find_spec"),
        ("/usr/lib/python3.12/pkgutil.py", "walk_packages"),
        ("/srv/app/importlib/__init__.py", "import_module"),
        ("~", "<built-in method builtins.exec>"),
        ("~", "<built-in method posix.stat>"),
        ("/usr/lib/python3.12/imp_tools.py", "load"),
    ] {
        assert!(!is_machinery(file, name), "{file} {name}");
    }
    for name in ["<built-in method builtins.exec>", "<built-in method exec>", "exec", "<execfile>"] {
        assert!(is_runner("~", name), "{name}");
    }
    assert!(!is_runner("/srv/app/exec.py", "exec") && !is_runner("~", "<built-in method builtins.eval>"));
}
