"""A reader looks around."""

from prepare import get

get("/shelves/")
for number in (1, 5, 12):
    get(f"/books/{number}/")
get("/shelves/")
