"""What delivery costs wherever nothing is known of the address."""

from django.db.models import Exists, Subquery

from shop.models import DeliveryRule
from shop.models.catalogue import ProductQuerySet

TERMS = ("fee", "free_from", "days")


def with_delivery_terms(products: ProductQuerySet) -> ProductQuerySet:
    """Each with `delivery_fee`, `delivery_free_from` and `delivery_days` of the rule for all provinces, and
    whether `delivery_differs` in some; in the statement that reads the product."""
    rules = DeliveryRule.objects.filter(is_active=True)
    everywhere = rules.filter(regions__regex=r"^\s*$").order_by("rank", "pk")
    terms = {f"delivery_{name}": Subquery(everywhere.values(name)[:1]) for name in TERMS}
    return products.annotate(**terms, delivery_differs=Exists(rules.exclude(regions__regex=r"^\s*$")))
