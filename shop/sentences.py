"""What people read where the shop had to refuse: shoppers on pages, staff in the admin."""

from functools import singledispatch

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop import exceptions
from shop.exceptions import ShopError
from shop.forms.access import sentence_about_wait
from shop.services.cart import LineChange
from shop.templatetags.shelves import price


@singledispatch
def sentence(error: ShopError) -> str:
    return _("That did not work. Nothing was changed.")


@sentence.register
def buying_locked(error: exceptions.BuyingLocked) -> str:
    return _("Your account is locked: you may look around, but not buy.")


@sentence.register
def login_delayed(error: exceptions.LoginDelayed) -> str:
    return sentence_about_wait(error.seconds)


@sentence.register
def already_reviewed(error: exceptions.AlreadyReviewed) -> str:
    return _("You have reviewed this product already; each customer has one review.")


@sentence.register
def not_bought(error: exceptions.NotBought) -> str:
    return _("Only customers who bought this product review it: your order of it has to be on its way first.")


@sentence.register
def email_taken(error: exceptions.EmailTaken) -> str:
    return _("Another account uses this e-mail address.")


@sentence.register
def address_book_full(error: exceptions.AddressBookFull) -> str:
    return _("Your address book is full: %(limit)d addresses are the most. Delete one first.") % {
        "limit": error.limit
    }


@sentence.register
def key_in_flight(error: exceptions.KeyInFlight) -> str:
    return _("A request with this key is being answered: send it again in a moment.")


@sentence.register
def key_reused(error: exceptions.KeyReused) -> str:
    return _("This key was sent with another request before: make up a new one.")


@sentence.register
def product_unavailable(error: exceptions.ProductUnavailable) -> str:
    return _("%(product)s cannot be bought at the moment.") % {"product": error.product.local_name}


@sentence.register
def out_of_stock(error: exceptions.OutOfStock) -> str:
    facts = {
        "product": error.product.local_name,
        "requested": error.requested,
        "available": error.available,
    }
    return (
        ngettext(
            "%(product)s: you asked for %(requested)d, but only %(available)d is left.",
            "%(product)s: you asked for %(requested)d, but only %(available)d are left.",
            error.available,
        )
        % facts
    )


@sentence.register
def over_limit(error: exceptions.OverLimit) -> str:
    return _("%(product)s: you asked for %(requested)d, one order may hold %(limit)d.") % {
        "product": error.product.local_name,
        "requested": error.requested,
        "limit": error.product.limit_per_order,
    }


@sentence.register
def cart_full(error: exceptions.CartFull) -> str:
    return _("Your cart holds %(most)d different products already: take one out first.") % {
        "most": error.most
    }


@sentence.register
def cart_empty(error: exceptions.CartEmpty) -> str:
    return _("There is nothing in your cart to order.")


@sentence.register
def price_changed(error: exceptions.PriceChanged) -> str:
    return _("The total is %(now)s now, not %(shown)s as shown before. Look it over and order again.") % {
        "now": price(error.now),
        "shown": price(error.shown),
    }


@sentence.register
def no_delivery(error: exceptions.NoDelivery) -> str:
    return _("We do not deliver to %(province)s yet. Choose another address.") % {"province": error.province}


@sentence.register
def below_minimum_spend(error: exceptions.BelowMinimumSpend) -> str:
    return _("This coupon counts from %(minimum)s on: %(short_by)s more and it is yours to use.") % {
        "minimum": price(error.minimum),
        "short_by": price(error.short_by),
    }


@sentence.register
def coupon_exhausted(error: exceptions.CouponExhausted) -> str:
    return _("This coupon is gone: no more of it can be had.")


@sentence.register
def coupon_unusable(error: exceptions.CouponUnusable) -> str:
    return _("This coupon cannot be used for what is in your cart.")


@sentence.register
def order_moved(error: exceptions.OrderMoved) -> str:
    return _("That is no longer possible. The order's status: %(status)s.") % {
        "status": error.order.get_status_display()
    }


@sentence.register
def refund_too_high(error: exceptions.RefundTooHigh) -> str:
    return _("%(requested)s is more than the %(refundable)s that can still be refunded.") % {
        "requested": price(error.requested),
        "refundable": price(error.refundable),
    }


@sentence.register
def refund_decided(error: exceptions.RefundDecided) -> str:
    return _("This refund has been asked for or decided already.")


@sentence.register
def provider_unreachable(error: exceptions.ProviderUnreachable) -> str:
    return _("The payment service does not answer. Nothing was charged: try again in a minute.")


def change_sentence(change: LineChange) -> str:
    """What became of a line when two carts met."""
    product = change.product.local_name
    if not change.kept:
        return _("%(product)s cannot be bought at the moment: it is not in your cart.") % {"product": product}
    return _("%(product)s: %(kept)d in your cart instead of %(wanted)d, all that can be had.") % {
        "product": product,
        "kept": change.kept,
        "wanted": change.wanted,
    }
