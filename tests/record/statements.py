"""Sends ten statements to a server: on one line and on several, with and without parameters, with what looks like
a server's own words in its values. usage: statements.py postgresql|mysql PORT"""

import sys

MANY_LINES = """SELECT id, customer
FROM orders
WHERE customer = %s
  AND id > %s"""
LOOKS_LIKE_LOGS = "first line\n2026-01-01 00:00:00.000 UTC [1] LOG:  duration: 5.000 ms  statement: SELECT 1\n# Time: x\n\tlast"


def statements(cursor):
    yield "CREATE TABLE orders (id int PRIMARY KEY,\n    customer varchar(200),\n    paid int)", None
    for number in range(3):
        yield "INSERT INTO orders VALUES (%s, %s, %s)", (number, "it's \\ %d, \"quoted\"" % number, 0)
    yield MANY_LINES, ("a\nb", 0)
    yield MANY_LINES, ("tab\tand, comma", -1)
    yield "UPDATE orders\n   SET paid = %s\n WHERE id = %s", (1, 2)
    yield "/* route='orders/' */ SELECT count(*) FROM orders WHERE paid = 1", None
    yield "UPDATE orders SET customer = %s WHERE id = %s", (LOOKS_LIKE_LOGS, 0)
    yield "DROP TABLE orders", None


kind, port = sys.argv[1], int(sys.argv[2])
if kind == "postgresql":
    import psycopg

    print("psycopg", psycopg.__version__)
    connection = psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True,
        application_name="ten statements", cursor_factory=psycopg.Cursor,
    )
else:
    import pymysql

    print("PyMySQL", pymysql.__version__)
    connection = pymysql.connect(host="127.0.0.1", port=port, user="shop_web", database="shop", autocommit=True)
cursor = connection.cursor()
for sql, parameters in statements(cursor):
    cursor.execute(sql, parameters)
connection.close()
