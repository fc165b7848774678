"""The shop's addresses with silk's."""

from config.urls import urlpatterns as shop
from django.urls import include, path

urlpatterns = [*shop, path("silk/", include("silk.urls", namespace="silk"))]
