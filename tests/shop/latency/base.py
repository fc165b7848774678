import time

from django.conf import settings
from django.db.backends.sqlite3 import base


# With the name of its base, and without super(): since Python 3.12 profiles show calls by super() a
# second time, under the name of the object's class.
class SQLiteCursorWrapper(base.SQLiteCursorWrapper):
    def execute(self, query, params=None):
        self.round_trip()
        return base.SQLiteCursorWrapper.execute(self, query, params)

    def executemany(self, query, param_list):
        self.round_trip()
        return base.SQLiteCursorWrapper.executemany(self, query, param_list)

    def round_trip(self):
        # Waited for inside SQLite, so that a profiler sees a driver that waits for its database.
        self.connection.execute("SELECT round_trip(?)", (settings.SHOP_ROUND_TRIP / 1000,))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.create_function("round_trip", 1, time.sleep)
        return connection

    def create_cursor(self, name=None):
        return self.connection.cursor(factory=SQLiteCursorWrapper)
