use super::*;
use proptest::prelude::*;

fn read(setting: &str, line: &str) -> String {
    let Some(found) = Prefix::new(setting).read(line.as_bytes(), &mut ClockCache::default()) else {
        return "does not fit".into();
    };
    let field = |field| String::from_utf8_lossy(found.field(field).of(line.as_bytes())).into_owned();
    format!(
        "{} {:?} {:?} | a={} u={} d={} h={} p={} c={} | {}",
        found.stamp,
        String::from_utf8_lossy(found.zone.of(line.as_bytes())),
        found.severity,
        field(Field::Application),
        field(Field::User),
        field(Field::Database),
        field(Field::Client),
        field(Field::Process),
        field(Field::Session),
        &line[found.message..],
    )
}

#[test]
fn prefixes() {
    let each = [
        ("%m [%p] ", "2026-11-23 06:34:54.069 CET [31499] LOG:  x"),
        (
            "%m [%p] %q%u@%d/%a %h %Q %e: ",
            "2026-11-23 06:34:54.069 CET [31499] postgres@shop/my app, v2 127.0.0.1 -1882 00000: DETAIL:  x",
        ),
        (
            "%m [%p] %q%u@%d/%a %h %Q %e: ",
            "2026-11-23 06:34:54.069 CET [31499] postgres@shop/gunicorn: shop [local] 0 00000: ERROR:  x",
        ),
        ("%m [%p] %q%u@%d/%a %h %Q %e: ", "2026-11-23 06:34:54.069 CET [30037] LOG:  x"),
        (
            "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
            "2026-11-23 06:34:54 +03 [31499]: user=,db=,app=a,b,client=::1 LOG:  x",
        ),
        ("%t:%r:%u@%d:[%p]:", "2026-11-23 06:34:54 UTC:10.0.0.1(5432):u@d:[77]:LOG:  x"),
        ("%t:%r:%u@%d:[%p]:", "2026-11-23 06:34:54 UTC::@:[77]:LOG:  x"),
        (
            "%n %c %l %s %v %x %b ",
            "1795412019.557 68a1c0de.7b0b 12 2026-11-23 06:00:00 CET 3/125 0 client backend LOG:  x",
        ),
        ("%5p %-10u|", "   77 bob       |LOG:  x"),
        ("100%% %a ", "100% x LOG:  y"),
        ("%m [%p] ", "2026-11-23 06:34:54.069 CET [31499] log:  x"),
        ("%m [%p] ", "\tLOG:  x"),
        ("", "LOG:  x"),
    ]
    .map(|(setting, line)| format!("{setting:?} {line}\n   {}", read(setting, line)));
    insta::assert_snapshot!(each.join("\n"));
}

proptest! {
    #[test]
    fn any_setting_on_any_line(setting in "(%[a-zA-Z%0-9]|[ :\\[\\],=@]|x){0,12}", line in "([0-9a-z :\\[\\],=@.-]|LOG:  ){0,60}") {
        let prefix = Prefix::new(&setting);
        if let Some(found) = prefix.read(line.as_bytes(), &mut ClockCache::default()) {
            prop_assert!(found.message <= line.len());
        }
    }
}
