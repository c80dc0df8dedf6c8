"""An offer's agreement: read, downloaded, accepted."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from loans.agreement import agreement_of_offer
from loans.exceptions import LoanError
from loans.forms import AcceptanceForm
from loans.models import Loan, Offer
from loans.pdf import agreement_pdf
from loans.selectors.desk import offers_of
from loans.sentences import clauses_of, figures_of, sentence
from loans.services.lending import Acceptance, accept_offer
from loans.views.files import pdf_answer
from shop.exceptions import ShopError
from shop.views.account import CustomerRequest, for_customers


@require_safe
@for_customers
def offer(request: CustomerRequest, number: str) -> HttpResponse:
    shown = own_offer(request, number)
    if loan := loan_of(shown):
        return redirect("loans:loan", loan.number)
    return agreement_page(request, shown, AcceptanceForm())


@require_POST
@for_customers
def accept(request: CustomerRequest, number: str) -> HttpResponse:
    """Accepted twice it is the same loan."""
    chosen = own_offer(request, number)
    form = AcceptanceForm(request.POST)
    if not form.is_valid():
        return agreement_page(request, chosen, form, status=422)
    acceptance = Acceptance(number, form.cleaned_data["terms_hash"])
    try:
        loan = accept_offer(customer=request.user, acceptance=acceptance)
    except (LoanError, ShopError) as error:
        return agreement_page(request, chosen, AcceptanceForm(), error=sentence(error), status=409)
    return redirect("loans:loan", loan.number)


@require_safe
@for_customers
def agreement_file(request: CustomerRequest, number: str) -> HttpResponse:
    shown = own_offer(request, number)
    return pdf_answer(agreement_pdf(agreement_of_offer(shown), request.user), f"larder-offer-{number}.pdf")


def own_offer(request: CustomerRequest, number: str) -> Offer:
    return get_object_or_404(offers_of(request.user), number=number)


def loan_of(shown: Offer) -> Loan | None:
    return Loan.objects.filter(offer=shown).first()


def agreement_page(
    request: CustomerRequest, shown: Offer, form: AcceptanceForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    agreement = agreement_of_offer(shown)
    context = {
        "offer": shown,
        "agreement": agreement,
        "figures": figures_of(agreement),
        "clauses": clauses_of(agreement),
        "form": form,
        "error": error,
    }
    return render(request, "loans/agreement.html", context, status=status)
