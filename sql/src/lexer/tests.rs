use super::*;
use proptest::prelude::*;

/// Tokens as text, blanks left out: `kind‹bytes›`.
fn spell(text: &str, dialect: Dialect) -> String {
    let lexer = Lexer::new(text.as_bytes(), dialect);
    let spelt: Vec<String> = lexer
        .filter(|token| token.kind != TokenKind::Whitespace)
        .map(|token| {
            let kind = match token.kind {
                TokenKind::Comment => "comment",
                TokenKind::QuotedIdentifier => "quoted",
                TokenKind::String => "string",
                TokenKind::Number => "number",
                TokenKind::Placeholder => "placeholder",
                TokenKind::Variable => "variable",
                TokenKind::Operator => "operator",
                TokenKind::Unknown => "unknown",
                TokenKind::Word | TokenKind::Punctuation | TokenKind::Whitespace => "",
            };
            format!("{kind}‹{}›", &text[token.range()])
        })
        .collect();
    spelt.join(" ")
}

#[test]
fn postgresql() {
    let spell = |text| spell(text, Dialect::PostgreSql);
    insta::assert_snapshot!(spell("SELECT \"a\"\"b\", 'it''s' || E'\\'x' FROM t1"), @r#"‹SELECT› quoted‹"a""b"› ‹,› string‹'it''s'› operator‹||› string‹E'\'x'› ‹FROM› ‹t1›"#);
    insta::assert_snapshot!(spell("a=-1 AND b<>$1::int"), @"‹a› operator‹=› operator‹-› number‹1› ‹AND› ‹b› operator‹<>› placeholder‹$1› operator‹::› ‹int›");
    insta::assert_snapshot!(spell("$tag$ it's $$ $tag$ $$x$$ 'a\\'"), @r"string‹$tag$ it's $$ $tag$› string‹$$x$$› string‹'a\'›");
    insta::assert_snapshot!(spell("1 1.5 .5 1e5 1e-5 0xFF 1_000 1..2"), @"number‹1› number‹1.5› number‹.5› number‹1e5› number‹1e-5› number‹0xFF› number‹1_000› number‹1› ‹.› number‹.2›");
    insta::assert_snapshot!(spell("a /* b /* c */ d */ e -- f\ng"), @"‹a› comment‹/* b /* c */ d */› ‹e› comment‹-- f› ‹g›");
    insta::assert_snapshot!(spell("x=%s AND y=%(name)s AND z % 3 = ? AND j ?| a ||? "), @"‹x› operator‹=› placeholder‹%s› ‹AND› ‹y› operator‹=› placeholder‹%(name)s› ‹AND› ‹z› operator‹%› number‹3› operator‹=› placeholder‹?› ‹AND› ‹j› operator‹?|› ‹a› operator‹||› placeholder‹?›");
    insta::assert_snapshot!(spell("a->>'b' #> c @> d ~* e :: f := :g"), @"‹a› operator‹->>› string‹'b'› operator‹#>› ‹c› operator‹@>› ‹d› operator‹~*› ‹e› operator‹::› ‹f› operator‹:=› placeholder‹:g›");
    insta::assert_snapshot!(spell("café.naïve x'ff' B'01' U&'a' U&\"b\" N'n'"), @r#"‹café› ‹.› ‹naïve› string‹x'ff'› string‹B'01'› string‹U&'a'› quoted‹U&"b"› string‹N'n'›"#);
}

#[test]
fn mysql() {
    let spell = |text| spell(text, Dialect::MySql);
    insta::assert_snapshot!(spell("`a``b` = 'it\\'s' OR \"x\\\"y\" # end"), @r#"quoted‹`a``b`› operator‹=› string‹'it\'s'› ‹OR› string‹"x\"y"› comment‹# end›"#);
    insta::assert_snapshot!(spell("5--3 -- c\n@x @@global.y 2fa _utf8mb4'x'"), @"number‹5› operator‹-› operator‹-› number‹3› comment‹-- c› variable‹@x› ‹@@global› ‹.› ‹y› ‹2fa› ‹_utf8mb4› string‹'x'›");
}

#[test]
fn what_mysql_runs_in_comments() {
    let spell = |text| spell(text, Dialect::MySql);
    insta::assert_snapshot!(spell("/*!40000 ALTER TABLE `a` ENABLE KEYS */; SELECT /*+ MAX_EXECUTION_TIME(1) */ 2*/* two */3"), @"comment‹/*!40000› ‹ALTER› ‹TABLE› quoted‹`a`› ‹ENABLE› ‹KEYS› comment‹*/› ‹;› ‹SELECT› comment‹/*+ MAX_EXECUTION_TIME(1) */› number‹2› operator‹*› comment‹/* two */› number‹3›");
    insta::assert_snapshot!(spell("/*! SELECT 1*/ /*M!100100 @a:=@`b c`*/ 'shop'@'%'"), @"comment‹/*!› ‹SELECT› number‹1› comment‹*/› comment‹/*M!100100› variable‹@a› operator‹:=› variable‹@`b c`› comment‹*/› string‹'shop'› operator‹@› string‹'%'›");
}

#[test]
fn sqlite() {
    insta::assert_snapshot!(spell("[a b] = ?1 OR :n OR @p OR $q OR `c`", Dialect::Sqlite), @"quoted‹[a b]› operator‹=› placeholder‹?1› ‹OR› placeholder‹:n› ‹OR› placeholder‹@p› ‹OR› placeholder‹$q› ‹OR› quoted‹`c`›");
}

#[test]
fn texts_cut_short() {
    for text in ["'abc", "\"abc", "E'a\\", "/* a", "$$a", "$a$ b", "`a", "%(", "0x", "1e", "a.", "@", "'a''"]
    {
        for dialect in [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite] {
            let end = Lexer::new(text.as_bytes(), dialect).last().map(|token| token.end);
            assert_eq!(end, Some(text.len()), "{text} {dialect:?}");
        }
    }
}

fn covers(text: &[u8]) {
    for dialect in [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite] {
        let mut at = 0;
        for token in Lexer::new(text, dialect) {
            assert_eq!(token.start, at);
            assert!(token.end > token.start && token.end <= text.len());
            at = token.end;
        }
        assert_eq!(at, text.len());
    }
}

proptest! {
    #[test]
    fn tokens_cover_any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        covers(&text);
    }

    #[test]
    fn tokens_cover_what_looks_like_sql(
        text in r#"([a-zE0-9 .,;()'"`$%?:@#*/\\\[\]<>=|&~!+\-]|é|\n){0,80}"#
    ) {
        covers(text.as_bytes());
        for dialect in [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite] {
            for token in Lexer::new(text.as_bytes(), dialect) {
                prop_assert!(text.is_char_boundary(token.start) && text.is_char_boundary(token.end));
            }
        }
    }
}
