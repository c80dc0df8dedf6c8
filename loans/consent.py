"""What a customer agrees to before they tell anything of their money. A changed text is a new version."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CONSENT_VERSION = "2026-11"
CONSENT_TEXT: tuple[Promise | str, ...] = (
    _("Larder works out a shop score from your paid orders, and weighs it with the income and the obligations that you enter."),  # noqa: E501
    _("What you enter is encrypted, is used to decide this application alone, and is deleted once the time that the desk keeps it for is over."),  # noqa: E501
    _("The decision is made by written rules. You are told the reasons, and you can ask a person to look at it."),  # noqa: E501
    _("A loan is paid out as a coupon that you spend in this shop, and you repay it in money, by instalments."),  # noqa: E501
)  # fmt: skip
