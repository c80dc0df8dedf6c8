"""What customers tell of themselves."""

import unicodedata
from typing import Any, ClassVar, cast

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from shop import regions
from shop.forms.access import confirm_password
from shop.models import Address, Customer
from shop.models.customers import normal_email
from shop.services.addresses import AddressLines

DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
PASSWORD = forms.PasswordInput(attrs={"autocomplete": "current-password"})


def plain_line(text: str) -> str:
    """One line, without the invisible characters that turn the text around them."""
    shown = (
        " " if unicodedata.category(letter) == "Cc" else letter
        for letter in text
        if unicodedata.bidirectional(letter) not in DIRECTIONS
    )
    return " ".join("".join(shown).split())


class ProfileForm(forms.ModelForm[Customer]):
    """A new e-mail address is a new way in, so it asks for the password."""

    password = forms.CharField(
        label=_("Your password"), required=False, strip=False, widget=PASSWORD,
        help_text=_("Only to change the e-mail address."),
    )  # fmt: skip

    class Meta:
        model = Customer
        fields = ("nickname", "signature", "email")
        help_texts: ClassVar = {
            "nickname": _("Shown beside your reviews, in place of your login name."),
            "email": _("It is how you get back in after a forgotten password."),
        }
        widgets: ClassVar = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        self.email_before = self.instance.email

    def clean_nickname(self) -> str:
        return plain_line(self.cleaned_data["nickname"])

    def clean_signature(self) -> str:
        return plain_line(self.cleaned_data["signature"])

    def clean_email(self) -> str | None:
        return normal_email(self.cleaned_data["email"])

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if "email" in self.cleaned_data and self.cleaned_data["email"] != self.email_before:
            confirm_password(self.instance, password, self.address)
        return password


class AvatarForm(forms.Form):
    avatar = forms.FileField(
        label=_("Picture"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=_("JPEG, PNG, WebP or GIF, up to 8 MB. We cut it to a square."),
    )


class AddressForm(forms.ModelForm[Address]):
    """Province, city and district are three steps: each offers what the one before holds."""

    phone = forms.CharField(
        label=_("Phone"),
        max_length=20,
        validators=[
            RegexValidator(r"^\+?\d[\d \-]{5,17}\d$", _("Enter a phone number: digits, spaces, a +."))
        ],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    province = forms.ChoiceField(label=_("Province"), error_messages={"required": _("Choose a province.")})
    city = forms.ChoiceField(
        label=_("City"),
        error_messages={
            "required": _("Choose a city."),
            "invalid_choice": _("Choose a city of this province."),
        },
    )
    district = forms.ChoiceField(
        label=_("District"),
        error_messages={
            "required": _("Choose a district."),
            "invalid_choice": _("Choose a district of this city."),
        },
    )
    make_default = forms.BooleanField(label=_("Make it my default address"), required=False)

    class Meta:
        model = Address
        fields = ("receiver", "phone", "province", "city", "district", "detail")
        widgets: ClassVar = {
            "receiver": forms.TextInput(attrs={"autocomplete": "name"}),
            "detail": forms.TextInput(attrs={"autocomplete": "street-address"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        province, city = str(self["province"].value() or ""), str(self["city"].value() or "")
        self._offer("province", regions.provinces())
        self._offer("city", regions.cities(province))
        self._offer("district", regions.districts(province, city))

    def clean_receiver(self) -> str:
        return plain_line(self.cleaned_data["receiver"])

    def clean_detail(self) -> str:
        return plain_line(self.cleaned_data["detail"])

    def lines(self) -> AddressLines:
        return AddressLines(**{name: self.cleaned_data[name] for name in self.Meta.fields})

    def _offer(self, name: str, names: list[str]) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = [
            ("", _("Choose")),
            *((name, name) for name in names),
        ]


class CloseAccountForm(forms.Form):
    password = forms.CharField(label=_("Your password"), strip=False, widget=PASSWORD)
    remove_reviews = forms.BooleanField(
        label=_("Remove my reviews too"), required=False,
        help_text=_("Otherwise they stay, without your name."),
    )  # fmt: skip

    def __init__(self, *args: Any, customer: Customer, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.address = customer, address

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        confirm_password(self.customer, password, self.address)
        return password
