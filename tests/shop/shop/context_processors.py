from .baskets import Basket
from .models import Category


def menu(request):
    """The categories on top of every page."""
    return {"menu": Category.objects.filter(parent=None).prefetch_related("children")}


def basket(request):
    return {"basket": Basket(request.session)}
