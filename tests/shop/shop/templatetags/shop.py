from django import template

from shop.faults import fault
from shop.models import Customer

register = template.Library()


@register.simple_tag(takes_context=True)
def price(context, amount):
    """An amount in the visitor's currency."""
    return context["prices"].format(amount)


@register.simple_tag(takes_context=True)
def total(context, amount):
    """What a whole order costs, in the visitor's currency."""
    return context["prices"].format_total(amount)


@register.simple_tag(takes_context=True)
def rendered(context, name):
    """The template with what is there: looked up anew each time, as forms do for their widgets."""
    return context.template.engine.get_template(name).render(context)


@register.simple_tag(takes_context=True)
def allowed(context, permission):
    """Whether the visitor may: for the links of the staff."""
    user = context["request"].user
    if fault("heavy_auth") and user.is_authenticated:
        user = Customer.objects.get(pk=user.pk)
    return user.has_perm(permission)
