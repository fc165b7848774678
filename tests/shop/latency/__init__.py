"""A database backend: Django's SQLite with a round trip before each statement, as to a server.

It stands beside the shop like an installed package, and recordings name it as one.
"""
