//! Logs of every format with texts in them that must not be in what is handed on without them.

/// Unique texts, one for each kind of place a value can stand in.
pub const PLANTED: &[&str] = &[
    "zqstring",
    "zqescape",
    "zqdollar",
    "zqunicode",
    "zqhexa",
    "zqdouble",
    "zqcomment",
    "zqtag",
    "zqtrace",
    "zqdash",
    "zqparameter",
    "zqdetail",
    "zqcontext",
    "zqhint",
    "zqstatement",
    "zqerror",
    "zqplan",
    "zqquery",
    "zqpath7",
    "zqset",
    "zqbody",
    "zqheader",
    "zqargs",
    "zqnotice",
    "zqcopy",
    "731946825",
    "73.1946825",
    "7a71686578",
];

/// Further ones that are names, which only leaving out paths leaves out.
pub const NAMES: &[&str] = &["zqfolder", "zquser", "zqdatabase", "zqapplication", "zqhost", "zqslug"];

const SQL: &str = "SELECT a FROM orders WHERE b = 'zqstring' AND c = E'zq\\'escape zqescape' AND d = $x$zqdollar$x$ \
    AND e = U&'zqunicode' AND f = X'7a71686578' AND g > 731946825 AND h < -73.1946825 AND i LIKE '%zqhexa%' \
    /* zqcomment */ AND j IN ('zqstring', 'zqdouble') -- zqdash\n\
    /*route='orders/zqtag-91/',traceparent='00-zqtrace00000000000000000000000000-00f067aa0ba902b7-01'*/";

/// What an interpolating client logs where a string is in double quotes.
const DOUBLE: &str =
    "SELECT a FROM orders WHERE b = \"zqdouble\" AND c IN (\"zqstring\", \"zqhexa\") LIMIT 731946825";

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

/// Logs of every format, full of planted texts.
pub fn planted() -> Vec<(&'static str, String)> {
    let one_line = SQL.replace('\n', " ");
    let time = |second: u32| format!("2026-11-23 09:07:{second:02}.519 UTC");
    let tail = "[77] zquser@zqdatabase app=zqapplication host=zqhost";
    let mut stderr = String::new();
    for (second, text) in [
        format!("LOG:  duration: 1.568 ms  statement: {SQL}"),
        format!("LOG:  duration: 0.1 ms  execute <unnamed>: SELECT a FROM orders WHERE b = $1 AND c = 'zqstring'\n\
            {} {tail} DETAIL:  parameters: $1 = 'zqparameter', $2 = '731946825'", time(2)),
        "LOG:  duration: 0.2 ms  statement: SET application_name = zqset".to_owned(),
        "LOG:  duration: 0.2 ms  statement: COPY orders (a) FROM STDIN; -- zqcopy".to_owned(),
        format!("LOG:  duration: 0.3 ms  statement: {DOUBLE}"),
        format!("ERROR:  duplicate key value violates \"zqerror\"\n{0} {tail} DETAIL:  Key (a)=(zqdetail) already exists.\n\
            {0} {tail} HINT:  zqhint\n{0} {tail} CONTEXT:  SQL statement \"zqcontext\"\n\
            {0} {tail} STATEMENT:  INSERT INTO orders VALUES ('zqstatement')", time(6)),
        "LOG:  duration: 9.9 ms  plan:\n\tQuery Text: SELECT a FROM orders WHERE b = 'zqstring'\n\
            \tSeq Scan on orders  (cost=0.00..1.00 rows=1 width=4)\n\t  Filter: (b = 'zqplan'::text)".to_owned(),
        "NOTICE:  zqnotice".to_owned(),
        "WARNING:  zqnotice 731946825".to_owned(),
        "ERROR:  zqerror of anna".to_owned(),
        "LOG:  automatic analyze of table \"zqdatabase.public.orders\"".to_owned(),
        "LOG:  checkpoint starting: zqnotice".to_owned(),
        format!("LOG:  process 77 still waiting for ShareLock on transaction 780 after 200.098 ms\n\
            {0} {tail} DETAIL:  Process holding the lock: 31419. Wait queue: 77.\n\
            {0} {tail} CONTEXT:  while updating zqcontext", time(13)),
        format!("ERROR:  deadlock detected\n\
            {0} {tail} DETAIL:  Process 77 waits for ShareLock on transaction 784; blocked by process 78.\n\
            \tProcess 77: UPDATE orders SET a = 'zqdetail'\n\tProcess 78: UPDATE orders SET b = 'zqdetail'", time(14)),
        "FATAL:  password authentication failed for user \"zquser\"".to_owned(),
        "LOG:  connection authorized: user=zquser database=zqdatabase application_name=zqapplication".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        stderr += &format!("{} {tail} {text}\n", time(second as u32 + 1));
    }
    let csv_field = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let csv_row = |line: u32, level: &str, message: &str, detail: &str, rest: &str| {
        format!(
            "{0},\"zquser\",\"zqdatabase\",77,\"zqhost:5000\",6b04024e.6f79,{line},\"SELECT\",2026-11-23 09:07:26 UTC,3/5,0,{level},00000,{1},{2},{rest},\"zqapplication\",\"client backend\",,0\n",
            time(line),
            csv_field(message),
            csv_field(detail)
        )
    };
    let csv = csv_row(1, "LOG", &format!("duration: 1.568 ms  statement: {SQL}"), "", ",,,,,,")
        + &csv_row(
            2,
            "LOG",
            "duration: 0.1 ms  execute <unnamed>: SELECT a FROM orders WHERE b = $1",
            "parameters: $1 = 'zqparameter'",
            ",,,,,,",
        )
        + &csv_row(
            3,
            "ERROR",
            "zqerror",
            "Key (a)=(zqdetail)",
            "\"zqhint\",,,\"zqcontext\",\"INSERT INTO orders VALUES ('zqstatement')\",,",
        )
        + &csv_row(4, "LOG", &format!("duration: 0.3 ms  statement: {DOUBLE}"), "", ",,,,,,");
    let pg_json = |message: &str, more: &str| {
        format!(
            "{{\"timestamp\":\"{}\",\"user\":\"zquser\",\"dbname\":\"zqdatabase\",\"pid\":77,\"remote_host\":\"zqhost\",\"session_id\":\"6b04024e.6f79\",\"line_num\":1,\"error_severity\":\"LOG\",\"message\":{}{more},\"application_name\":\"zqapplication\",\"backend_type\":\"client backend\",\"query_id\":0}}\n",
            time(4),
            json(message)
        )
    };
    let postgres_json = pg_json(&format!("duration: 1.568 ms  statement: {SQL}"), "")
        + &pg_json("duration: 0.1 ms  execute <unnamed>: SELECT a FROM orders WHERE b = $1", ",\"detail\":\"parameters: $1 = 'zqparameter'\"")
        + &pg_json("zqerror", ",\"detail\":\"zqdetail\",\"hint\":\"zqhint\",\"context\":\"zqcontext\",\"statement\":\"INSERT INTO orders VALUES ('zqstatement')\"").replace("\"LOG\"", "\"ERROR\"");
    let slow = "# Time: 2026-11-23T05:36:13.000000Z\n# User@Host: zquser[zquser] @ zqhost [10.0.0.1]  Id:     8\n\
         # Query_time: 0.000131  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nuse zqdatabase;\nSET timestamp=1795412173;\n\
         SELECT a FROM orders WHERE b = 'zqstring' AND c = \"zqdouble\" AND d = 731946825 AND e = x'7a71686578' # zqcomment\n ;\n\
         # Time: 2026-11-23T05:36:14.000000Z\n# User@Host: zquser[zquser] @ zqhost [10.0.0.1]  Id:     8\n\
         # Query_time: 0.000131  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nSET timestamp=1795412174;\n\
         INSERT INTO orders VALUES ('zq\\'escape zqescape', 73.1946825) /* zqcomment */;\n".to_owned();
    let django = [one_line.as_str(), DOUBLE]
        .map(|sql| format!("2026-11-23 09:25:36,120 DEBUG django.db.backends (0.001) {sql}; args=('zqargs', 731946825); alias=default\n"))
        .concat()
        + "2026-11-23 09:25:37,120 ERROR django.request zqerror: zqnotice\n";
    let django_json = [SQL, DOUBLE]
        .map(|sql| {
            format!(
                "{{\"levelname\": \"DEBUG\", \"name\": \"django.db.backends\", \"message\": {}, \"duration\": 0.0007, \"sql\": {}, \"params\": [\"zqparameter\", 731946825], \"alias\": \"default\"}}\n",
                json(&format!("(0.001) {sql}; args=('zqargs',); alias=default")), json(sql)
            )
        })
        .concat()
        + "{\"levelname\": \"ERROR\", \"name\": \"other\", \"message\": \"zqerror\"}\n";
    let silk = format!(
        "[{{\"model\": \"silk.request\", \"pk\": \"c2fa5ca7\", \"fields\": {{\"path\": \"/orders/zqpath7/zqslug/\", \"query_params\": \"{{\\\"q\\\": \\\"zqquery\\\"}}\", \"raw_body\": \"zqbody\", \"body\": \"zqbody\", \"method\": \"GET\", \"start_time\": \"2026-11-23T05:56:04.429Z\", \"view_name\": \"orders\", \"end_time\": \"2026-11-23T05:56:04.435Z\", \"time_taken\": 6.2, \"encoded_headers\": \"zqheader\", \"num_sql_queries\": 2}}}},\n\
         {{\"model\": \"silk.sqlquery\", \"pk\": 1, \"fields\": {{\"query\": {}, \"start_time\": \"2026-11-23T05:56:04.432Z\", \"end_time\": \"2026-11-23T05:56:04.433Z\", \"time_taken\": 0.259, \"identifier\": 1, \"request\": \"c2fa5ca7\", \"traceback\": \"  File \\\"/home/zqfolder/shop/views.py\\\", line 12, in orders\\n    Order.objects.get(name='zqcontext')\\n\"}}}},\n\
         {{\"model\": \"silk.sqlquery\", \"pk\": 2, \"fields\": {{\"query\": {}, \"start_time\": \"2026-11-23T05:56:04.433Z\", \"end_time\": \"2026-11-23T05:56:04.434Z\", \"time_taken\": 0.2, \"identifier\": 1, \"request\": \"c2fa5ca7\", \"traceback\": \"\"}}}},\n\
         {{\"model\": \"other.thing\", \"pk\": 2, \"fields\": {{\"path\": \"zqnotice\"}}}}]\n",
        json(SQL),
        json(DOUBLE)
    );
    let statement = |sql: &str, more: &str| {
        format!(
            "{{\"request\": \"ab8f\", \"start\": 1795438713.25, \"duration\": 0.0006, \"sql\": {}, \"params\": [\"zqparameter\", 731946825], \"rows\": 1, \"alias\": \"default\", \"vendor\": \"postgresql\", \"stack\": [[\"/home/zqfolder/shop/views.py\", 19, \"orders\"]]{more}}}\n",
            json(sql)
        )
    };
    let recorder = "{\"flamedrop\": 1, \"request\": \"ab8f\", \"method\": \"GET\", \"path\": \"/orders/zqpath7/zqslug/?token=zqquery\", \"view\": \"shop.views.orders\", \"route\": \"orders/\", \"status\": 200, \"start\": 1795438713.25, \"duration\": 0.2, \"notes\": [\"'zqnotice' was seen\"]}\n".to_owned()
        + &statement(SQL, "")
        + &statement(DOUBLE, ", \"error\": \"zqerror\"").replace("postgresql", "sqlite")
        + "zqerror {\n";
    vec![
        ("postgres-stderr", stderr),
        ("postgres-csv", csv),
        ("postgres-json", postgres_json),
        ("mysql-slow", slow),
        ("django-log", django),
        ("django-json", django_json),
        ("django-silk", silk),
        ("flamedrop-recorder", recorder),
    ]
}

pub fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}
