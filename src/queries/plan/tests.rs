use std::fmt::Write;

use proptest::prelude::*;

use super::*;

/// A plan as one sees it.
fn drawn(plan: &Plan) -> String {
    let mut text = String::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        let mark = if plan.costliest == Some(index as u32) { "*" } else { " " };
        let _ = writeln!(
            text,
            "{mark}{:indent$}{}{}{}{}: rows {} of {}, loops {}, self {}, total {}, removed {}",
            "",
            node.role.as_ref().map(|role| format!("[{role}] ")).unwrap_or_default(),
            node.name,
            node.relation.as_ref().map(|name| format!(" on {name}")).unwrap_or_default(),
            node.index.as_ref().map(|name| format!(" by {name}")).unwrap_or_default(),
            number(node.rows),
            number(node.estimated_rows),
            number(node.loops),
            number(node.self_time),
            number(node.total),
            number(node.removed),
            indent = node.depth as usize * 2,
        );
        for detail in &node.details {
            let _ = writeln!(text, " {:indent$}| {detail}", "", indent = node.depth as usize * 2);
        }
        if let Some(buffers) = node.buffers {
            let _ = writeln!(text, " {:indent$}| {buffers:?}", "", indent = node.depth as usize * 2);
        }
    }
    for note in &plan.notes {
        let _ = writeln!(text, "- {note}");
    }
    text
}

fn read(text: &str) -> String {
    parse(text).map_or("no plan".to_owned(), |plan| drawn(&plan))
}

const SORT: &str = r#"Query Text: SELECT a
	  FROM t ORDER BY b
	Limit  (cost=303.00..303.02 rows=1 width=16) (actual time=60.509..60.513 rows=1 loops=1)
	  Buffers: shared hit=3, temp read=223 written=292
	  ->  Sort  (cost=303.00..303.50 rows=200 width=12) (actual time=10.409..10.411 rows=1 loops=1)
	        Sort Key: a.x DESC
	        Sort Method: top-N heapsort  Memory: 25kB
	        ->  Nested Loop Left Join  (cost=300.00..302.00 rows=200 width=12) (actual time=4.470..9.258 rows=20000 loops=1)
	              ->  Seq Scan on public."my table" x  (cost=0.00..200.00 rows=20000 width=4) (actual time=0.100..2.252 rows=20000 loops=1)
	                    Filter: (b = 'x  (cost=1'::text)
	                    Rows Removed by Filter: 12
	              ->  Index Scan using t_pkey on t  (cost=0.29..8.30 rows=1 width=38) (actual time=0.0001..0.0002 rows=1 loops=20000)
	                    Index Cond: (a = 1)
	              ->  Bitmap Index Scan on t_b  (cost=0.29..8.30 rows=1 width=38) (never executed)
"#;

const PARTS: &str = r"
Gather  (cost=1000.00..11614.53 rows=10 width=244) (actual time=0.5..90.000 rows=9 loops=1)
  Workers Planned: 2
  Workers Launched: 2
  InitPlan 1 (returns $0)
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (actual time=1.000..1.000 rows=1 loops=1)
  CTE totals
    ->  Seq Scan on lines  (cost=0.00..1.01 rows=1 width=4) (actual time=0.010..20.000 rows=1 loops=1)
  ->  Parallel Seq Scan on t  (cost=0.00..10614.00 rows=4 width=244) (actual time=1.0..60.000 rows=3 loops=3)
        Filter: (a = (SubPlan 2))
        Rows Removed by Filter: 333330
        SubPlan 2
          ->  CTE Scan on totals  (cost=0.00..0.01 rows=1 width=4) (actual time=0.010..25.000 rows=1 loops=1)
Planning Time: 0.100 ms
JIT:
  Functions: 4
Execution Time: 91.000 ms
";

const JSON: &str = r#"{
	  "Query Text": "SELECT count(*) FROM t WHERE b='x''y' AND c = \"d\"",
	  "Plan": {
	    "Node Type": "Aggregate",
	    "Strategy": "Plain",
	    "Partial Mode": "Simple",
	    "Startup Cost": 457.00,
	    "Total Cost": 457.01,
	    "Plan Rows": 1,
	    "Actual Startup Time": 1.081,
	    "Actual Total Time": 1.082,
	    "Actual Rows": 1,
	    "Actual Loops": 1,
	    "Shared Hit Blocks": 207,
	    "Temp Read Blocks": 0,
	    "Output": ["count(*)", "a"],
	    "Workers": [{"Worker Number": 0, "Plans": [{"Node Type": "not this one"}]}],
	    "Plans": [
	      {
	        "Node Type": "Hash Join",
	        "Join Type": "Left",
	        "Parallel Aware": true,
	        "Plan Rows": 1,
	        "Actual Total Time": 1.078,
	        "Actual Rows": 0,
	        "Actual Loops": 1,
	        "Hash Cond": "(b = 'x''y'::text)",
	        "Plans": [
	          {"Node Type": "Index Scan", "Relation Name": "t", "Alias": "t1", "Index Name": "t_b", "Scan Direction": "Backward", "Subplan Name": "SubPlan 1", "Filter": "x", "Rows Removed by Filter": 20000}
	        ]
	      }
	    ]
	  },
	  "Planning Time": 0.05
	}"#;

#[test]
fn plans_as_trees() {
    insta::assert_snapshot!([read(SORT), read(PARTS), read(JSON)].join("\n"));
}

#[test]
fn an_array_around_a_json_plan_changes_nothing() {
    assert_eq!(read(&format!("[{JSON}]")), read(JSON));
}

#[test]
fn texts_of_queries() {
    let text =
        |plan: &str| query_text(plan.as_bytes()).map(|text| String::from_utf8_lossy(&text).into_owned());
    assert_eq!(text(SORT).as_deref(), Some("SELECT a\n\t  FROM t ORDER BY b"));
    assert_eq!(text(JSON).as_deref(), Some("SELECT count(*) FROM t WHERE b='x''y' AND c = \"d\""));
    assert_eq!(
        text(
            "Query Text: SELECT $1\n\tQuery Parameters: $1 = '5'\n\tResult  (cost=0.00..0.01 rows=1 width=4)"
        )
        .as_deref(),
        Some("SELECT $1")
    );
    assert_eq!(
        text("Query Text: \"SELECT \\\"a\\\"\"\n\tPlan: \n\t  Node Type: \"Result\"").as_deref(),
        Some("SELECT \"a\"")
    );
    assert_eq!(
        text("<explain xmlns=\"x\">\n\t  <Query-Text>SELECT 1 &lt; 2</Query-Text>\n\t").as_deref(),
        Some("SELECT 1 < 2")
    );
    assert_eq!(text("nothing"), None);
}

#[test]
fn xml_and_yaml_are_told_but_not_read() {
    for (text, expected) in [
        ("<explain>", Spelling::Xml),
        ("Query Text: \"a\"\nPlan: ", Spelling::Yaml),
        ("- Plan: \n    Node Type: \"Result\"", Spelling::Yaml),
    ] {
        assert_eq!((spelling(text), parse(text)), (expected, None));
    }
    for text in ["", "Query Text: x", "{", "[]", "{\"Plan\": 1}", "no plan at all", "->"] {
        assert!(parse(text).is_none_or(|plan| !plan.nodes.is_empty()), "{text}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = 50_000;
    let json = "{\"Plan\":".to_owned() + &"{\"Node Type\":\"A\",\"Plans\":[".repeat(deep);
    assert_eq!(parse(&json).map(|plan| plan.nodes.len()), Some(deep));
    assert!(parse(&"[".repeat(1_000_000)).is_none());
    let mut text = "Limit  (cost=0.00..1.00 rows=1 width=1)\n".to_owned();
    for depth in 1..2000 {
        let _ = writeln!(text, "{:depth$}->  Limit  (cost=0.00..1.00 rows=1 width=1)", "");
    }
    assert_eq!(parse(&text).map(|plan| plan.nodes.len()), Some(2000));
}

/// A tree, as its depths in order, and each node's self time.
fn trees() -> impl Strategy<Value = Vec<(usize, u32)>> {
    prop::collection::vec((0_usize..6, 0_u32..1000), 1..40).prop_map(|mut nodes| {
        let mut depth = 0;
        for (index, node) in nodes.iter_mut().enumerate() {
            depth = if index == 0 { 0 } else { node.0.clamp(1, depth + 1) };
            node.0 = depth;
        }
        nodes
    })
}

proptest! {
    #[test]
    fn self_times_are_found_again_in_both_spellings(tree in trees()) {
        // Totals from the leaves up.
        let mut totals: Vec<u32> = tree.iter().map(|node| node.1).collect();
        for index in (1..tree.len()).rev() {
            let parent = (0..index).rev().find(|&above| tree[above].0 < tree[index].0).unwrap_or(0);
            totals[parent] += totals[index];
        }
        let mut text = String::new();
        let mut json = String::from("{");
        let mut open = 0;
        for (index, &(depth, _)) in tree.iter().enumerate() {
            let total = f64::from(totals[index]) / 1000.0;
            let arrow = if depth == 0 { "" } else { "->  " };
            let _ = writeln!(text, "{:indent$}{arrow}N{index} on t{index}  (cost=0.00..1.00 rows=1 width=1) (actual time=0.000..{total:.3} rows=1 loops=1)", "", indent = depth * 6);
            if index > 0 && depth < open {
                json += &"}]".repeat(open - depth);
                json += "},{";
            } else if index > 0 && depth == open {
                json += "},{";
            } else if index > 0 {
                json += ",\"Plans\":[{";
            } else {
                json += "\"Plan\":{";
            }
            open = depth;
            let _ = write!(json, "\"Node Type\":\"N{index}\",\"Relation Name\":\"t{index}\",\"Total Cost\":1.0,\"Plan Rows\":1,\"Actual Total Time\":{total:.3},\"Actual Rows\":1,\"Actual Loops\":1");
        }
        json += &"}]".repeat(open);
        json += "}}";
        let (Some(text), Some(json)) = (parse(&text), parse(&json)) else {
            return Err(TestCaseError::fail("not read"));
        };
        prop_assert_eq!(&text, &json);
        for (node, (depth, own)) in text.nodes.iter().zip(&tree) {
            prop_assert_eq!(node.depth as usize, *depth);
            prop_assert!((node.self_time.unwrap_or(f64::NAN) - f64::from(*own) / 1000.0).abs() < 1e-6);
        }
    }

    #[test]
    fn any_text_is_survived(cut in 0_usize..1500, which in 0_usize..3, noise in "[\\[\\]{}\",:>()=a-z0-9 \\n\\\\é-]{0,60}") {
        let sample = [SORT, PARTS, JSON][which];
        let cut = (0..=cut.min(sample.len())).rev().find(|&at| sample.is_char_boundary(at)).unwrap_or(0);
        for text in [format!("{}{noise}{}", &sample[..cut], &sample[cut..]), sample[..cut].to_owned(), noise.clone()] {
            let _ = query_text(text.as_bytes());
            if let Some(plan) = parse(&text) {
                for (index, node) in plan.nodes.iter().enumerate() {
                    prop_assert!(node.parent.is_none_or(|parent| (parent as usize) < index));
                    prop_assert!(node.self_time.is_none_or(|time| time >= 0.0));
                }
            }
        }
    }
}

#[test]
fn rows_of_sqlite() {
    insta::assert_snapshot!(read(
        "4 0 0 SEARCH g USING COVERING INDEX g_user_id_uniq (user_id=? AND group_id>?)\n\
         9 0 0 SEARCH TABLE auth_group USING INTEGER PRIMARY KEY (rowid=?)\n\
         12 0 0 LIST SUBQUERY 1\n14 12 0 SCAN t\n40 0 0 USE TEMP B-TREE FOR ORDER BY"
    ));
}

#[test]
fn rows_of_mysql() {
    insta::assert_snapshot!(read(
        "id\tselect_type\ttable\ttype\tpossible_keys\tkey\tkey_len\tref\trows\tr_rows\tfiltered\tr_filtered\tExtra\n\
         1\tPRIMARY\tt\tALL\tNULL\tNULL\tNULL\tNULL\t20000\t20000.00\t100.00\t2.80\tUsing where\n\
         1\tPRIMARY\tu\teq_ref\tPRIMARY,u_a\tPRIMARY\t4\tt.id\t1\t0.50\t100.00\t100.00\t\n\
         2\tDEPENDENT SUBQUERY\tNULL\tNULL\tNULL\tNULL\tNULL\tNULL\tNULL\tNULL\tNULL\tNULL\tNo tables used"
    ));
    insta::assert_snapshot!(read(
        "1 SIMPLE shop_product None ALL None None None None 5 100.0 Using where\n\
         2 DEPENDENT SUBQUERY shop_order ref a,b a 4 shop_product.id 2 Using index"
    ));
}

#[test]
fn the_tree_of_mysql() {
    insta::assert_snapshot!(read(
        "-> Limit: 5 row(s)  (cost=2.35 rows=5) (actual time=0.05..0.30 rows=5 loops=1)\n    \
         -> Nested loop inner join  (cost=2.35 rows=9) (actual time=0.04..0.20 rows=5 loops=1)\n        \
         -> Filter: (p.stock > 3)  (cost=1.15 rows=3) (actual time=0.03..0.10 rows=5 loops=1)\n            \
         -> Table scan on p  (cost=1.15 rows=9) (actual time=0.02..0.08 rows=9 loops=1)\n        \
         -> Single-row index lookup on c using PRIMARY (id=p.category_id)  (cost=0.25 rows=1) (actual time=0.001..0.002 rows=1 loops=5)"
    ));
}
