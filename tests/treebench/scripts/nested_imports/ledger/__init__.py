import logging

from . import money

log = logging.getLogger(__name__)
EMPTY = money.Money(0)
