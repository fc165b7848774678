#!/usr/bin/env bash
# Profiles of what the rules about profiles know: waiting, JSON, hashing, logging, static files, imports,
# templates, many calls; and of what they must not be taken in by. What only the order of time shows is traced by
# VizTracer (rules/turns.py). Names of cases may follow: only those.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/python.sh"
source "$here/../shop/mariadb.sh"
target=$here/../data/rules

mkdir -p "$target"
export PYTHONDONTWRITEBYTECODE=1
if [[ $# = 0 ]]; then
    set -- wait_for_stock wait_for_worker lock_file check_output idle_server sleepy_server read_pipe run_program use_pool run_loop \
        read_prices read_prices_between_sums encode_prices encode_simply flask_json \
        hash_plainly hash_scrypt hash_bcrypt hash_argon2 hash_werkzeug \
        log_nothing log_with_structlog log_with_loguru \
        numbers_generated sum_expression sum_with_lambda append_numbers search_list deep_copies \
        imports_late imports_later script start_django pytest \
        static_alone static_among_pages flask_static ask_database ask_server \
        relations_in_a_template saves_in_a_loop mapped_relations relations_in_the_query \
        objects_made_for_one_statement creates_in_a_loop print_many \
        django_template_anew jinja_rendered jinja_anew stripped \
        ask_in_turn ask_under_a_lock ask_at_once ask_once wait_for_the_other poll_for_the_other \
        report_again_and_again report_once report_of_parts report_of_a_generator
fi
trap stop_mariadb EXIT
for name in "$@"; do
    if [[ $name = ask_database ]]; then
        make_mariadb
        export RULES_MYSQL_PORT=$mysql_port
    fi
    case $name in
        ask_in_turn | ask_under_a_lock | ask_at_once | ask_once | wait_for_the_other | poll_for_* | report_*)
            recorder=trace.py file=$name.trace.json
            ;;
        *) recorder=record.py file=$name.prof ;;
    esac
    "$python" "$here/rules/$recorder" "$name" "$target" >/dev/null
    gzip --best --no-name --force "$target/$file"
    printf '%s: %d bytes\n' "$name" "$(wc -c <"$target/$file.gz")"
done
chmod 644 "$target"/*
