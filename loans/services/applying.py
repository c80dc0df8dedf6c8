"""From consent to a submitted application, and out of it again."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from loans.consent import CONSENT_VERSION
from loans.exceptions import ApplicationMoved, ConsentOutdated, LoanError, NotEligible, Purged
from loans.models import Application, ApplicationEvent, Offer
from loans.models.applications import ApplicationStatus
from loans.offers import Finances, Request
from loans.sealing import seal, unseal
from loans.selectors.eligibility import eligibility_of
from loans.services.locks import lock_application
from loans.services.moves import move_application
from loans.services.news import tell_loan_desk
from shop.models import Customer
from shop.services.locks import lock_buyer
from shop.services.numbers import new_number

DRAFT_DAYS = 7


def start_application(*, customer: Customer, consent_version: str) -> Application:
    """The customer's open application, or a draft. Raises ConsentOutdated, NotEligible, BuyingLocked."""
    if consent_version != CONSENT_VERSION:
        raise ConsentOutdated
    found = eligibility_of(customer)
    if found.open_application:
        return found.open_application
    if found.obstacle:
        raise NotEligible(found.obstacle)
    try:
        return _start(customer)
    except IntegrityError:  # the same customer, at the same moment, in another window
        return Application.objects.get(open_for=customer)


@transaction.atomic
def _start(customer: Customer) -> Application:
    lock_buyer(customer)
    application = Application.objects.create(
        number=new_number(), customer=customer, open_for=customer,
        consent_version=CONSENT_VERSION, consented_at=timezone.now(),
    )  # fmt: skip
    ApplicationEvent.objects.create(application=application, status=ApplicationStatus.DRAFT, actor=customer)
    return application


@transaction.atomic
def submit_application(*, application: Application, finances: Finances, request: Request) -> Application:
    """Seal what the customer says and hand it in. Raises ApplicationMoved, BuyingLocked."""
    lock_buyer(application.customer)
    locked = lock_application(application.pk)
    move_application(
        locked, ApplicationStatus.SUBMITTED, locked.customer,
        amount=request.amount, months=request.months, submitted_at=timezone.now(),
        sealed=seal(_row(locked), _page(finances)),
    )  # fmt: skip
    return locked


def finances_of(application: Application) -> Finances:
    """Raises Purged, or Unsealable."""
    if not application.sealed:
        raise Purged
    return finances_from(unseal(_row(application), application.sealed))


def finances_from(page: dict[str, Any]) -> Finances:
    return Finances(
        income=Decimal(page["income"]), coapplicant_income=Decimal(page["coapplicant_income"]),
        obligations=Decimal(page["obligations"]), has_credit_history=page["has_credit_history"],
    )  # fmt: skip


@transaction.atomic
def withdraw_application(*, application: Application) -> None:
    """By the customer, before it is accepted or declined. Raises ApplicationMoved."""
    locked = lock_application(application.pk)
    move_application(locked, ApplicationStatus.WITHDRAWN, locked.customer)
    withdraw_offers(locked)


@transaction.atomic
def ask_for_review(*, application: Application) -> None:
    """The way to a person: once an application. Raises ApplicationMoved, NotEligible, BuyingLocked."""
    lock_buyer(application.customer)
    locked = lock_application(application.pk)
    if locked.asked_for_review_at or not _is_answered_otherwise(locked):
        raise ApplicationMoved(locked)
    try:
        with transaction.atomic():
            move_application(
                locked, ApplicationStatus.IN_REVIEW, locked.customer, asked_for_review_at=timezone.now()
            )
    except IntegrityError as error:
        raise NotEligible("open-application") from error
    withdraw_offers(locked)
    tell_loan_desk(f"Loan application {locked.number}: a person is asked for", "It stands in the queue.")


def expire_applications() -> int:
    """Drafts that nobody handed in, and offers that nobody accepted in time. Returns how many."""
    now = timezone.now()
    drafts = Application.objects.filter(
        status=ApplicationStatus.DRAFT, created_at__lte=now - timedelta(days=DRAFT_DAYS)
    )
    offered = Application.objects.filter(status=ApplicationStatus.OFFERED).exclude(
        offers__in=Offer.objects.standing()
    )
    ids = [*drafts.values_list("pk", flat=True), *offered.values_list("pk", flat=True)]
    return sum(_expire(application_id) for application_id in sorted(ids))


def withdraw_offers(application: Application) -> None:
    Offer.objects.filter(application=application, withdrawn_at=None).update(withdrawn_at=timezone.now())


@transaction.atomic
def _expire(application_id: int) -> bool:
    locked = lock_application(application_id)
    if locked.status == ApplicationStatus.OFFERED and locked.offers.standing().exists():
        return False
    try:
        move_application(locked, ApplicationStatus.EXPIRED, None)
    except LoanError:
        return False
    return True


def _is_answered_otherwise(application: Application) -> bool:
    """Declined, or offered something else than was asked for."""
    if application.status == ApplicationStatus.DECLINED:
        return True
    last = application.decisions.last()
    return application.status == ApplicationStatus.OFFERED and bool(last and last.is_counter)


def _row(application: Application) -> str:
    return f"application:{application.number}"


def _page(finances: Finances) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(finances).items()
    }
