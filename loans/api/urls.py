from django.urls import path

from loans.api import applications, loans, offers

app_name = "loans-api"
urlpatterns = [
    path("loan-eligibility/", applications.EligibilityView.as_view(), name="eligibility"),
    path("loan-applications/", applications.Applications.as_view(), name="applications"),
    path("loan-applications/<slug:number>/", applications.OneApplication.as_view(), name="application"),
    path("loan-applications/<slug:number>/submit/", applications.Submission.as_view(), name="submit"),
    path("loan-applications/<slug:number>/review/", applications.Review.as_view(), name="review"),
    path("loan-applications/<slug:number>/withdraw/", applications.Withdrawal.as_view(), name="withdraw"),
    path("loan-offers/<slug:number>/", offers.OneOffer.as_view(), name="offer"),
    path("loan-offers/<slug:number>/accept/", offers.OfferAcceptance.as_view(), name="accept"),
    path("loans/", loans.Loans.as_view(), name="loans"),
    path("loans/<slug:number>/", loans.OneLoan.as_view(), name="loan"),
    path("loans/<slug:number>/schedule/", loans.LoanSchedule.as_view(), name="schedule"),
    path("loans/<slug:number>/statement/", loans.LoanStatement.as_view(), name="statement"),
    path("loans/<slug:number>/repayments/", loans.Repayments.as_view(), name="repayments"),
    path("loans/<slug:number>/rescind/", loans.Rescission.as_view(), name="rescind"),
    path("loan-repayments/<slug:number>/", loans.OneRepayment.as_view(), name="repayment"),
]
