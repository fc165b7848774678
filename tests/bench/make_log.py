"""Makes large SQL logs of a busy shop, the same for the same seed, and says what is in them.

The events are one stream: requests, each a burst of statements on one of some connections, with
N+1s, repeated statements, reports over several lines. `postgres` writes them as the server's own log
(Debian's log_line_prefix; a quarter through the extended protocol), `postgres-csv` and `postgres-json` as
its other formats, `mysql` and `percona` as slow logs, `django` as JSON lines of django.db.backends.

usage: make_log.py KIND LOG MEGABYTES
"""

import csv
import heapq
import io
import json
import random
import sys
from datetime import UTC, datetime, timedelta

START = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
CONNECTIONS = 32
WORDS = (
    "oak ash walnut lamp chair desk red blue smoke rosé linen wool O'Neil Łódź small; wide -- a/b"
).split()


def columns(table, names):
    return ", ".join(f'"{table}"."{name}"' for name in names.split())


PRODUCT = columns("shop_product", "id name slug sku description price stock category_id created")
CUSTOMER = columns("shop_customer", "id password last_login username first_name last_name email")
ORDER = columns("shop_order", "id number customer_id status placed note")

# name: (SQL with %s for each parameter, the parameters' kinds, milliseconds in the middle)
SHAPES = {
    "session": (
        'SELECT "django_session"."session_key", "django_session"."session_data" FROM '
        '"django_session" WHERE ("django_session"."expire_date" > %s AND '
        '"django_session"."session_key" = %s) LIMIT 21',
        "time hex",
        0.2,
    ),
    "customer": (
        f'SELECT {CUSTOMER} FROM "shop_customer" WHERE "shop_customer"."id" = %s LIMIT 21',
        "id",
        0.2,
    ),
    "product": (
        f'SELECT {PRODUCT} FROM "shop_product" WHERE "shop_product"."id" = %s LIMIT 21',
        "id",
        0.2,
    ),
    "products": (
        f'SELECT {PRODUCT} FROM "shop_product" INNER JOIN "shop_category" ON '
        '("shop_product"."category_id" = "shop_category"."id") WHERE ("shop_category"."slug" = %s AND '
        'UPPER("shop_product"."name"::text) LIKE UPPER(%s)) ORDER BY "shop_product"."created" DESC '
        "LIMIT 24",
        "text text",
        30.0,
    ),
    "lines": (
        'SELECT "shop_orderline"."id", "shop_orderline"."product_id", "shop_orderline"."price" FROM '
        '"shop_orderline" WHERE "shop_orderline"."order_id" = %s ORDER BY "shop_orderline"."id" ASC',
        "id",
        0.3,
    ),
    "images": (
        'SELECT "shop_image"."id", "shop_image"."product_id", "shop_image"."path" FROM "shop_image" '
        'WHERE "shop_image"."product_id" IN (%s)',
        "ids",
        1.0,
    ),
    "orders": (
        f'SELECT {ORDER}, {CUSTOMER} FROM "shop_order" INNER JOIN "shop_customer" ON '
        '("shop_order"."customer_id" = "shop_customer"."id") WHERE "shop_order"."status" = %s '
        'ORDER BY "shop_order"."placed" DESC LIMIT 25 OFFSET %s',
        "text id",
        8.0,
    ),
    "reviews": (
        'SELECT COUNT(*) AS "__count" FROM "shop_review" WHERE ("shop_review"."product_id" = %s AND '
        '"shop_review"."rating" >= %s)',
        "id id",
        4.0,
    ),
    "report": (
        'SELECT DATE_TRUNC(\'day\', "shop_order"."placed") AS "day",\n'
        '       SUM("shop_orderline"."price" * "shop_orderline"."quantity") AS "revenue"\n'
        '  FROM "shop_order"\n'
        '  JOIN "shop_orderline" ON ("shop_order"."id" = "shop_orderline"."order_id")\n'
        ' WHERE "shop_order"."placed" BETWEEN %s AND %s -- a month\n'
        " GROUP BY 1\n ORDER BY 1",
        "time time",
        1800.0,
    ),
    "insert order": (
        'INSERT INTO "shop_order" ("number", "customer_id", "status", "placed", "note") VALUES '
        '(%s, %s, %s, %s, %s) RETURNING "shop_order"."id"',
        "hex id text time note",
        1.5,
    ),
    "insert line": (
        'INSERT INTO "shop_orderline" ("order_id", "product_id", "quantity", "price") VALUES '
        '(%s, %s, %s, %s) RETURNING "shop_orderline"."id"',
        "id id id price",
        0.8,
    ),
    "stock": (
        'UPDATE "shop_product" SET "stock" = ("shop_product"."stock" - %s) WHERE '
        '"shop_product"."id" = %s',
        "id id",
        2.0,
    ),
    "logout": (
        'DELETE FROM "django_session" WHERE "django_session"."session_key" IN (%s)',
        "hex",
        0.7,
    ),
    "begin": ("BEGIN", "", 0.02),
    "commit": ("COMMIT", "", 0.6),
}

# weight: the statements of a request, each with how often at least and at most
REQUESTS = {
    30: [("session", 1, 1), ("customer", 1, 1), ("products", 1, 1), ("images", 1, 1)],
    40: [
        ("session", 1, 1),
        ("customer", 1, 1),
        ("product", 1, 3),
        ("images", 1, 1),
        ("reviews", 1, 2),
    ],
    12: [
        ("session", 1, 1),
        ("customer", 1, 1),
        ("orders", 1, 1),
        ("lines", 5, 25),
        ("product", 5, 60),
    ],
    8: [
        ("session", 1, 1),
        ("customer", 1, 1),
        ("begin", 1, 1),
        ("insert order", 1, 1),
        ("insert line", 1, 6),
        ("stock", 1, 6),
        ("commit", 1, 1),
    ],
    5: [("session", 1, 1), ("logout", 1, 1)],
    1: [("session", 1, 1), ("customer", 1, 1), ("report", 1, 1)],
}


class Values:
    """Parameters: Python values, and as PostgreSQL's literals."""

    def __init__(self, draw):
        self.draw = draw

    def of(self, kind):
        draw = self.draw
        match kind:
            case "id":
                return draw.randint(1, 90_000)
            case "price":
                return draw.randint(100, 99_999) / 100
            case "hex":
                return f"{draw.getrandbits(128):032x}"
            case "time":
                return (START + timedelta(seconds=draw.randrange(10**7))).isoformat(" ")
            case "text":
                return draw.choice(WORDS)
            case "note":
                return " ".join(draw.choices(WORDS, k=draw.randint(1, 30)))
            case "ids":
                return [draw.randint(1, 90_000) for _ in range(draw.choice([1, 6, 12, 24, 24]))]

    def parameters(self, kinds):
        """One value each, lists laid out flat, and how many stand for each placeholder."""
        values, counts = [], []
        for kind in kinds.split():
            value = self.of(kind)
            listed = value if isinstance(value, list) else [value]
            values += listed
            counts.append(len(listed))
        return values, counts


def literal(value):
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def fill(sql, texts, counts):
    """The SQL with the texts in its placeholders' places."""
    parts, texts = sql.split("%s"), iter(texts)
    filled = [parts[0]]
    for part, count in zip(parts[1:], counts):
        filled.append(", ".join(next(texts) for _ in range(count)))
        filled.append(part)
    return "".join(filled)


def events(draw):
    """An endless stream of (connection, end, milliseconds, shape, values, counts)."""
    values = Values(draw)
    weights = list(REQUESTS)
    free = [START] * CONNECTIONS
    now = START
    while True:
        now += timedelta(milliseconds=draw.expovariate(1 / 60))
        connection = min(range(CONNECTIONS), key=free.__getitem__)
        end = max(now, free[connection])
        request = REQUESTS[draw.choices(weights, weights)[0]]
        for shape, least, most in request:
            sql, kinds, middle = SHAPES[shape]
            same = values.parameters(kinds) if draw.random() < 0.1 else None
            for _ in range(draw.randint(least, most)):
                milliseconds = middle * draw.lognormvariate(0, 0.6)
                end += timedelta(milliseconds=milliseconds + draw.uniform(0.05, 1.5))
                yield connection, end, milliseconds, shape, *(same or values.parameters(kinds))
        free[connection] = end


def entries(draw, event):
    """One statement as the server logs it: (severity, message, detail, statement) of each record."""
    connection, end, milliseconds, shape, values, counts = event
    sql = SHAPES[shape][0]
    if values and draw.random() < 0.25:
        placeholders = [f"${number}" for number in range(1, len(values) + 1)]
        text = fill(sql, placeholders, counts)
        listed = ", ".join(
            f"{name} = {literal(str(value))}" for name, value in zip(placeholders, values)
        )
        detail = f"parameters: {listed}"
        for share, step, parameters in [
            (0.1, "parse", None),
            (0.2, "bind", detail),
            (0.7, "execute", detail),
        ]:
            message = f"duration: {milliseconds * share:.3f} ms  {step} <unnamed>: {text}"
            yield "LOG", message, parameters, None
        return
    text = fill(sql, map(literal, values), counts)
    if shape == "report":
        size = draw.randint(10**6, 10**9)
        file = f'temporary file: path "base/pgsql_tmp/pgsql_tmp{connection}.0", size {size}'
        yield "LOG", file, None, text
    yield "LOG", f"duration: {milliseconds:.3f} ms  statement: {text}", None, None


def stamp(end):
    return f"{end:%Y-%m-%d %H:%M:%S}.{end.microsecond // 1000:03} UTC"


def process(connection):
    return 4000 + connection * 7


def postgres(draw, event):
    """As PostgreSQL writes it to stderr."""
    connection, end = event[:2]
    prefix = f"{stamp(end)} [{process(connection)}] shop_web@shop "
    lines = []
    for severity, message, detail, statement in entries(draw, event):
        for word, text in [(severity, message), ("DETAIL", detail), ("STATEMENT", statement)]:
            if text is not None:
                lines.append(f"{prefix}{word}:  " + text.replace("\n", "\n\t") + "\n")
    return "".join(lines)


def postgres_csv(draw, event):
    """As its csvlog, 26 columns."""
    connection, end = event[:2]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for severity, message, detail, statement in entries(draw, event):
        pid = process(connection)
        who = [stamp(end), "shop_web", "shop", pid, f"10.0.0.1:{40000 + pid}", f"68a1.{pid:x}", 1]
        when = ["SELECT", "2026-08-17 06:00:00 UTC", f"{connection}/1", 0, severity, "00000"]
        rest = ["", "", "", "", statement, "", "", "gunicorn", "client backend", "", 0]
        writer.writerow([*who, *when, message, detail, *rest])
    return buffer.getvalue()


def postgres_json(draw, event):
    """As its jsonlog."""
    connection, end = event[:2]
    lines = []
    for severity, message, detail, statement in entries(draw, event):
        record = {
            "timestamp": stamp(end),
            "user": "shop_web",
            "dbname": "shop",
            "pid": process(connection),
            "remote_host": "10.0.0.1",
            "session_id": f"68a1.{process(connection):x}",
            "line_num": 1,
            "session_start": "2026-08-17 06:00:00 UTC",
            "error_severity": severity,
            "message": message,
            "detail": detail,
            "statement": statement,
            "application_name": "gunicorn",
            "backend_type": "client backend",
            "query_id": 0,
        }
        known = {key: value for key, value in record.items() if value is not None}
        lines.append(json.dumps(known, separators=(",", ":")) + "\n")
    return "".join(lines)


def mysql(draw, event, extra=False):
    """As MySQL 8 writes its slow log, or Percona Server with all that it can add."""
    connection, end, milliseconds, shape, values, counts = event
    sql = SHAPES[shape][0].replace('"', "`").replace("::text", "")
    text = fill(sql, [literal(value).replace("\\", "\\\\") for value in values], counts)
    sent, examined = draw.randint(0, 25), draw.randint(0, 90_000)
    lines = [
        f"# Time: {end:%Y-%m-%dT%H:%M:%S.%f}Z\n",
        f"# User@Host: shop_web[shop_web] @ web{connection % 4}.lan [10.0.0.1]  Id: {process(connection):5}\n",
    ]
    if extra:
        lines.append("# Schema: shop  Last_errno: 0  Killed: 0\n")
    lines.append(
        f"# Query_time: {milliseconds / 1000:.6f}  Lock_time: {draw.uniform(0, 0.0002):.6f} "
        f"Rows_sent: {sent}  Rows_examined: {examined}\n"
    )
    if extra:
        lines += [
            "# Tmp_tables: 0  Tmp_disk_tables: 0  Tmp_table_sizes: 0\n",
            "# QC_Hit: No  Full_scan: No  Full_join: No  Tmp_table: No  Tmp_table_on_disk: No\n",
            "# Filesort: No  Filesort_on_disk: No  Merge_passes: 0\n",
            f"#   InnoDB_IO_r_ops: 0  InnoDB_IO_r_bytes: 0  InnoDB_pages_distinct: {examined % 800}\n",
        ]
    lines += [f"SET timestamp={int(end.timestamp())};\n", f"{text};\n"]
    return "".join(lines)


def percona(draw, event):
    return mysql(draw, event, extra=True)


def django(draw, event):
    """One statement as python-json-logger writes Django's record."""
    connection, end, milliseconds, shape, values, counts = event
    text = fill(SHAPES[shape][0], map(literal, values), counts)
    seconds = milliseconds / 1000
    record = {
        "levelname": "DEBUG",
        "name": "django.db.backends",
        "process": 4000 + connection * 7,
        "message": f"({seconds:.3f}) {text}; args={tuple(values)!r}; alias=default",
        "duration": seconds,
        "sql": text,
        "params": values,
        "alias": "default",
        "timestamp": end.isoformat(),
    }
    return json.dumps(record) + "\n"


FORMATS = {
    "postgres": postgres,
    "postgres-csv": postgres_csv,
    "postgres-json": postgres_json,
    "mysql": mysql,
    "percona": percona,
    "django": django,
}


def in_order(events):
    """A server writes its log in order of time, whatever its connections do side by side."""
    waiting = []
    for number, event in enumerate(events):
        heapq.heappush(waiting, (event[1], number, event))
        if len(waiting) > 4096:
            yield heapq.heappop(waiting)[2]


def write(path, kind, megabytes, seed=1838):
    """Writes about so much and returns what it is."""
    draw, form = random.Random(seed), FORMATS[kind]
    statements, shapes, left = 0, set(), megabytes * 1_000_000
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for event in in_order(events(draw)):
            text = form(draw, event)
            file.write(text)
            statements += 1
            shapes.add(event[3])
            left -= len(text)
            if left <= 0:
                break
    return {"statements": statements, "shapes": len(shapes)}


if __name__ == "__main__":
    kind, path, megabytes = sys.argv[1:]
    print(write(path, kind, float(megabytes)))
