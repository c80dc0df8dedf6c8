"""The daily view at the head of the admin."""

from typing import Any

from django import template
from django.utils.http import urlencode

from shop.figures import figures_for, may_see
from shop.selectors.dashboard import revenue_of_a_week, top_ten

register = template.Library()


@register.inclusion_tag("admin/_daily.html", takes_context=True)
def daily_view(context: template.RequestContext) -> dict[str, Any]:
    """Numbers of the lists that whoever asks may open."""
    user = context["request"].user
    days = revenue_of_a_week() if may_see(user, "shop.order") else []
    return {
        "figures": figures_for(user),
        "days": days,
        "today": days[0] if days else None,
        "week_ago": days[-1] if days else None,
        "sellers": top_ten() if may_see(user, "shop.product") else [],
    }


@register.filter
def as_query(lookups: Any) -> str:
    return urlencode(list(lookups))
