"""Why a score is not higher, in words. Each compares with the shoppers that the model was trained on."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASON_TEXT: dict[str, Promise | str] = {
    "no_orders": _("You have no paid order yet."),
    "one_order": _("You have one paid order so far, which says little."),
    "long_since_last_order": _("Your last order is longer ago than is usual."),
    "few_recent_orders": _("You have ordered less often in the last months than is usual."),
    "few_orders": _("You have fewer orders in all than is usual."),
    "little_spent": _("Your orders come to less in all than is usual."),
    "small_orders": _("Your orders are smaller than is usual."),
    "new_customer": _("Your first order is not as long ago as is usual."),
    "orders_far_apart": _("More time passes between your orders than is usual."),
    "later_than_usual": _("For how often you order, your last order is longer ago than is usual."),
    "few_categories": _("You have bought from fewer categories than is usual."),
    "often_undone": _("A larger share of your orders was cancelled or refunded than is usual."),
}
