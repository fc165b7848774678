from collections import defaultdict
from decimal import Decimal

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, DecimalField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth, Upper
from django.http import JsonResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from shop.faults import fault
from shop.models import Order, OrderLine, Product, Review
from shop.pricing import prices_for

if not fault("runtime_import"):
    from shop import charts

REVENUE = Sum(
    F("quantity") * F("price"), output_field=DecimalField(max_digits=12, decimal_places=2)
)


@permission_required("shop.view_order")
def report(request):
    """Revenue by month and by product."""
    by_month = months()
    return render(
        request,
        "shop/report.html",
        {
            "months": by_month,
            "chart": chart(by_month),
            "products": products(),
            "prices": prices_for(request.user),
        },
    )


def totals(request):
    """How much there is of everything, for a monitor."""
    models = {"products": Product, "orders": Order, "lines": OrderLine, "reviews": Review}
    if fault("in_turn"):
        return JsonResponse({name: model.objects.count() for name, model in models.items()})
    counts = [
        model.objects.order_by().annotate(kind=Value(name)).values("kind").annotate(n=Count("pk"))
        for name, model in models.items()
    ]
    found = counts[0].union(*counts[1:], all=True).values_list("kind", "n")
    return JsonResponse(dict(sorted(found, key=lambda row: list(models).index(row[0]))))


def chart(by_month):
    if fault("runtime_import"):
        from shop.charts import columns
    else:
        columns = charts.columns
    (drawing,) = columns([row["revenue"] for row in by_month])
    return mark_safe(drawing)


def sold_lines():
    return OrderLine.objects.exclude(order__status=Order.Status.CANCELLED)


def months():
    if fault("python_report"):
        return months_in_python()
    return list(
        sold_lines()
        .annotate(month=TruncMonth("order__placed"))
        .values("month")
        .annotate(revenue=REVENUE, orders=Count("order", distinct=True))
        .order_by("month")
    )


def months_in_python():
    revenue = defaultdict(Decimal)
    orders = defaultdict(set)
    for line in sold_lines().select_related("order"):
        month = line.order.placed.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        revenue[month] += line.amount
        orders[month].add(line.order.number)
    return [
        {"month": month, "revenue": revenue[month], "orders": len(orders[month])}
        for month in sorted(revenue)
    ]


def products():
    if fault("slow_report") or fault("unindexed"):
        # By the article number (as it is printed), which no index knows.
        printed = Upper if fault("slow_report") else F
        article = Upper(OuterRef("sku")) if fault("slow_report") else OuterRef("sku")
        revenue = (
            sold_lines()
            .annotate(article=printed("product__sku"))
            .filter(article=article)
            .values("article")
            .annotate(revenue=REVENUE)
            .values("revenue")
        )
        found = Product.objects.annotate(revenue=Coalesce(Subquery(revenue), Decimal(0)))
        return list(found.order_by("-revenue", "pk").values("name", "sku", "revenue")[:20])
    return list(
        sold_lines()
        .values(name=F("product__name"), sku=F("product__sku"))
        .annotate(revenue=REVENUE)
        .order_by("-revenue", "product")[:20]
    )
