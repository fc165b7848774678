"""Fills an empty shop with the same data every time."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.text import slugify

from shop.models import (
    Category,
    Customer,
    ExchangeRate,
    Image,
    Order,
    OrderLine,
    Product,
    Review,
    Tag,
)

START = datetime(2025, 9, 1, 8, 0, tzinfo=UTC)
ROOMS = "Kitchen|Living room|Bedroom|Bathroom|Garden|Office".split("|")
KINDS = "Lamps|Chairs|Tables|Shelves".split("|")
MATERIALS = "oak|ash|walnut|steel|brass|linen|cotton|wool|glass|stoneware".split("|")
COLOURS = "red|blue|green|white|black|sand|smoke|rosé".split("|")
THINGS = {"Lamps": "lamp", "Chairs": "chair", "Tables": "table", "Shelves": "shelf"}
FIRST_NAMES = "Ada|Grace|Alan|Edsger|Barbara|Donald|Frances|Niklaus|Zoë|Łukasz".split("|")
LAST_NAMES = "O'Neil|Fernández|Smith|Jones|Núñez|Brown|Weiß|Kowalski|Okafor|Ito".split("|")
CITIES = ["Leeds", "Cork", "São Paulo", "Malmö", "Dún Laoghaire", "Bath", "York"]
WORDS = (
    "simple sturdy light warm quiet useful handmade solid small wide narrow round soft bright "
    "plain lasting it's well-made repairable from a family workshop near the sea"
).split()


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--products", type=int, default=600)
        parser.add_argument("--customers", type=int, default=200)
        parser.add_argument("--orders", type=int, default=3000)

    @transaction.atomic
    def handle(self, *, products, customers, orders, **options):
        self.random = random.Random(1838)
        self.catalogue(products)
        self.people(customers)
        self.sales(orders)

    def text(self, words):
        return " ".join(self.random.choices(WORDS, k=words)).capitalize() + "."

    def moment(self):
        return START + timedelta(seconds=self.random.randrange(360 * 86_400))

    def catalogue(self, number):
        for room in ROOMS:
            root = Category.objects.create(name=room, slug=slugify(room))
            for kind in KINDS:
                name = f"{room} {kind.lower()}"
                Category.objects.create(name=name, slug=slugify(name), parent=root)
        leaves = list(Category.objects.exclude(parent=None))
        tags = [Tag.objects.create(name=name) for name in sorted({*MATERIALS, *COLOURS})]
        products = []
        for index in range(number):
            category = self.random.choice(leaves)
            material, colour = self.random.choice(MATERIALS), self.random.choice(COLOURS)
            thing = THINGS[next(kind for kind in KINDS if category.name.endswith(kind.lower()))]
            products.append(
                Product(
                    category=category,
                    name=f"{colour} {material} {thing} No. {index + 1}".capitalize(),
                    slug=f"{slugify(f'{colour} {material} {thing}')}-{index + 1}",
                    sku=f"{material[:2]}{colour[:2]}-{index + 1:05}",
                    description=self.text(self.random.randint(20, 80)),
                    price=Decimal(self.random.randrange(500, 90_000)) / 100,
                    stock=self.random.randrange(200),
                    created=self.moment(),
                )
            )
        self.products = Product.objects.bulk_create(products, batch_size=500)
        through = Product.tags.through
        through.objects.bulk_create(
            [
                through(product_id=product.pk, tag_id=tag.pk)
                for product in self.products
                for tag in self.random.sample(tags, 3)
            ],
            batch_size=500,
        )
        Image.objects.bulk_create(
            [
                Image(
                    product=product,
                    path=f"/media/{product.slug}-{position}.webp",
                    alt=f"{product.name}, {['front', 'side'][position]}",
                    position=position,
                )
                for product in self.products
                for position in range(2)
            ],
            batch_size=500,
        )

    def people(self, number):
        for currency, rate in {"GBP": "1", "EUR": "1.15432", "SEK": "12.87015"}.items():
            ExchangeRate.objects.create(currency=currency, rate=rate)
        # One hash for all: hashing two hundred passwords would take half a minute.
        password = make_password("shop", salt="shop")
        staff = Customer(
            username="manager",
            password=password,
            first_name="Mary",
            last_name="Poovey",
            city="Leeds",
            is_staff=True,
            is_superuser=True,
        )
        customers = [
            Customer(
                username=f"customer{index}",
                password=password,
                first_name=self.random.choice(FIRST_NAMES),
                last_name=self.random.choice(LAST_NAMES),
                city=self.random.choice(CITIES),
                currency=self.random.choice(["GBP", "GBP", "EUR", "SEK"]),
                email=f"customer{index}@example.com",
            )
            for index in range(1, number + 1)
        ]
        self.customers = Customer.objects.bulk_create([staff, *customers], batch_size=500)[1:]
        Review.objects.bulk_create(
            [
                Review(
                    product=self.random.choice(self.products),
                    customer=self.random.choice(self.customers),
                    rating=self.random.choice([2, 3, 4, 4, 5, 5]),
                    text=self.text(self.random.randint(5, 30)),
                    created=self.moment(),
                )
                for _ in range(len(self.products) * 6)
            ],
            batch_size=500,
        )

    def sales(self, number):
        placed = sorted(self.moment() for _ in range(number))
        orders = Order.objects.bulk_create(
            [
                Order(
                    customer=self.random.choice(self.customers),
                    number=f"S-{index:06}",
                    status=self.random.choice(Order.Status.values[1:]),
                    placed=moment,
                    note=self.random.choice(["", "", "Please ring twice; I'm at the back."]),
                )
                for index, moment in enumerate(placed, 1)
            ],
            batch_size=500,
        )
        lines = []
        for order in orders:
            for product in self.random.sample(self.products, self.random.choice([1, 1, 2, 3, 5])):
                lines.append(
                    OrderLine(
                        order=order,
                        product=product,
                        quantity=self.random.choice([1, 1, 1, 2, 4]),
                        price=product.price,
                    )
                )
        OrderLine.objects.bulk_create(lines, batch_size=500)
