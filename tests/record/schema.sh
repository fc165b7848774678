#!/usr/bin/env bash
# The shop's schema as each tool writes it, with what else a database may have (schema.postgresql.sql,
# schema.mariadb.sql), and beside it what the server's own catalogue says of its indexes
# (NAME.indexes.json), which the reader must equal: pg_dump, SHOW CREATE TABLE in four spellings,
# mariadb-dump, sqlite3 .schema, and sqlmigrate of all migrations for each of the three.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
source "$here/../shop/mariadb.sh"
target=$here/../data/schema

mkdir -p "$target"
make_server
trap 'stop_server; stop_mariadb; rm -rf "$work"' EXIT
cd "$shop"

# Every migration's SQL, in the order in which they are applied.
sqlmigrate() {
    "$python" manage.py showmigrations --plan | sed -n 's/^\[.\]  \([a-z]*\)\.\(\S*\).*/\1 \2/p' |
        while read -r app migration; do "$python" manage.py sqlmigrate "$app" "$migration" </dev/null; done
}

# SQLite: what migrate made, and what sqlmigrate says it makes.
export SHOP_SQLITE=$work/shop.sqlite3
sqlmigrate >"$target/sqlmigrate-sqlite.sql"
"$python" manage.py migrate --verbosity 0
sqlite3 "$SHOP_SQLITE" .schema >"$target/sqlite.sql"
"$python" - "$SHOP_SQLITE" >"$target/sqlite.indexes.json" <<'PYTHON'
import json, sqlite3, sys

database = sqlite3.connect(sys.argv[1])
rows = []
for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
    # A rowid that has a name is the primary key, without an index of its own.
    keys = sorted((key, name) for _, name, *_, key in database.execute(f'PRAGMA table_info("{table}")') if key)
    origins = [(name, unique, origin) for _, name, unique, origin, _ in database.execute(f'PRAGMA index_list("{table}")')]
    if keys and not any(origin == "pk" for *_, origin in origins):
        rows.append([table, True, [name for _, name in keys]])
    for name, unique, _ in origins:
        rows.append([table, bool(unique), [column for *_, column in database.execute(f'PRAGMA index_info("{name}")')]])
print("[" + ",\n".join(json.dumps(row) for row in sorted(rows)) + "]")
PYTHON
unset SHOP_SQLITE

start_server
administer --command='CREATE ROLE shop_web LOGIN' --command='CREATE DATABASE shop OWNER shop_web'
export SHOP_POSTGRES_PORT=$postgres_port
PGOPTIONS='' sqlmigrate >"$target/sqlmigrate-postgresql.sql"
PGOPTIONS='' "$python" manage.py migrate --verbosity 0
postgres_indexes() {
    administer --dbname=shop >"$target/$1.indexes.json" <<'SQL'
SELECT '[' || string_agg(entry::text, E',\n' ORDER BY entry::text) || ']'
  FROM (SELECT json_build_array(
                   CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || t.relname,
                   i.indisunique,
                   (SELECT json_agg(a.attname ORDER BY k.place)
                      FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
                      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0)) AS entry
          FROM pg_index i
          JOIN pg_class t ON t.oid = i.indrelid
          JOIN pg_class x ON x.oid = i.indexrelid
          JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')) AS entries
SQL
}
postgres_indexes sqlmigrate-postgresql
administer --dbname=shop <"$here/schema.postgresql.sql"
postgres_indexes pg_dump
"$postgres_bin/pg_dump" --schema-only --dbname=shop |
    sed -e '/^\\\(un\)\?restrict /s/ .*/ token/' >"$target/pg_dump.sql"
unset SHOP_POSTGRES_PORT
stop_server

source "$here/python.sh"
make_mariadb
export SHOP_MYSQL_PORT=$mysql_port
sqlmigrate >"$target/sqlmigrate-mysql.sql"
"$python" manage.py migrate --verbosity 0
mysql_indexes() {
    administer_mariadb --batch --skip-column-names --execute="
        SELECT CONCAT('[', GROUP_CONCAT(entry ORDER BY entry SEPARATOR ',\n'), ']')
          FROM (SELECT CONCAT('[\"', TABLE_NAME, '\", ', IF(NON_UNIQUE, 'false', 'true'), ', [',
                              GROUP_CONCAT('\"', COLUMN_NAME, '\"' ORDER BY SEQ_IN_INDEX SEPARATOR ', '), ']]') AS entry
                  FROM information_schema.STATISTICS
                 WHERE TABLE_SCHEMA = 'shop'
                 GROUP BY TABLE_NAME, INDEX_NAME, NON_UNIQUE) AS entries" --init-command='SET SESSION group_concat_max_len = 1000000' --raw >"$target/$1.indexes.json"
}
mysql_indexes sqlmigrate-mysql
administer_mariadb shop <"$here/schema.mariadb.sql"
mysql_indexes mariadb
tables=$(administer_mariadb --batch --skip-column-names shop --execute="SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'" | cut -f 1)
statements= vertical=
while read -r table; do
    statements+="SHOW CREATE TABLE \`${table//\`/\`\`}\`;"
    vertical+="SHOW CREATE TABLE \`${table//\`/\`\`}\`\\G "
done <<<"$tables"
administer_mariadb shop --execute="$vertical" >"$target/show_vertical.txt"
administer_mariadb shop --batch --execute="$statements" >"$target/show_batch.txt"
administer_mariadb shop --batch --skip-column-names --execute="$statements" >"$target/show_bare.txt"
administer_mariadb shop --table --execute="$statements" >"$target/show_table.txt"
mariadb-dump --no-defaults --socket="$mysql_work/sock" --user=root --no-data --routines --skip-dump-date shop >"$target/mariadb_dump.sql"

chmod 644 "$target"/*
wc --bytes "$target"/*
