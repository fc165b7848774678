//! The hash of normalised tokens, and words as numbers.

/// 2⁶⁴ by the golden ratio, odd: products with it are spread evenly (Knuth, The Art of Computer Programming 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folds `value` into a hash: a 64×64→128 bit product, as wyhash and its kin do. A hash is compared with those of the same
/// reading only: see [`lasting`].
#[cfg(not(target_family = "wasm"))]
#[inline]
pub fn mix(state: u64, value: u64) -> u64 {
    let product = u128::from(state ^ value) * u128::from(FACTOR);
    (product as u64) ^ ((product >> 64) as u64).rotate_left(23)
}

/// Folds `value` into a hash: products, whose high bits, which depend on all others, are folded into the low ones, as in
/// MurmurHash3's finaliser. Twice, as the first leaves what differs in the last byte only in two bytes. Each state and
/// each value gives another hash, so nothing is lost on the way; and all of it is single instructions of WebAssembly,
/// which has no 64×64→128 bit product (that is a call, for each of the up to eight bytes that are mixed at a time).
#[cfg(target_family = "wasm")]
#[inline]
pub fn mix(state: u64, value: u64) -> u64 {
    const SECOND: u64 = 0xff51_afd7_ed55_8ccd;
    let first = (state ^ value).wrapping_mul(FACTOR);
    let second = (first ^ (first >> 32)).wrapping_mul(SECOND);
    second ^ (second >> 29)
}

/// The hash of a text that is written down and compared with those of other versions: it stays what it is.
pub fn lasting(text: &[u8]) -> u64 {
    let mix = |state: u64, value: u64| {
        let product = u128::from(state ^ value) * u128::from(FACTOR);
        (product as u64) ^ ((product >> 64) as u64).rotate_left(23)
    };
    let state = text.chunks(8).fold(SEED, |state, chunk| mix(state, pack(chunk)));
    mix(state, text.len() as u64)
}

/// Folds `bytes` into a hash. With `FOLD`, ASCII letters count the same in either case (the caller
/// knows that `bytes` are a word's, for which setting one bit does that).
#[inline]
pub fn mix_bytes<const FOLD: bool>(mut state: u64, bytes: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let fold = |value: u64| if FOLD { value | CASE } else { value };
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut eight = [0_u8; 8];
        eight.copy_from_slice(chunk);
        state = mix(state, fold(u64::from_le_bytes(eight)));
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        state = mix(state, fold(pack(rest)));
    }
    mix(state, bytes.len() as u64)
}

/// Folds any bytes into a hash.
pub fn mix_text(state: u64, bytes: &[u8]) -> u64 {
    mix_bytes::<false>(state, bytes)
}

/// Up to eight bytes as one number.
#[inline]
const fn pack(bytes: &[u8]) -> u64 {
    let mut value = 0_u64;
    let mut index = 0;
    while index < bytes.len() && index < 8 {
        value |= (bytes[index] as u64) << (8 * index);
        index += 1;
    }
    value
}

/// A word of up to eight letters as one number, case folded; 0 for any other.
#[inline]
pub const fn key(word: &[u8]) -> u64 {
    if word.is_empty() || word.len() > 8 {
        0
    } else {
        pack(word) | (0x2020_2020_2020_2020 >> (64 - 8 * word.len()))
    }
}

/// The seed of every hash.
pub const SEED: u64 = 0x243f_6a88_85a3_08d3;

/// Words the normaliser knows, as [`key`] packs them.
macro_rules! words {
    ($($name:ident = $word:literal),* $(,)?) => { $(pub const $name: u64 = key($word);)* };
}

words! {
    ABSOLUTE = b"absolute", ALL = b"all", AND = b"and", ARRAY = b"array", ASC = b"asc", BACKWARD = b"backward",
    BETWEEN = b"between", BIT = b"bit", BY = b"by", CASE = b"case", CHAIN = b"chain", CHAR = b"char",
    CLOSE = b"close", DATE = b"date", DAY = b"day", DECLARE = b"declare", DISTINCT = b"distinct", DOUBLE = b"double",
    ELSE = b"else", FALSE = b"false", FETCH = b"fetch", FIRST = b"first", FORWARD = b"forward",
    FROM = b"from", HAVING = b"having", HOUR = b"hour", IN = b"in", INTERVAL = b"interval", LAST = b"last",
    LIKE = b"like", LIMIT = b"limit", MINUTE = b"minute", MONTH = b"month", MOVE = b"move", NEXT = b"next",
    NO = b"no", NOT = b"not", NULL = b"null", OFFSET = b"offset", ON = b"on", OR = b"or", ORDER = b"order",
    PREPARE = b"prepare", PREPARED = b"prepared", PRIOR = b"prior", RELATIVE = b"relative",
    RELEASE = b"release", RETURN = b"return", ROLLBACK = b"rollback", ROW = b"row", SECOND = b"second",
    SELECT = b"select", TABLE = b"table", THEN = b"then", TIME = b"time", TO = b"to", TRUE = b"true", UNION = b"union",
    VALUE = b"value", VALUES = b"values", VARIADIC = b"variadic", VARYING = b"varying", WHEN = b"when", WHERE = b"where", WITH = b"with",
    WITHOUT = b"without", WORK = b"work", YEAR = b"year", ZONE = b"zone",
}
