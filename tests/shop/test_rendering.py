"""Our renderer draws what Django's templates draw."""

from decimal import Decimal

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test import SimpleTestCase
from django.utils.translation import gettext_lazy

from shop.forms.rendering import Renderer

same_html = SimpleTestCase().assertHTMLEqual


@pytest.mark.parametrize("widget", [
    forms.TextInput(), forms.NumberInput({"step": "0.01", "min": 0}), forms.HiddenInput(), forms.EmailInput(),
    forms.PasswordInput(), forms.CheckboxInput({"aria-label": gettext_lazy("on sale")}), forms.URLInput(),
])  # fmt: skip
@pytest.mark.parametrize("value", [None, "", "tea", 0, 7, Decimal("1.50"), True, False, "\"><script>'&"])
def test_a_plain_input(widget: forms.Widget, value: object) -> None:
    attributes = {"id": "id_it", "required": True, "disabled": False, "title": 'a " and a <b>'}
    drawn = widget.render("it", value, attributes, renderer=Renderer())
    same_html(drawn, widget.render("it", value, attributes, renderer=DjangoTemplates()))


@pytest.mark.parametrize("sent", [{}, {"name": "x" * 9, "age": "old"}, {"name": "tea", "age": "3"}])
def test_a_form(sent: dict[str, str]) -> None:
    class Form(forms.Form):
        name = forms.CharField(max_length=5)
        age = forms.IntegerField(widget=forms.Select(choices=[(3, "three")]))
        note = forms.CharField(widget=forms.Textarea, required=False)

    ours, theirs = Form(sent, renderer=Renderer()), Form(sent, renderer=DjangoTemplates())
    same_html(ours.as_p(), theirs.as_p())
    same_html(str(ours.errors), str(theirs.errors))
    same_html(str(ours["note"].errors), str(theirs["note"].errors))
