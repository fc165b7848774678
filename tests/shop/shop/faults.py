"""The mistakes this shop can make, each switched on by name in settings.SHOP_FAULTS.

Every page has one clean way and, where a fault belongs to it, one faulty way to the same HTML, so
that what a tool finds (and what it says a fix would save) can be held against the difference.
"""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FAULTS = {
    "n_plus_one": "related rows are fetched one by one in template loops (orders, category)",
    "duplicates": "the same exchange rate is looked up again for every price on a page",
    "slow_report": "the report runs a correlated subquery over unindexed columns",
    "python_report": "the report loads every row and adds up in Python",
    "unbounded": "lists are not paginated (category, orders)",
    "row_inserts": "checkout inserts, and updates stock, line by line",
    "count_after_select": "rows are fetched and then counted by another query (product, search)",
    "heavy_session": "every request rewrites a session that holds whole products",
    "heavy_auth": "permissions are asked of a freshly loaded user each time",
    "regex": "the search compiles a regular expression for every word of every result",
    "deepcopy": "the price list is copied deeply for every price",
    "single_gets": "the best sellers are loaded one by one, by primary key",
    "instalments": "monthly rates are found by trying one cent after the other",
    "unindexed": "the report looks its sales up by the article number, which has no index",
    "logging": "every price is logged with the whole price list and the stack",
    "json": "the discounts are read from JSON for every order",
    "hashing": "the visitor's password is checked again on every page",
    "static_files": "the style sheet is served by Django",
    "in_turn": "the totals are asked for one after the other",
    "uncached_templates": "templates are parsed again for every request",
    "payment": "the order's transaction stays open while the payment service is asked",
    "reconnect": "every request opens a connection of its own (CONN_MAX_AGE = 0)",
    "overindexed": "products have indexes that nothing reads (stocktake)",
    "one_server": "every read goes to the server that is written to (crowd)",
    "runtime_import": "the report imports its charts when it draws the first (set from the start)",
}


def fault(name):
    """Whether the fault is on."""
    if name not in FAULTS:
        raise ImproperlyConfigured(f"no such fault: {name}; there are {', '.join(FAULTS)}")
    return name in settings.SHOP_FAULTS
