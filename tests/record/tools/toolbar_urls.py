"""The shop's addresses with debug-toolbar's."""

from config.urls import urlpatterns as shop
from debug_toolbar.toolbar import debug_toolbar_urls

urlpatterns = [*shop, *debug_toolbar_urls()]
