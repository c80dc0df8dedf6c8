"""The portfolio as its page shows it: each number with the address of its list."""

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode

from loans.admin.charts import chart_of
from loans.admin.words import AGE_WORDS, band_words, percent
from loans.selectors.portfolio import portfolio


def portfolio_context() -> dict[str, Any]:
    found = portfolio()
    ages = [(str(AGE_WORDS[age.key]), age, listed("loan", age.lookups)) for age in found.ages]
    months = [(month, listed("loan", month.lookups)) for month in found.months]
    return {
        "portfolio": found,
        "rate": "–" if found.repaid.rate is None else percent(found.repaid.rate),
        "outstanding_url": listed("loan", found.outstanding.lookups),
        "late_url": listed("loan", found.late.lookups),
        "losses_url": listed("loan", found.losses.lookups),
        "repaid_url": listed("instalment", found.repaid.lookups),
        "bands": [(band_words(band.key), band, listed("loan", band.lookups)) for band in found.bands],
        "ages": ages,
        "ages_chart": chart_of((name, age.principal, url) for name, age, url in ages),
        "months": [(date_format(month.first, "YEAR_MONTH_FORMAT"), month, url) for month, url in months],
        "months_chart": chart_of(
            (date_format(month.first, "M"), month.principal, url) for month, url in months
        ),
    }


def listed(model: str, lookups: dict[str, str]) -> str:
    return f"{reverse(f'admin:loans_{model}_changelist')}?{urlencode(lookups)}"
