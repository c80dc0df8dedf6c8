"""What the recommender holds about a customer, for the customer."""

from recommender.exceptions import RecommenderUnavailable
from recommender.models import Impression, Interaction
from recommender.patience import page_patience
from shop.models import Customer
from shop.selectors.feed import shopper

PATIENCE = 2000  # milliseconds: nobody waits for a page here, but for a file


def recommendations(customer: Customer) -> object:
    """What was shown to them and why, and the touches of theirs that it is learnt from.

    A sentence instead where its database does not answer: the rest of the file is whole.
    """
    try:
        with page_patience(PATIENCE):
            return {"shown": _shown(customer), "learnt_from": _touches(customer)}
    except RecommenderUnavailable:
        return "The recommender does not answer just now. Try again later for this part."


def _shown(customer: Customer) -> list[dict[str, object]]:
    rows = Impression.objects.filter(customer_id=customer.pk).prefetch_related("clicks").order_by("shown_at")
    return [
        {
            "shown_at": row.shown_at, "place": row.place, "product_ids": row.product_ids,
            "reasons": row.reasons, "opened": [click.product_id for click in row.clicks.all()],
        }
        for row in rows
    ]  # fmt: skip


def _touches(customer: Customer) -> object:
    rows = Interaction.objects.filter(shopper=shopper(customer.pk)).order_by("at", "pk")
    return list(rows.values("kind", "product_id", "at"))
