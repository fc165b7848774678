"""What PostgreSQL itself counts for the shop's statements (pg_stat_statements)."""

import psycopg
from django.conf import settings

TIME = """
    SELECT coalesce(sum(total_exec_time + total_plan_time), 0)
      FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
     WHERE rolname = 'shop_web'
"""


def administrator(database):
    """A connection of the one that PGUSER and so on name, who gets into no log."""
    return psycopg.connect(
        port=settings.DATABASES["default"]["PORT"],
        dbname=database,
        autocommit=True,
        options="-c log_min_duration_statement=-1",
    )


class ServerTime:
    """Milliseconds since the last question, of planning (with pg_stat_statements.track_planning) and
    execution: without the network, and without what Python takes."""

    def __init__(self):
        self.connection = administrator("postgres")
        self.last = self.now()

    def now(self):
        return self.connection.execute(TIME).fetchone()[0]

    def since(self):
        before, self.last = self.last, self.now()
        return self.last - before
