from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .faults import fault
from .models import Product


class LastSeenMiddleware:
    """Remembers when a signed-in customer was last here, to the quarter of an hour."""

    STEP = timedelta(minutes=15)

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            self.remember(request)
            if fault("hashing"):
                check_password("shop", request.user.password)
        return self.get_response(request)

    def remember(self, request):
        now = timezone.now()
        last_seen = parse_datetime(request.session.get("last_seen", ""))
        if fault("heavy_session"):
            request.session["last_seen"] = now.isoformat()
            request.session["recommended"] = [
                {"name": product.name, "description": product.description * 4}
                for product in Product.objects.active()[:100]
            ]
        elif last_seen is None or now - last_seen > self.STEP:
            request.session["last_seen"] = now.isoformat()
