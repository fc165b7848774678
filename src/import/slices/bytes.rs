//! Slices as bytes: the page's workers have no memory in common.
//!
//! Postcard, as the protocol has it, and a checksum behind it. Only the program that wrote them reads them, in another
//! worker, and everything in them is an index that is looked up or a number that is counted; still, what is not as it was
//! written is refused whole, as half a slice would be a document that nobody recorded.

use super::Slice;
use crate::queries::fingerprint::{SEED, mix_text};

/// How long the checksum is, bytes.
const SUM: usize = 8;

impl Slice {
    /// Writes it down, for another worker of the same program; nothing if that fails, which it does not for these types.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = postcard::to_stdvec(self).ok()?;
        bytes.extend_from_slice(&sum(&bytes));
        Some(bytes)
    }

    /// Reads what [`Self::to_bytes`] wrote; nothing of anything else. What it takes in memory is bounded by a small multiple
    /// of the bytes, whatever lengths are in them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (slice, written) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
        if written != sum(slice) {
            return None;
        }
        match postcard::take_from_bytes(slice) {
            Ok((slice, [])) => Some(slice),
            _ => None,
        }
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    mix_text(SEED, bytes).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Options;
    use crate::import::slices::Plan;
    use crate::input::MemorySource;
    use proptest::prelude::*;

    const LOG: &str = concat!(
        "# Time: 2026-08-17T06:00:00.067973Z\n# User@Host: root[root] @ localhost []  Id:     7\n",
        "# Query_time: 0.000490  Lock_time: 0.000002 Rows_sent: 1  Rows_examined: 1\n",
        "SET timestamp=1786946400;\nSELECT 1 FROM a WHERE b = 'c' /*route='d'*/;\n"
    );

    fn written() -> Vec<u8> {
        let source = MemorySource::new("slow.log", LOG.repeat(3));
        let (plan, _) = Plan::of_any_size(&source, &Options::default()).unwrap();
        plan.read(&source, 0..u64::MAX).unwrap().to_bytes().unwrap()
    }

    proptest! {
        /// Not the checksum alone keeps it from a panic, or from asking for memory by a length that is none.
        #[test]
        fn whatever_stands_before_the_checksum_is_no_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
            end in any::<prop::sample::Index>(),
        ) {
            let mut bytes = written();
            bytes.truncate(bytes.len() - SUM);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(end.index(bytes.len() + 1));
            bytes.extend_from_slice(&sum(&bytes));
            let _ = Slice::from_bytes(&bytes);
        }
    }

    #[test]
    fn too_little_is_nothing() {
        let bytes = written();
        for length in [0, 1, SUM - 1, SUM, bytes.len() - 1] {
            assert!(Slice::from_bytes(&bytes[..length]).is_none(), "{length}");
        }
        assert!(Slice::from_bytes(&bytes).is_some());
    }
}
