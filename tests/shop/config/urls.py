from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, re_path
from django.views.static import serve

from shop import views

urlpatterns = [
    path("", views.front, name="front"),
    path("category/<slug:slug>/", views.category, name="category"),
    path("product/<slug:slug>/", views.product, name="product"),
    path("search/", views.search, name="search"),
    path("basket/add/<int:pk>/", views.add_to_basket, name="add_to_basket"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/", views.orders, name="orders"),
    path("report/", views.report, name="report"),
    path("totals/", views.totals, name="totals"),
    path("feed/", views.feed, name="feed"),
    path("login/", LoginView.as_view(), name="login"),
    # Where a web server or WhiteNoise should be.
    re_path(r"^static/(?P<path>.*)$", serve, {"document_root": settings.BASE_DIR / "static"}),
    path("logout/", LogoutView.as_view(), name="logout"),
]
