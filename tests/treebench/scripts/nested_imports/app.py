"""A tool of some modules that each import what they need, some of it late."""

import concurrent.futures
import logging.config
import sqlite3
import tomllib
import urllib.request
import xml.etree.ElementTree

import ledger
from ledger import books, formats

SETTINGS = """
title = "ledger"
[accounts]
cash = 1000
bank = 2000
"""


def fetch(address):
    return urllib.request.Request(address, headers={"Accept": "text/xml"}).get_header("Accept")


def main():
    logging.config.dictConfig({"version": 1, "root": {"level": "WARNING"}})
    settings = tomllib.loads(SETTINGS)
    with sqlite3.connect(":memory:") as connection:
        book = books.Book(connection)
        book.open(settings["accounts"])
        for number in range(40):
            book.move("bank", "cash", number)
        rows = book.rows()
    with concurrent.futures.ThreadPoolExecutor(1):
        fetch("https://example.org/ledger.xml")
    xml.etree.ElementTree.fromstring(formats.as_xml(rows))
    formats.as_text(rows)
    ledger.log.info("done")


main()
