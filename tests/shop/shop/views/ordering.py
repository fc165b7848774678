import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from shop.baskets import Basket
from shop.faults import fault
from shop.models import Order, OrderLine, Product
from shop.pricing import prices_for

PER_PAGE = 25


@login_required
def orders(request):
    """A customer's own orders; everybody's for the staff."""
    orders = Order.objects.all()
    if not request.user.is_staff:
        orders = orders.filter(customer=request.user)
    if not fault("n_plus_one"):
        orders = orders.for_list()
    per_page = 10_000 if fault("unbounded") else PER_PAGE
    page = Paginator(orders, per_page).get_page(request.GET.get("page"))
    return render(
        request,
        "shop/orders.html",
        {
            "page": page,
            "summary": Order.objects.summary() if request.user.is_staff else [],
            "prices": prices_for(request.user),
        },
    )


@require_POST
def add_to_basket(request, pk):
    product = get_object_or_404(Product.objects.active(), pk=pk)
    Basket(request.session).add(product, int(request.POST.get("quantity", 1)))
    messages.success(request, f"{product} is in your basket.")
    return redirect(product)


@login_required
def checkout(request):
    basket = Basket(request.session)
    items = basket.items()
    if request.method == "POST" and items:
        if not fault("payment"):
            time.sleep(settings.SHOP_PAYMENT)
        order = place_order(request.user, items, request.POST.get("note", ""))
        basket.clear()
        messages.success(request, f"Thank you. Your order is {order}.")
        return redirect("orders")
    return render(
        request, "shop/checkout.html", {"items": items, "prices": prices_for(request.user)}
    )


@transaction.atomic
def place_order(customer, items, note):
    if fault("payment"):
        Product.objects.filter(pk=items[0][0].pk).update(stock=F("stock"))
        # What asking somebody else takes.
        time.sleep(settings.SHOP_PAYMENT or 0.3)
    order = Order.objects.create(
        customer=customer,
        # With the customer in it: two may order at once.
        number=f"S-{Order.objects.count() + 1:06}-{customer.pk}",
        placed=timezone.now(),
        note=note,
    )
    lines = [
        OrderLine(order=order, product=product, quantity=quantity, price=product.price)
        for product, quantity in items
    ]
    if fault("row_inserts"):
        for line in lines:
            line.save()
            Product.objects.filter(pk=line.product_id).update(stock=F("stock") - line.quantity)
    else:
        OrderLine.objects.bulk_create(lines)
        for product, quantity in items:
            product.stock -= quantity
        Product.objects.bulk_update([product for product, _ in items], ["stock"])
    return order
