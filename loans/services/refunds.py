"""Sending back what loans had no use for, driven by the rows themselves."""

import logging

from loans.models import RepaymentRefund
from loans.services.repaying import pay_out_refund
from shop.exceptions import ProviderUnreachable
from shop.models.payments import RefundStatus

logger = logging.getLogger(__name__)

AT_ONCE = 100


def pay_out_refunds() -> int:
    """A provider that does not answer is asked again next time. Returns how many were paid out."""
    waiting = RepaymentRefund.objects.filter(status=RefundStatus.APPROVED).select_related("payment")
    return sum(_pay_out(refund) for refund in waiting.order_by("pk")[:AT_ONCE])


def _pay_out(refund: RepaymentRefund) -> bool:
    try:
        pay_out_refund(refund=refund)
    except ProviderUnreachable as error:
        logger.warning("refund %s waits: %s", refund.number, error)
        return False
    return True
