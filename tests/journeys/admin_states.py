"""The back room's pages: each list with rows in it, each row, and what staff have open all day."""

from collections.abc import Iterator
from uuid import uuid4

import numpy as np
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from pgvector import HalfVector

from loans.models import Application, Loan, Repayment
from loans.models.applications import ApplicationStatus
from loans.models.loans import LoanStatus
from loans.services.applying import ask_for_review
from loans.services.repaying import record_repayment
from recommender.models import (
    DIMENSIONS,
    ChatCall,
    Click,
    Impression,
    Label,
    Placement,
    ReviewEntry,
    ReviewLabel,
    TagCluster,
    WithdrawnLabel,
)
from shop.models import Customer, HomeSlot, Order, Product, Review
from shop.models.orders import OrderStatus
from tests.journeys.shop_states import every_state
from tests.loans.builders import a_word
from tests.shop.builders import PASSWORD


def a_full_back_room() -> Customer:
    """Every state of the shop, what the recommender keeps of it, and who may see all."""
    every_state()
    ask_for_review(application=Application.objects.get(customer__login_name="grace"))
    record_repayment(callback=a_word(Repayment.objects.filter(status="paid").earliest("pk")))  # once more
    with_recommendations(Product.objects.earliest("pk"))
    return Customer.objects.create_superuser("staff", PASSWORD)


def with_recommendations(product: Product) -> None:
    review = Review.objects.filter(product=product).earliest("pk")
    ReviewEntry.objects.create(
        review_id=review.pk, product_id=product.pk, stars=5, title="Fine", body="Fresh.", is_published=True
    )
    label = Label.objects.create(
        text="fresh", polarity=1, embedding=HalfVector(np.eye(1, DIMENSIONS)[0]), model_version="test"
    )
    TagCluster.objects.create(
        product_id=product.pk, medoid=label, members=["fresh"], polarity=1, count=1, share=1, rank=0
    )
    ReviewLabel.objects.create(
        review_id=review.pk, product_id=product.pk, label=label, score=0.9, model_version="test"
    )
    WithdrawnLabel.objects.create(
        product_id=product.pk, label="pets love it", polarity=1, note="It harms them"
    )
    Placement.objects.create(product_id=product.pk, kind="pin", note="In season")
    shown = Impression.objects.create(
        token=uuid4(), place="alike", beside_id=product.pk, product_ids=[product.pk],
        reasons=[["tag", "fresh", 3]], is_fallback=False, shown_at=timezone.now(),
    )  # fmt: skip
    ChatCall.objects.create(question="q", model="a-model", cost=1, called_at=timezone.now())
    Click.objects.create(impression=shown, product_id=product.pk, clicked_at=timezone.now())


def every_list_and_row() -> Iterator[str]:
    for model in admin.site._registry:
        page = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{page}_changelist")
        yield reverse(f"{page}_change", args=[model._default_manager.earliest("pk").pk])


def other_pages() -> list[str]:
    loan = Loan.objects.filter(status=LoanStatus.ACTIVE).earliest("pk")
    return [
        "/admin/", "/admin/shop/", "/admin/password_change/", "/admin/shop/product/import/",
        "/admin/shop/product/?q=nothing-like-it", "/admin/shop/homeslot/add/", "/admin/shop/customer/add/",
        f"/admin/shop/product/{Product.objects.earliest('pk').pk}/history/",
        f"/admin/shop/customer/{Customer.objects.earliest('pk').pk}/password/",
        f"/admin/shop/homeslot/{HomeSlot.objects.earliest('pk').pk}/delete/",
        "/admin/loans/loan/portfolio/", f"/admin/loans/loan/{loan.pk}/write-off/",
        "/admin/loans/policyversion/add/", "/admin/recommender/",
    ]  # fmt: skip


def most_used() -> list[str]:
    """What staff have open all day, on whatever screen they have at hand."""
    order = Order.objects.filter(status=OrderStatus.PAID).earliest("pk")
    application = Application.objects.filter(status=ApplicationStatus.IN_REVIEW).earliest("pk")
    lists = (
        "shop/order", "shop/refund", "shop/product", "shop/category", "shop/homeslot", "shop/review",
        "shop/customer", "shop/coupon", "shop/auditentry", "loans/application", "loans/loan",
        "recommender/tagcluster", "recommender/impression",
    )  # fmt: skip
    return [
        "/admin/", *(f"/admin/{name}/" for name in lists), "/admin/shop/product/import/",
        f"/admin/shop/order/{order.pk}/change/",
        f"/admin/shop/product/{Product.objects.earliest('pk').pk}/change/",
        f"/admin/shop/customer/{Customer.objects.earliest('pk').pk}/change/",
        f"/admin/loans/application/{application.pk}/change/",
        f"/admin/loans/loan/{Loan.objects.earliest('pk').pk}/change/", "/admin/loans/loan/portfolio/",
        f"/admin/recommender/impression/{Impression.objects.earliest('pk').pk}/change/",
        "/admin/recommender/impression/report/",
    ]  # fmt: skip
