"""Sleeps, sorts, serialises, asks a database and hashes: each by a built-in function."""
import hashlib
import json
import random
import sqlite3
import time

data = [random.random() for _ in range(60000)]


def rank():
    return sorted(data)


def wait():
    time.sleep(0.12)


def call_db():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t(a)")
    connection.executemany("insert into t values(?)", [(i,) for i in range(60000)])
    return connection.execute("select count(*) from t a join t b on a.rowid = b.rowid + 1").fetchall()


def main():
    for _ in range(3):
        wait()
    for _ in range(12):
        rank()
    for _ in range(6):
        json.dumps(data)
    call_db()
    hashlib.pbkdf2_hmac("sha256", b"x", b"y", 150000)
