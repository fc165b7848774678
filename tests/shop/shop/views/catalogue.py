import csv

from django.core.paginator import Paginator
from django.db.models import Avg, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from shop.faults import fault
from shop.highlighting import highlight
from shop.instalments import instalments
from shop.models import Category, OrderLine, Product
from shop.pricing import prices_for

PER_PAGE = 24
FOUND_PER_PAGE = 72


def front(request):
    newest = Product.objects.active().for_cards()[:12]
    return render(
        request,
        "shop/front.html",
        {"newest": newest, "best_sellers": best_sellers(), "prices": prices_for(request.user)},
    )


def best_sellers():
    sold = OrderLine.objects.values("product").annotate(sold=Sum("quantity"))
    keys = [row["product"] for row in sold.order_by("-sold", "product")[:20]]
    if fault("single_gets"):
        return [Product.objects.get(pk=key) for key in keys]
    found = Product.objects.in_bulk(keys)
    return [found[key] for key in keys]


def category(request, slug):
    category = get_object_or_404(Category.objects.select_related("parent"), slug=slug)
    products = Product.objects.active().filter(Q(category=category) | Q(category__parent=category))
    if not fault("n_plus_one"):
        products = products.for_cards()
    per_page = 10_000 if fault("unbounded") else PER_PAGE
    page = Paginator(products, per_page).get_page(request.GET.get("page"))
    return render(
        request,
        "shop/category.html",
        {"category": category, "page": page, "prices": prices_for(request.user)},
    )


def product(request, slug):
    product = get_object_or_404(
        Product.objects.active().for_cards().prefetch_related("reviews__customer"), slug=slug
    )
    reviews = product.reviews.all()
    if fault("count_after_select"):
        rating = product.reviews.aggregate(average=Avg("rating"))["average"]
        stars = [(star, product.reviews.filter(rating=star).count()) for star in range(5, 0, -1)]
        count = product.reviews.order_by("pk").count()
    else:
        ratings = [review.rating for review in reviews]
        rating = sum(ratings) / len(ratings) if ratings else None
        stars = [(star, ratings.count(star)) for star in range(5, 0, -1)]
        count = len(ratings)
    return render(
        request,
        "shop/product.html",
        {
            "product": product,
            "reviews": reviews,
            "review_count": count,
            "rating": rating,
            "stars": stars,
            "related": product.related(),
            "instalments": instalments(product.price),
            "prices": prices_for(request.user),
        },
    )


def search(request):
    words = request.GET.get("q", "").split()
    products = Product.objects.active().for_cards()
    for word in words:
        products = products.filter(Q(name__icontains=word) | Q(description__icontains=word))
    found = list(products[:FOUND_PER_PAGE])
    if fault("count_after_select") or len(found) == FOUND_PER_PAGE:
        count = products.count()
    else:
        count = len(found)
    for product in found:
        product.excerpt = highlight(product.description, words)
    return render(
        request,
        "shop/search.html",
        {"words": words, "products": found, "count": count, "prices": prices_for(request.user)},
    )


def feed(request):
    """All products as CSV, for price comparison sites: streamed from a server-side cursor."""
    response = HttpResponse(content_type="text/csv")
    writer = csv.writer(response)
    writer.writerow(["sku", "name", "category", "price"])
    products = Product.objects.active().select_related("category").order_by("pk")
    for product in products.iterator(chunk_size=500):
        writer.writerow([product.sku, product.name, product.category.name, product.price])
    return response
