from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Category, Product, in_language
from shop.models.orders import Order


class CouponKind(models.TextChoices):
    AMOUNT = "amount", _("an amount off")
    PERCENT = "percent", _("a percentage off")
    DELIVERY = "delivery", _("free delivery")


class CouponSource(models.TextChoices):
    CLAIM = "claim", _("claimed in the shop")
    CODE = "code", _("entered as a code")
    REGISTRATION = "registration", _("for new customers")
    LOAN = "loan", _("with a loan")


class CouponQuerySet(models.QuerySet["Coupon"]):
    def open(self) -> "CouponQuerySet":
        now = timezone.now()
        return self.filter(is_active=True, valid_from__lte=now, valid_until__gt=now)


class Coupon(models.Model):
    """A promise of the shop. What a customer holds of it is a CustomerCoupon."""

    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name in Chinese"), max_length=80, blank=True)
    code = models.CharField(
        _("code"), max_length=32, unique=True, null=True, blank=True,
        help_text=_("What is entered at checkout; only for coupons of that kind."),
    )  # fmt: skip
    source = models.CharField(_("how it is had"), max_length=16, choices=CouponSource)
    kind = models.CharField(_("kind"), max_length=16, choices=CouponKind)
    value = models.DecimalField(
        _("value"), max_digits=10, decimal_places=2, default=0,
        help_text=_("The amount or the percentage; 0 for free delivery."),
    )  # fmt: skip
    minimum_spend = models.DecimalField(_("minimum spend"), max_digits=10, decimal_places=2, default=0)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only in category")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only for product")
    )
    total_limit = models.PositiveIntegerField(
        _("limit in all"), null=True, blank=True, help_text=_("How many may be had; empty for any number.")
    )
    limit_per_customer = models.PositiveSmallIntegerField(_("limit per customer"), default=1)
    claimed_count = models.PositiveIntegerField(_("had so far"), default=0, editable=False)
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now)
    valid_until = models.DateTimeField(_("valid until"))
    is_active = models.BooleanField(_("active"), default=True)

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(total_limit=None) | Q(claimed_count__lte=F("total_limit")),
                name="coupon_claimed_within_limit",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind="amount", value__gt=0)
                    | Q(kind="percent", value__gt=0, value__lte=100)
                    | Q(kind="delivery", value=0)
                ),
                name="coupon_value_fits_kind",
            ),
            models.CheckConstraint(condition=Q(minimum_spend__gte=0), name="coupon_minimum_not_negative"),
            models.CheckConstraint(
                condition=Q(category=None) | Q(product=None), name="coupon_category_or_product"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def local_name(self) -> str:
        return in_language(self.name, self.name_zh)

    @property
    def is_open(self) -> bool:
        return self.is_active and self.valid_from <= timezone.now() < self.valid_until


class CustomerCouponQuerySet(models.QuerySet["CustomerCoupon"]):
    def usable(self) -> "CustomerCouponQuerySet":
        now = timezone.now()
        return self.filter(
            used_on=None, coupon__is_active=True, coupon__valid_from__lte=now, coupon__valid_until__gt=now
        )


class CustomerCoupon(models.Model):
    """A coupon in a customer's hand: used on one order at most, and held again when that order closes.

    A copy with a `value` of its own is spent in parts: what an order leaves over becomes a copy of its own,
    so that the copies of a coupon always come to the coupon's value.
    """

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="held", verbose_name=_("coupon"))
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="coupons", verbose_name=_("customer")
    )
    copy = models.PositiveSmallIntegerField(
        _("copy"), default=1, help_text=_("The customer's first, second, … of this coupon.")
    )
    value = models.DecimalField(
        _("own value"), max_digits=10, decimal_places=2, null=True, blank=True,
        help_text=_("Of a copy that is spent in parts; the others are worth what their coupon says."),
    )  # fmt: skip
    used_on = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="customer_coupon",
        verbose_name=_("used on"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("had at"), auto_now_add=True)

    objects = CustomerCouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer's coupon")
        verbose_name_plural = _("customers' coupons")
        ordering = ("coupon__valid_until", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("coupon", "customer", "copy"), name="customer_coupon_one_per_copy"
            ),
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gt=0), name="customer_coupon_own_value_positive"
            ),
        )

    def __str__(self) -> str:
        return str(self.coupon)

    @property
    def worth(self) -> Decimal:
        """The amount or the percentage."""
        return self.coupon.value if self.value is None else self.value
