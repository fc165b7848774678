"""What visitors ask for who look around and now and then buy: the same each time."""

# Of each visit, by their user names.
VISITORS = ["customer1", "customer2", "manager"]


def walk(products, rounds):
    """Which visitor asks, by which method, for which path, and the status expected."""
    for round in range(rounds):
        visitor, product = round % len(VISITORS), products[round % len(products)]
        for path in ["/", "/category/garden/", product.get_absolute_url(), "/orders/"]:
            yield visitor, "get", path, 200
        if round % 12 == 5:
            yield visitor, "post", f"/basket/add/{product.pk}/", 302
            yield visitor, "post", "/checkout/", 302
