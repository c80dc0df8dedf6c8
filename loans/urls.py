from django.urls import path

from loans.views import applications, desk, lent, offers, repayments, score

app_name = "loans"
urlpatterns = [
    path("loans/", desk.desk, name="desk"),
    path("loans/score/", score.score, name="score"),
    path("loans/consent/", applications.consent, name="consent"),
    path("loans/applications/<slug:number>/", applications.application, name="application"),
    path("loans/applications/<slug:number>/form/", applications.apply, name="apply"),
    path("loans/applications/<slug:number>/withdraw/", applications.withdraw, name="withdraw"),
    path("loans/applications/<slug:number>/review/", applications.ask_for_person, name="ask-for-person"),
    path("loans/offers/<slug:number>/", offers.offer, name="offer"),
    path("loans/offers/<slug:number>/accept/", offers.accept, name="accept"),
    path("loans/offers/<slug:number>/agreement.pdf", offers.agreement_file, name="offer-agreement"),
    path("loans/lent/<slug:number>/", lent.loan, name="loan"),
    path("loans/lent/<slug:number>/agreement.pdf", lent.agreement_file, name="agreement"),
    path("loans/lent/<slug:number>/statement/", lent.statement, name="statement"),
    path("loans/lent/<slug:number>/statement.pdf", lent.statement_file, name="statement-file"),
    path("loans/lent/<slug:number>/rescind/", lent.rescind, name="rescind"),
    path("loans/lent/<slug:number>/repay/", lent.repay, name="repay"),
    path("loans/repayments/<slug:number>/", repayments.pay, name="pay"),
    path("loans/repayments/<slug:number>/pay/<slug:provider_name>/", repayments.start, name="start-payment"),
    path("loans/repayments/<slug:number>/check/", repayments.check, name="check-payment"),
    path("loans/payments/<slug:provider_name>/callback/", repayments.callback, name="payment-callback"),
]
