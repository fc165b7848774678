from django.template.loaders import base, cached

from .faults import fault


class Loader(cached.Loader):
    """Parses each template once; with the fault each time, as DEBUG did before Django 4.1."""

    # Without super(): since Python 3.12 profiles show calls by it a second time.
    def get_template(self, template_name, skip=None):
        loader = base.Loader if fault("uncached_templates") else cached.Loader
        return loader.get_template(self, template_name, skip)
