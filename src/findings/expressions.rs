//! Expressions over a column that an index on the column does not serve, and what serves them in Django.

use super::index_columns::name;
use super::selected::Tokens;
use crate::queries::{ColumnUse, Fingerprint, Usage};

/// Whose indexes they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    MySql,
    Other,
}

impl Server {
    pub fn of(fingerprint: &Fingerprint) -> Self {
        if fingerprint.is_mysql { Self::MySql } else { Self::Other }
    }
}

/// Kinds of expressions that share a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// UPPER, LOWER.
    Case,
    /// ILIKE.
    Folded,
    /// LIKE with a wildcard before what is looked for.
    Wildcard,
    Trimmed,
    /// A day or a longer time that the column's value is in.
    Date,
    /// One key of a JSON document.
    Json,
    /// Words, in a column of vectors (`@@`) or in a vector that is made of texts.
    Words,
    /// What an array or a JSON document contains.
    Contained,
}

impl Family {
    /// Of a function or an operator.
    pub fn of(function: &str) -> Option<Self> {
        Some(match function {
            "UPPER" | "LOWER" => Self::Case,
            "ILIKE" => Self::Folded,
            "TRIM" | "LTRIM" | "RTRIM" | "BTRIM" => Self::Trimmed,
            "@@" | "TO_TSVECTOR" => Self::Words,
            "@>" | "<@" | "&&" | "?" | "?|" | "?&" | "@?" => Self::Contained,
            "->" | "->>" | "#>" | "#>>" | "JSON_EXTRACT" | "JSON_VALUE" | "JSON_UNQUOTE" => Self::Json,
            "::date"
            | "DATE"
            | "DATE_TRUNC"
            | "EXTRACT"
            | "DATE_PART"
            | "DATE_FORMAT"
            | "YEAR"
            | "MONTH"
            | "DAYOFMONTH"
            | "DAYOFWEEK"
            | "WEEKDAY"
            | "QUARTER"
            | "WEEK"
            | "STRFTIME"
            | "AT TIME ZONE"
            | "CONVERT_TZ"
            | "DJANGO_DATETIME_CAST_DATE"
            | "DJANGO_DATETIME_EXTRACT"
            | "DJANGO_DATETIME_TRUNC"
            | "DJANGO_DATE_EXTRACT"
            | "DJANGO_DATE_TRUNC" => Self::Date,
            _ => return None,
        })
    }

    /// What stands in the way; `column` is named in full.
    pub fn reason(self, column: &str, function: &str) -> String {
        match self {
            Self::Wildcard => format!("a LIKE on {column} begins with a wildcard"),
            Self::Folded => format!("{column} is compared by ILIKE, whatever its capitals"),
            Self::Words => format!("words are looked for in {column}"),
            Self::Contained => format!("what {column} contains is compared ({function})"),
            Self::Json => format!("a key of the JSON in {column} is compared"),
            _ => match function {
                "AT TIME ZONE" | "CONVERT_TZ" => format!("{column} is compared in another time zone"),
                _ => format!("{column} is compared inside {}", function.trim_start_matches(':')),
            },
        }
    }

    pub fn remedy(self, server: Server) -> &'static str {
        match self {
            Self::Wildcard => search_remedy(server),
            Self::Case => {
                "An index on the column does not know its capitals. Index the expression that is compared \
                 (a functional index), or compare the column itself and store it in one case."
            }
            Self::Folded => {
                "A B-tree on the column does not know its capitals. PostgreSQL's pg_trgm serves ILIKE by a GIN \
                 index; istartswith and iexact compare UPPER(column) and can have an index on that."
            }
            Self::Trimmed => {
                "An index on the column does not know the function's result. Store it without the blanks, or \
                 index the expression."
            }
            Self::Date => {
                "An index on the column does not know the function's result. Compare the column with a \
                 range (__gte and __lt) in place of __date, __month or a truncated date, or index the expression."
            }
            Self::Words => {
                "A B-tree finds no words; a GIN index of the vectors does. It must be of just the expression that \
                 the query has, with its config: SearchVector and SearchQuery both need one, and SearchVector has \
                 a COALESCE that SQL of your own may lack. Weights, or columns of several tables: keep the vector \
                 in a SearchVectorField and index that."
            }
            Self::Contained => {
                "A B-tree knows whole values only. A GIN index knows what arrays and JSON documents contain; of \
                 ranges a GistIndex does."
            }
            Self::Json => {
                "An index on the column does not know its keys. Index the expression that is compared (a functional \
                 index), or give what is searched for a column of its own."
            }
        }
    }

    fn code(self, one: &ColumnUse, text: &str, server: Server) -> String {
        let (column, index) = (&one.column, |suffix: &str| index_name(one, suffix));
        match self {
            Self::Case | Self::Trimmed => {
                let of = expression(one);
                let (of, index) = match server {
                    // Where texts are not compared byte by byte, LIKE needs more.
                    Server::Other if one.usage == Usage::LikePrefix => {
                        (format!("OpClass({of}, name=\"varchar_pattern_ops\")"), index("prefix"))
                    }
                    _ => (of, index("idx")),
                };
                format!("models.Index({of}, name=\"{index}\")")
            }
            Self::Folded | Self::Wildcard => search_code(&[one], server),
            Self::Date => format!("filter({column}__gte=day, {column}__lt=day + timedelta(days=1))"),
            Self::Words if one.function.as_deref() == Some("TO_TSVECTOR") => vector_code(one, text),
            Self::Words | Self::Contained => {
                format!("GinIndex(fields=[\"{column}\"], name=\"{}\")", index("gin"))
            }
            Self::Json => {
                format!(
                    "# \"key\" is the one that is compared, in the name as well\nmodels.Index({}, name=\"{}\")",
                    expression(one),
                    index("key")
                )
            }
        }
    }
}

/// The indexes that serve these conditions of a query, all of them of one table.
pub(super) fn code(all: &[(&ColumnUse, Family)], text: &str, server: Server) -> String {
    let (searched, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|(_, family)| matches!(family, Family::Wildcard | Family::Folded));
    let searched: Vec<&ColumnUse> = searched.into_iter().map(|(one, _)| one).collect();
    let mut parts: Vec<String> =
        others.into_iter().map(|(one, family)| family.code(one, text, server)).collect();
    if !searched.is_empty() {
        parts.insert(0, search_code(&searched, server));
    }
    parts.join("\n")
}

/// An index of the vector that the query `text` makes of texts.
fn vector_code(one: &ColumnUse, text: &str) -> String {
    let table = one.table.as_deref().unwrap_or_default();
    let (tables, columns): (Vec<String>, Vec<String>) =
        Tokens::of(text).columns_within("to_tsvector").into_iter().unzip();
    if tables.windows(2).any(|pair| pair[0] != pair[1]) {
        let index = name(table, "words", "gin");
        return format!(
            "words = SearchVectorField(null=True)  # kept by a trigger\nGinIndex(fields=[\"words\"], name=\"{index}\")"
        );
    }
    let columns = if columns.is_empty() { vec![one.column.clone()] } else { columns };
    format!(
        "# the config that the query has\nGinIndex(SearchVector(\"{}\", config=\"english\"), name=\"{}\")",
        columns.join("\", \""),
        name(table, &columns.join("_"), "words")
    )
}

/// The function that `one` stands in, if it is more than the way of comparing.
pub(super) fn function(one: &ColumnUse) -> Option<&str> {
    one.function.as_deref().filter(|function| Family::of(function) != Some(Family::Folded))
}

/// A name for the index of what is compared: also apart from those of the column under other functions.
fn index_name(one: &ColumnUse, suffix: &str) -> String {
    let (table, column) = (one.table.as_deref().unwrap_or_default(), &one.column);
    match function(one) {
        Some(function) if matches!(Family::of(function), Some(Family::Case | Family::Trimmed)) => {
            name(table, &format!("{column}_{}", function.to_ascii_lowercase()), suffix)
        }
        _ => name(table, column, suffix),
    }
}

/// What is compared, in Django's words.
fn expression(one: &ColumnUse) -> String {
    let column = &one.column;
    match function(one) {
        Some("UPPER") => format!("Upper(\"{column}\")"),
        Some("LOWER") => format!("Lower(\"{column}\")"),
        Some("LTRIM") => format!("LTrim(\"{column}\")"),
        Some("RTRIM") => format!("RTrim(\"{column}\")"),
        Some("TRIM" | "BTRIM") => format!("Trim(\"{column}\")"),
        Some("->" | "#>" | "JSON_EXTRACT") => format!("KeyTransform(\"key\", \"{column}\")"),
        Some("->>" | "#>>" | "JSON_UNQUOTE" | "JSON_VALUE") => {
            format!("KeyTextTransform(\"key\", \"{column}\")")
        }
        Some(function) => {
            format!("Func(\"{column}\", function=\"{}\")", function.trim_start_matches(':').to_uppercase())
        }
        None => format!("\"{column}\""),
    }
}

/// How a text is found by what it contains.
fn search_remedy(server: Server) -> &'static str {
    match server {
        Server::MySql => {
            "A B-tree finds a text by its beginning only. MySQL's FULLTEXT index finds words (MATCH … AGAINST in \
             place of LIKE), with its ngram parser parts of them."
        }
        Server::Other => {
            "A B-tree finds a text by its beginning only. PostgreSQL's pg_trgm serves contains and icontains by \
             a GIN index; for words, full text search (SearchVector) is the better question."
        }
    }
}

/// The indexes that do, for columns of one table.
fn search_code(all: &[&ColumnUse], server: Server) -> String {
    if server == Server::MySql {
        let table = all.first().and_then(|one| one.table.as_deref()).unwrap_or_default();
        let columns: Vec<&str> = all.iter().map(|one| one.column.as_str()).collect();
        let (name, columns) = (name(table, &columns.join("_"), "words"), columns.join(", "));
        return format!(
            "migrations.RunSQL(\"CREATE FULLTEXT INDEX {name} ON {table} ({columns}) WITH PARSER ngram\")\n\
             # WHERE MATCH ({columns}) AGAINST (…)"
        );
    }
    let mut code = "# with TrigramExtension() in a migration".to_owned();
    for one in all {
        let fields = match function(one) {
            None => format!("fields=[\"{}\"], opclasses=[\"gin_trgm_ops\"]", one.column),
            Some(_) => format!("OpClass({}, name=\"gin_trgm_ops\")", expression(one)),
        };
        code.push_str(&format!("\nGinIndex({fields}, name=\"{}\")", index_name(one, "trigrams")));
    }
    code
}
