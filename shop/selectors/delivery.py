"""What delivery costs wherever nothing is known of the address."""

from dataclasses import dataclass

from shop.models import DeliveryRule
from shop.remembering import LIST_SECONDS, remembered


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """The rule for all provinces, None where there is none, and whether some have one of their own."""

    rule: DeliveryRule | None
    differs: bool


def delivery_terms() -> DeliveryTerms:
    """As they were at most LIST_SECONDS ago: cart and checkout ask for the rule anew."""
    return remembered("delivery terms", "", LIST_SECONDS, _delivery_terms)


def _delivery_terms() -> DeliveryTerms:
    rules = list(DeliveryRule.objects.filter(is_active=True))
    everywhere = [rule for rule in rules if rule.covers("")]
    return DeliveryTerms(next(iter(everywhere), None), differs=len(everywhere) < len(rules))
