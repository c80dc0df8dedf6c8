"""How forms are drawn."""

from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import mark_safe

PLAIN = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("checkbox", "email", "hidden", "number", "password", "text", "url")
)
NO_ERRORS = "django/forms/errors/list/default.html"


class Renderer(DjangoTemplates):
    """Django's, but for a plain input and a list of no errors, which it draws the same without a template: a
    table of the admin has a hundred of each."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name in PLAIN:
            return plain_input(context["widget"])
        if template_name == NO_ERRORS and not context["errors"]:
            return ""
        return super().render(template_name, context, request)


def plain_input(widget: dict[str, Any]) -> str:
    attributes = {"type": widget["type"], "name": widget["name"], "value": widget["value"], **widget["attrs"]}
    drawn = " ".join(
        name if value is True else f'{name}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return mark_safe(f"<input {drawn}>")  # noqa: S308 (every value is escaped)
