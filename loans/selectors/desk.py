"""What the pages of the loan desk show of a customer's applications."""

from django.db.models import QuerySet

from loans.models import Application, Decision, Offer
from loans.models.applications import ApplicationStatus
from shop.models import Customer

WITHDRAWABLE = (
    ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW,
    ApplicationStatus.OFFERED,
)  # fmt: skip


def applications_of(customer: Customer) -> QuerySet[Application]:
    """Those that are over, newest first; a draft that nobody handed in has nothing to show."""
    return (
        Application.objects.filter(customer=customer, open_for=None)
        .exclude(submitted_at=None)
        .select_related("loan")
    )


def last_decision(application: Application) -> Decision | None:
    return application.decisions.select_related("policy").order_by("pk").last()


def offers_of(customer: Customer) -> QuerySet[Offer]:
    return Offer.objects.filter(application__customer=customer).select_related(
        "application", "decision__policy"
    )


def can_ask_for_person(application: Application, decision: Decision | None) -> bool:
    """Once, about a decline or a counter-offer; and only while no other application is open."""
    if application.asked_for_review_at or decision is None:
        return False
    if application.status == ApplicationStatus.OFFERED:
        return decision.is_counter
    is_declined = application.status == ApplicationStatus.DECLINED
    return is_declined and not Application.objects.filter(open_for=application.customer_id).exists()
