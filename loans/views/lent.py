"""A loan: what is due and what was paid, its coupon, the ways to repay it and out of it."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loans.agreement import agreement_of_loan
from loans.exceptions import LoanError
from loans.forms import RepaymentForm
from loans.models import Loan
from loans.models.loans import LoanStatus
from loans.models.repayments import RepaymentKind
from loans.pdf import agreement_pdf, statement_pdf
from loans.selectors.loans import (
    loans_of,
    rescission_obstacle,
    spending_of,
    statement_of,
    unpaid_repayment,
)
from loans.sentences import rescission_sentence, sentence, statement_sentence
from loans.services.books import book_of
from loans.services.lending import rescind_loan
from loans.services.repaying import start_repayment
from loans.settling import Book
from loans.views.files import pdf_answer
from shop.views.account import CustomerRequest, for_customers


@require_safe
@for_customers
def loan(request: CustomerRequest, number: str) -> HttpResponse:
    return loan_page(request, own_loan(request, number))


@require_POST
@for_customers
def repay(request: CustomerRequest, number: str) -> HttpResponse:
    """To the page where a chosen amount is paid. Nothing is charged here."""
    chosen = own_loan(request, number)
    form = RepaymentForm(request.POST)
    if not form.is_valid():
        return loan_page(request, chosen, form, status=422)
    kind, amount = RepaymentKind(form.cleaned_data["kind"]), form.cleaned_data["amount"]
    if kind == RepaymentKind.AHEAD and amount is None:
        form.add_error("amount", _("Write how much you would like to pay, in figures."))
        return loan_page(request, chosen, form, status=422)
    earlier = unpaid_repayment(chosen, kind, amount or _quoted(book_of(chosen), kind))
    try:
        repayment = earlier or start_repayment(loan=chosen, kind=kind, amount=amount)
    except LoanError as error:
        form.add_error("amount", sentence(error))
        return loan_page(request, chosen, form, status=409)
    return redirect("loans:pay", repayment.number)


@require_POST
@for_customers
def rescind(request: CustomerRequest, number: str) -> HttpResponse:
    chosen = own_loan(request, number)
    if chosen.status != LoanStatus.RESCINDED:  # pressed twice, it is done
        try:
            rescind_loan(loan=chosen)
        except LoanError as error:
            messages.error(request, sentence(error))
        else:
            messages.success(request, _("You have withdrawn from the loan. Nothing is owed."))
    return redirect("loans:loan", number)


@require_safe
@for_customers
def statement(request: CustomerRequest, number: str) -> HttpResponse:
    shown = own_loan(request, number)
    lines = [(statement_sentence(line), line) for line in statement_of(shown)]
    return render(request, "loans/statement.html", {"loan": shown, "lines": lines})


@require_safe
@for_customers
def statement_file(request: CustomerRequest, number: str) -> HttpResponse:
    shown = own_loan(request, number)
    content = statement_pdf(shown, list(statement_of(shown)), request.user)
    return pdf_answer(content, f"larder-statement-{number}.pdf")


@require_safe
@for_customers
def agreement_file(request: CustomerRequest, number: str) -> HttpResponse:
    shown = own_loan(request, number)
    return pdf_answer(agreement_pdf(agreement_of_loan(shown), request.user), f"larder-loan-{number}.pdf")


def own_loan(request: CustomerRequest, number: str) -> Loan:
    return get_object_or_404(loans_of(request.user), number=number)


def loan_page(
    request: HttpRequest, shown: Loan, form: RepaymentForm | None = None, *, status: int = 200
) -> HttpResponse:
    today, book, obstacle = timezone.localdate(), book_of(shown), rescission_obstacle(shown)
    context = {
        "loan": shown,
        "today": today,
        "rows": shown.instalments.all(),
        "due": book.due(today),
        "due_rows": book.due_rows(today),
        "fees_due": sum((row.fee_left for row in book.due_rows(today)), Decimal("0.00")),
        "next_row": next(iter(book.coming_rows(today)), None),
        "least_ahead": book.least_ahead(today),
        "payoff": book.payoff(today),
        "interest_to_date": book.interest_to_date(today),
        "spending": spending_of(shown),
        "can_rescind": not obstacle,
        "why_not_rescind": rescission_sentence(obstacle),
        "form": form or RepaymentForm(),
        "tried": form.data.get("kind", "") if form else "",
        "events": shown.events.all(),
    }
    return render(request, "loans/loan.html", context, status=status)


def _quoted(book: Book, kind: RepaymentKind) -> Decimal:
    today = timezone.localdate()
    return book.payoff(today) if kind == RepaymentKind.PAYOFF else book.next_amount(today)
