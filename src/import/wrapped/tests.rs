use proptest::prelude::*;

use super::*;

#[test]
fn plain_logs_have_no_layers() {
    for line in [
        "2026-11-23 06:34:54.069 CET [77] LOG:  statement: SELECT '{\"message\":\"x LOG:  y\"}'",
        "{\"timestamp\":\"2026-11-23 06:34:54.069 CET\",\"error_severity\":\"LOG\",\"message\":\"a LOG:  b\"}",
        "2026-11-23 06:34:54.069 CET,\"a\",\"b\",77",
        "Nov 23 06:34:54 db1 sshd[77]: Accepted publickey",
        "2026-11-23T06:34:54Z some other log",
        "",
    ] {
        assert!(around(line.as_bytes()).is_plain(), "{line}");
        assert!(matches!(first(line.as_bytes()), Cow::Borrowed(_)));
    }
}

const PIECES: &str = "(2026-11-23T06:34:54Z |stdout F |stderr P |\\{\"log\":\"|\\\\n\"\\}|Nov 23 06:34:54 db1 postgres\\[7\\]: |\\[1-1\\] |\\[1-2\\] \
    |<134>1 |app\\[postgres.7\\]: \\[DATABASE\\] |\\{\"textPayload\":\"|\"logging_pod\":\"a\",\"record\":\\{|LOG:  |DETAIL:  |x{1,9}|#011|\n|é| ){0,40}";

proptest! {
    #[test]
    fn anything_is_unwrapped_without_loss_of_place(text in PIECES) {
        let bytes = text.as_bytes();
        let around = around(bytes);
        let _ = first(bytes);
        let _ = head(bytes);
        let mut unwrapping = Unwrapping::new(around, Demux::new(syslog::Lent { time: true, process: true }, None));
        let all = unwrapping.all(bytes);
        let place = unwrapping.place(0, all.len() as u64);
        prop_assert!(place.raw.0 <= place.raw.1 && place.raw.1 <= bytes.len() as u64);
    }
}
