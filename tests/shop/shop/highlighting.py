"""The words searched for, marked in a text."""

import re
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import mark_safe

from .faults import fault


def highlight(text, words):
    html = escape(text)
    if not words:
        return html
    wanted = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    if fault("regex"):
        # One expression for each pair of words: far more than the re module keeps compiled.
        for before, word in pairwise(["", *re.findall(r"\w+", html)]):
            pair = re.compile(rf"\b({before}(?:</mark>)?\W*)\b({word})\b(?!</mark>)")
            if wanted.search(word):
                html = pair.sub(r"\1<mark>\2</mark>", html)
    else:
        html = re.sub(rf"(?i)\b(\w*(?:{wanted.pattern})\w*)\b", r"<mark>\1</mark>", html)
    return mark_safe(html)
