from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Model, QuerySet
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop.admin.audit import Audited
from shop.admin.looking import Lines
from shop.exceptions import ShopError
from shop.forms.packing import OrderRow, ProgressRows, RefundRows, ShipRows
from shop.models import Order, OrderEvent, OrderItem, Payment, Refund, Shipment, StockMovement
from shop.selectors.orders import orders_to_pack
from shop.sentences import sentence
from shop.services import orders as services
from shop.services.refunds import approve_refund, refund_order, reject_refund

CONFIRMED = "confirmed"  # sent by the page between choosing orders and doing something with them


class Ledger(admin.ModelAdmin[Any]):
    """Read here, written by services alone."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields]


class ItemsOfOrder(Lines):
    model = OrderItem
    fields = ("name", "price", "quantity")


class EventsOfOrder(Lines):
    model = OrderEvent
    fields = ("status", "actor", "at")


class PaymentsOfOrder(Lines):
    model = Payment
    fields = ("provider", "callback_id", "amount", "currency", "outcome", "created_at")


class RefundsOfOrder(Lines):
    model = Refund
    fk_name = "order"
    fields = ("number", "amount", "reason", "status", "decided_by", "created_at", "paid_out_at")


class ShipmentOfOrder(Lines):
    model = Shipment
    fields = ("carrier", "tracking_number", "shipped_at", "delivered_at")


@admin.register(Order)
class OrderAdmin(Audited, Ledger):
    """The packing board: filter by status, oldest first, and move orders along in bulk."""

    list_display = ("number", "customer", "status", "payment_status", "total", "waiting")
    list_filter = ("status", "payment_status", "created_at")
    list_select_related = ("customer",)
    search_fields = ("number", "customer__login_name", "address__receiver", "address__phone")
    search_help_text = _("Number, login name, receiver or phone")
    ordering = ("created_at", "pk")
    inlines = (ItemsOfOrder, EventsOfOrder, PaymentsOfOrder, RefundsOfOrder, ShipmentOfOrder)
    actions = ("pack", "print_list", "ship", "record_progress", "record_delivery", "close", "refund")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "trail"]

    @admin.display(description=_("waiting for"), ordering="created_at")
    def waiting(self, order: Order) -> str:
        return timesince(order.created_at, depth=1)

    @admin.action(description=_("Pack"), permissions=["change"])
    def pack(self, request: HttpRequest, chosen: "QuerySet[Order]") -> None:
        report(request, chosen, lambda order: services.pack_order(order=order, actor=staff(request)))

    @admin.action(description=_("Packing list to print"), permissions=["view"])
    def print_list(self, request: HttpRequest, chosen: "QuerySet[Order]") -> HttpResponse:
        context = {"orders": orders_to_pack(chosen), "today": timezone.now()}
        return TemplateResponse(request, "admin/shop/order/packing_list.html", context)

    @admin.action(description=_("Ship …"), permissions=["change"])
    def ship(self, request: HttpRequest, chosen: "QuerySet[Order]") -> HttpResponse | None:
        def hand_over(order: Order, row: dict[str, Any]) -> object:
            return services.ship_order(
                order=order,
                actor=staff(request),
                carrier=row["carrier"],
                tracking_number=row["tracking_number"],
            )

        return row_by_row(request, chosen, ShipRows, "ship", hand_over)

    @admin.action(description=_("Say where it is …"), permissions=["change"])
    def record_progress(self, request: HttpRequest, chosen: "QuerySet[Order]") -> HttpResponse | None:
        def pass_on(order: Order, row: dict[str, Any]) -> object:
            return services.record_progress(order=order, text=row["text"])

        return row_by_row(request, chosen, ProgressRows, "record_progress", pass_on)

    @admin.action(description=_("Mark as delivered"), permissions=["change"])
    def record_delivery(self, request: HttpRequest, chosen: "QuerySet[Order]") -> None:
        report(request, chosen, lambda order: services.record_delivery(order=order))

    @admin.action(description=_("Close with refund"), permissions=["change"])
    def close(self, request: HttpRequest, chosen: "QuerySet[Order]") -> None:
        report(request, chosen, lambda order: services.close_order(order=order, actor=staff(request)))

    @admin.action(description=_("Refund an amount …"), permissions=["change"])
    def refund(self, request: HttpRequest, chosen: "QuerySet[Order]") -> HttpResponse | None:
        def give_back(order: Order, row: dict[str, Any]) -> object:
            return refund_order(order=order, amount=row["amount"], reason=row["reason"], actor=staff(request))

        return row_by_row(request, chosen, RefundRows, "refund", give_back)


@admin.register(Refund)
class RefundAdmin(Ledger):
    """Returns that customers ask for are decided here."""

    list_display = ("number", "order", "amount", "reason", "status", "created_at", "paid_out_at")
    list_filter = ("status", "created_at")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    actions = ("approve", "reject")

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, chosen: "QuerySet[Refund]") -> None:
        report(request, chosen, lambda refund: approve_refund(refund=refund, actor=staff(request)))

    @admin.action(description=_("Reject"), permissions=["change"])
    def reject(self, request: HttpRequest, chosen: "QuerySet[Refund]") -> None:
        report(request, chosen, lambda refund: reject_refund(refund=refund, actor=staff(request)))


@admin.register(Payment)
class PaymentAdmin(Ledger):
    list_display = ("order", "provider", "amount", "currency", "outcome", "created_at")
    list_filter = ("outcome", "provider", "created_at")
    list_select_related = ("order",)
    search_fields = ("order__number", "callback_id")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(StockMovement)
class StockMovementAdmin(Ledger):
    list_display = ("at", "product", "kind", "on_hand_change", "allocated_change", "order", "actor")
    list_filter = ("kind", "at")
    list_select_related = ("product", "order", "actor")
    search_fields = ("product__name", "product__sku", "order__number")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def staff(request: HttpRequest) -> Any:
    """Whoever is in the admin is somebody."""
    return request.user


def report(request: HttpRequest, chosen: "QuerySet[Any]", act: Callable[[Any], object]) -> None:
    """Do it to each row in a transaction of its own, and say of each that failed why."""
    done = sum(succeeds(request, row, act) for row in chosen.order_by("pk"))
    say_how_many(request, done)


def row_by_row(
    request: HttpRequest,
    chosen: "QuerySet[Order]",
    rows: type[BaseFormSet[Any]],
    action: str,
    act: Callable[[Order, dict[str, Any]], object],
) -> HttpResponse | None:
    """Ask on a page of its own what each chosen order needs, then do it; failures are said one by one."""
    orders = {order.pk: order for order in chosen.order_by("pk").select_related("address")}
    initial = [{"order_id": pk} for pk in orders]
    formset = rows(request.POST if CONFIRMED in request.POST else None, initial=initial)
    if not (formset.is_bound and formset.is_valid()):
        return ask(request, action, orders.values(), formset)
    filled = [row for row in formset.cleaned_data if row["order_id"] in orders]
    done = sum(succeeds(request, orders[row["order_id"]], act, row) for row in filled)
    say_how_many(request, done)
    return None


def ask(
    request: HttpRequest, action: str, orders: Iterable[Order], formset: BaseFormSet[OrderRow]
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("One row for each order"),
        "action": action,
        "confirmed": CONFIRMED,
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "formset": formset,
        "rows": list(zip(orders, formset, strict=False)),
        "opts": Order._meta,
    }
    return TemplateResponse(request, "admin/shop/order/rows.html", context)


def succeeds(request: HttpRequest, row: Model, act: Callable[..., object], *facts: object) -> bool:
    try:
        act(row, *facts)
    except ShopError as error:
        messages.error(request, f"{row}: {sentence(error)}")
        return False
    return True


def say_how_many(request: HttpRequest, done: int) -> None:
    if done:
        messages.success(request, ngettext("Done: %(n)d.", "Done: %(n)d.", done) % {"n": done})
