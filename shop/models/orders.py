from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models.catalogue import Product, in_language


class OrderStatus(models.IntegerChoices):
    AWAITING_PAYMENT = 0, _("Awaiting payment")
    PAID = 1, _("Paid")
    PACKED = 2, _("Packed")
    SHIPPED = 3, _("Shipped")
    COMPLETED = 4, _("Completed")
    CLOSED_BY_CUSTOMER = -1, _("Cancelled")
    CLOSED_BY_TIMEOUT = -2, _("Closed: not paid in time")
    CLOSED_BY_MERCHANT = -3, _("Closed by the shop")


CLOSED = (OrderStatus.CLOSED_BY_CUSTOMER, OrderStatus.CLOSED_BY_TIMEOUT, OrderStatus.CLOSED_BY_MERCHANT)
# What was sent may be reviewed.
SENT = (OrderStatus.SHIPPED, OrderStatus.COMPLETED)
# While an order is in one of these, its lines are allocated.
ALLOCATING = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID, OrderStatus.PACKED)


class PaymentStatus(models.IntegerChoices):
    UNPAID = 0, _("Not paid")
    PAID = 1, _("Paid")
    PARTLY_REFUNDED = 2, _("Partly refunded")
    REFUNDED = 3, _("Refunded")


class PaymentType(models.IntegerChoices):
    NONE = 0, _("None")
    ALIPAY = 1, _("Alipay")
    WECHAT_PAY = 2, _("WeChat Pay")
    SANDBOX = 9, _("Payment sandbox")


class OrderQuerySet(models.QuerySet["Order"]):
    def shown(self) -> "OrderQuerySet":
        return self.filter(is_deleted=False)

    def overdue(self) -> "OrderQuerySet":
        return self.filter(status=OrderStatus.AWAITING_PAYMENT, pay_until__lte=timezone.now())


class Order(models.Model):
    """What a customer bought, at the prices of that moment. Its status moves in shop.services.orders."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("customer")
    )
    checkout_token = models.UUIDField(_("checkout token"), editable=False)
    goods_total = models.DecimalField(_("goods"), max_digits=12, decimal_places=2)
    discount_total = models.DecimalField(_("discount"), max_digits=12, decimal_places=2, default=0)
    delivery_fee = models.DecimalField(_("delivery"), max_digits=8, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    status = models.SmallIntegerField(_("status"), choices=OrderStatus, default=OrderStatus.AWAITING_PAYMENT)
    payment_status = models.PositiveSmallIntegerField(
        _("payment"), choices=PaymentStatus, default=PaymentStatus.UNPAID
    )
    payment_type = models.PositiveSmallIntegerField(
        _("paid with"), choices=PaymentType, default=PaymentType.NONE
    )
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    pay_until = models.DateTimeField(_("to be paid until"))
    # Sums of the ledgers below, kept with each of their lines, so that a refund is one guarded statement.
    paid_total = models.DecimalField(_("received"), max_digits=12, decimal_places=2, default=0)
    refunded_total = models.DecimalField(_("refunded"), max_digits=12, decimal_places=2, default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_deleted = models.BooleanField(
        _("hidden by the customer"), default=False, help_text=_("Not in the customer's list any more.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("status", "pay_until"), name="order_status_pay_until"),
            models.Index(fields=("status", "created_at"), name="order_status_created_at"),
        )
        constraints = (
            models.UniqueConstraint(fields=("customer", "checkout_token"), name="order_once_per_checkout"),
            # Sums are left to `reconcile`: SQLite would add them up in floating point.
            models.CheckConstraint(
                condition=Q(discount_total__gte=0, discount_total__lte=F("goods_total")),
                name="order_discount_within_goods",
            ),
            models.CheckConstraint(
                condition=Q(delivery_fee__gte=0, total__gte=0), name="order_totals_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(refunded_total__gte=0, refunded_total__lte=F("paid_total")),
                name="order_refunded_within_paid",
            ),
        )

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("shop:order", args=(self.number,))

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def is_awaiting_payment(self) -> bool:
        return self.status == OrderStatus.AWAITING_PAYMENT

    @property
    def is_finished(self) -> bool:
        return self.is_closed or self.status == OrderStatus.COMPLETED

    @property
    def can_be_cancelled(self) -> bool:
        return self.status in (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)

    @property
    def was_sent(self) -> bool:
        """What it held may be reviewed."""
        return self.status in SENT

    @property
    def can_be_received(self) -> bool:
        return self.status == OrderStatus.SHIPPED

    @property
    def can_be_returned(self) -> bool:
        return self.was_sent and self.refundable > 0

    @property
    def refundable(self) -> Decimal:
        return self.paid_total - self.refunded_total


class OrderItem(models.Model):
    """A line of an order: the product as it was."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="items", verbose_name=_("order"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    name = models.CharField(_("name"), max_length=255)
    name_zh = models.CharField(_("name in Chinese"), max_length=255, blank=True)
    cover = models.CharField(_("cover"), max_length=100, blank=True)
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2)
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        ordering = ("product",)
        constraints = (
            models.UniqueConstraint(fields=("order", "product"), name="order_item_one_per_product"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_item_quantity_at_least_1"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def local_name(self) -> str:
        return in_language(self.name, self.name_zh)

    @property
    def total(self) -> Decimal:
        return self.price * self.quantity


class OrderAddress(models.Model):
    """Where an order goes: a copy, which later changes of the address book leave alone."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="address", verbose_name=_("order"))
    receiver = models.CharField(_("receiver"), max_length=64)
    phone = models.CharField(_("phone"), max_length=20)
    province = models.CharField(_("province"), max_length=40)
    city = models.CharField(_("city"), max_length=40)
    district = models.CharField(_("district"), max_length=40, blank=True)
    detail = models.CharField(_("street and number"), max_length=200)

    class Meta:
        verbose_name = _("order's address")
        verbose_name_plural = _("orders' addresses")

    def __str__(self) -> str:
        return f"{self.receiver}, {self.city}"


class OrderEvent(models.Model):
    """A move of an order. Without an actor it was the shop itself: a payment, a timeout."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events", verbose_name=_("order"))
    status = models.SmallIntegerField(_("status"), choices=OrderStatus)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("order", "status"), name="order_event_once_per_status"),
        )

    def __str__(self) -> str:
        return f"{self.order}: {self.get_status_display()}"


class Shipment(models.Model):
    order = models.OneToOneField(Order, models.CASCADE, related_name="shipment", verbose_name=_("order"))
    carrier = models.CharField(_("carrier"), max_length=40)
    tracking_number = models.CharField(_("tracking number"), max_length=40)
    shipped_at = models.DateTimeField(_("shipped at"), default=timezone.now)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class ShipmentEventKind(models.TextChoices):
    HANDED_OVER = "handed-over", _("Handed to the carrier")
    ON_THE_WAY = "on-the-way", _("On the way")
    DELIVERED = "delivered", _("Delivered")


class ShipmentEvent(models.Model):
    """Where a parcel is, and what the carrier adds to that."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="events", verbose_name=_("shipment"))
    kind = models.CharField(_("what happened"), max_length=16, choices=ShipmentEventKind)
    text = models.CharField(_("in the carrier's words"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("shipment event")
        verbose_name_plural = _("shipment events")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.text or self.get_kind_display()
