//! What is wrapped, joined or in an archive is read as if it were plain, from its start and from anywhere.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Reads all of `source` once, as an import does: its bytes, and what was learned.
fn read(source: &dyn Source, step: u64) -> io::Result<(Vec<u8>, Places)> {
    let parts = bundle::parts(source)?.unwrap_or_else(|| bundle::whole(source));
    let places = Rc::new(RefCell::new(Places::with_step(parts, step)));
    let mut bytes = Vec::new();
    let mut parts = Parts::new(source, Rc::clone(&places), &|_| ())?;
    // A checkpoint is between two reads.
    let mut buffer = [0; 2048];
    loop {
        match parts.read(&mut buffer)? {
            0 => break,
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    let places = places.borrow().clone();
    Ok((bytes, places))
}

fn unwrapped(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    read(&MemorySource::new("x", bytes), 1).map(|(bytes, _)| bytes)
}

/// Text that compresses as a log does.
fn log(lines: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut text = Vec::new();
    for line in 0..lines {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        writeln!(text, "2026-11-23 05:34:15.{line:06} LOG: statement: SELECT {}", state >> 32).unwrap();
    }
    text
}

#[test]
fn members_frames_and_what_stands_between_them() {
    let padded = [&gzip(b"a\n")[..], &gzip(b""), &gzip(b"b"), &[0; 100]].concat();
    assert_eq!(unwrapped(padded).unwrap(), b"a\nb");
    // A frame to be passed over.
    let skippable = [&0x184d_2a50_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), b"hello"].concat();
    let frames = [&zstd(b"a\n")[..], &skippable, &zstd(b"b")].concat();
    assert_eq!(unwrapped(frames).unwrap(), b"a\nb");
    assert_eq!(unwrapped(Vec::new()).unwrap(), b"");
}

#[test]
fn a_gzip_header_with_everything() {
    let mut bytes = vec![0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3];
    bytes.extend_from_slice(b"\x03\x00abcname\0comment\0\x12\x34");
    bytes.extend_from_slice(&gzip(b"content")[10..]);
    assert_eq!(unwrapped(bytes).unwrap(), b"content");
}

/// What the source has, and whether it is cut short.
fn read_cut(bytes: &[u8]) -> io::Result<(Vec<u8>, bool)> {
    let source = MemorySource::new("x", bytes);
    let mut input = Input::open(&source, &|_| ())?;
    let mut all = Vec::new();
    input.read_to_end(&mut all)?;
    Ok((all, input.is_cut_short()))
}

#[test]
fn what_is_cut_short_is_read_as_far_as_it_goes() {
    let text = log(20_000, 7);
    for whole in [gzip(&text), zstd(&text), [zstd(&text[..100]), zstd(&text[100..])].concat()] {
        assert_eq!(read_cut(&whole).unwrap(), (text.clone(), false));
        for cut in [2, 3, 5, 10] {
            let (read, is_cut) = read_cut(&whole[..whole.len() * (cut - 1) / cut]).unwrap();
            assert!(
                is_cut && text.starts_with(&read) && read.len() > text.len() / 4,
                "{} of {}",
                read.len(),
                text.len()
            );
        }
        // Before anything was unpacked there is nothing to read.
        assert_eq!(read_cut(&whole[..5]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}

#[test]
fn what_is_damaged_gives_what_comes_before() {
    // Several blocks.
    let text = log(9000, 7);
    for whole in [gzip(&text), zstd(&text)] {
        for cut in [5, 9] {
            let error = unwrapped(whole[..cut].to_vec()).unwrap_err().kind();
            assert!(
                matches!(error, io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData),
                "cut at {cut}: {error}"
            );
        }
        let damage_of = |bytes: Vec<u8>| {
            let (found, places) = read(&MemorySource::new("x", bytes), 1).unwrap();
            assert!(text.starts_with(&found));
            (found.len(), places.damage().to_vec())
        };
        for cut in [whole.len() * 3 / 4, whole.len() - 1] {
            let (found, damage) = damage_of(whole[..cut].to_vec());
            assert!(found > text.len() / 3, "{found}");
            assert!(
                matches!(&damage[..], [one] if one.is_cut && one.unwrapped == found as u64),
                "{damage:?}"
            );
        }
        // The checksum.
        let mut other = whole.clone();
        let at = whole.len() - if whole.starts_with(&gzip::MAGIC) { 6 } else { 1 };
        other[at] ^= 1;
        let (found, damage) = damage_of(other);
        assert_eq!((found, damage.len(), damage[0].is_cut), (text.len(), 1, false));
        assert_eq!(damage_of(whole.clone()), (text.len(), Vec::new()));
    }
}

#[test]
fn utf_16_is_given_as_utf_8() {
    let text = "SELECT 'é👍';\r\n".repeat(5000);
    for big_endian in [false, true] {
        let bytes = |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let stored: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect();
        let source = MemorySource::new("x.log", stored.clone());
        let (read, places) = read(&source, 1000).unwrap();
        assert!(read == text.as_bytes());
        for offset in [0, 17, 40_000, text.len() as u64 - 30] {
            let found = places.read(&source, offset, 20).unwrap();
            assert_eq!(found, &text.as_bytes()[offset as usize..offset as usize + 20]);
        }
        // Half a character is one that is not known.
        let cut = String::from_utf8(unwrapped(stored[..stored.len() - 9].to_vec()).unwrap()).unwrap();
        assert!(
            cut.ends_with("'é\u{fffd}") || cut.ends_with("'é👍\u{fffd}") || cut.ends_with('\u{fffd}'),
            "{}",
            &cut[cut.len() - 20..]
        );
    }
    assert_eq!(unwrapped(b"\xff\xfe\x00\xd8a\x00".to_vec()).unwrap(), "\u{fffd}a".as_bytes());
}

#[test]
fn what_unpacks_to_far_more_than_a_log_would_is_refused() {
    let bomb = gzip(&vec![0; 300 * 1024 * 1024]);
    let error =
        io::copy(&mut Input::open(&MemorySource::new("bomb.gz", bomb), &|_| ()).unwrap(), &mut io::sink())
            .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
}

#[test]
fn a_large_file_has_few_checkpoints() {
    let text = log(60_000, 3);
    let source = MemorySource::new("x.gz", gzip(&text));
    let (bytes, places) = read(&source, 4096).unwrap();
    assert!(bytes == text);
    assert!((40..=129).contains(&places.checkpoints()), "{}", places.checkpoints());
    for offset in [0, 1, 70_000, 1_000_000, text.len() as u64 - 10] {
        let at = offset as usize;
        let expected = &text[at..(at + 100).min(text.len())];
        assert_eq!(places.read(&source, offset, 100).unwrap(), expected);
    }
}

#[test]
fn a_bundle_s_lines_do_not_run_together() {
    let files: Vec<Rc<dyn Source>> = vec![
        Rc::new(MemorySource::new("a.log.2", "one")),
        Rc::new(MemorySource::new("a.log.1.gz", gzip(b"two\n"))),
        Rc::new(MemorySource::new("empty.log", "")),
        Rc::new(MemorySource::new("a.log.zst", zstd(b"three"))),
    ];
    let bundle = Composite::bundle("a.log", files);
    assert_eq!(read(&bundle, 1).unwrap().0, b"one\ntwo\nthree");
    let input = Input::open(&bundle, &|_| ()).unwrap();
    assert_eq!((input.name(), input.wrapping()), ("a.log", Wrapping::Joined));
    assert_eq!(input.places().parts().len(), 4);
}

#[test]
fn what_only_ends_like_a_bundle_is_none() {
    let trailer = bundle::trailer(&[("a".into(), 3)]);
    let parts = |bytes: Vec<u8>| bundle::parts(&MemorySource::new("x", bytes)).unwrap();
    assert_eq!(parts([b"abc", &trailer[..]].concat()).unwrap().len(), 1);
    assert_eq!(parts([b"abcd", &trailer[..]].concat()), None);
    assert_eq!(parts(trailer), None);
    assert_eq!(parts(bundle::trailer(&[("a".into(), u64::MAX), ("b".into(), 1)])), None);
    assert_eq!(parts(bundle::trailer(&[])), None);
}

proptest! {
    /// From anywhere, over the borders of parts, members and frames.
    #[test]
    fn texts_are_found_again(
        parts in proptest::collection::vec((0..400_usize, 0..4_u8, any::<bool>()), 1..5),
        step in 1..60_000_u64,
        reads in proptest::collection::vec((0.0..1.0_f64, 0..300_u32), 1..8),
    ) {
        let mut expected = Vec::new();
        let mut files: Vec<Rc<dyn Source>> = Vec::new();
        for (number, &(lines, kind, ended)) in parts.iter().enumerate() {
            let mut text = log(lines, number as u64 * 77);
            if !ended {
                text.pop();
            }
            if number > 0 && !expected.is_empty() && !expected.ends_with(b"\n") {
                expected.push(b'\n');
            }
            expected.extend_from_slice(&text);
            let half = text.len() / 2;
            let wrapped = match kind {
                0 => text.clone(),
                1 => gzip(&text),
                2 => [gzip(&text[..half]), gzip(&text[half..])].concat(),
                _ => [zstd(&text[..half]), zstd(&text[half..])].concat(),
            };
            files.push(Rc::new(MemorySource::new(format!("{number}"), wrapped)));
        }
        let bundle = Composite::bundle("x", files);
        let (bytes, places) = read(&bundle, step).unwrap();
        prop_assert!(bytes == expected);
        for (share, length) in reads {
            let at = (share * expected.len() as f64) as usize;
            let found = places.read(&bundle, at as u64, length).unwrap();
            prop_assert!(found == expected[at..(at + length as usize).min(expected.len())]);
        }
    }

    /// No bytes make a reader panic or run on.
    #[test]
    fn damaged_archives_are_survived(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), kind in 0..3_u8) {
        let text = log(300, 5);
        let mut bytes = match kind {
            0 => gzip(&text),
            1 => zstd(&text),
            _ => zip::tests::archive(&[("a.log", &text, true), ("b", b"x", false)]),
        };
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let source = MemorySource::new("x", bytes.clone());
        let _ = zip::archive(&source);
        let _ = unwrapped(bytes);
    }
}
