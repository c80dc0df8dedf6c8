"""What shoppers touched is copied, learnt from when enough is new, and stored whole by version."""

import logging
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from recommender import interactions, learning, weights
from recommender.exceptions import BehaviourUnreadable
from recommender.interactions import STRENGTHS, Lesson, forget_what_is_gone, ingest_touches, lesson
from recommender.learning import learn
from recommender.models import Interaction
from recommender.services import EnoughForNow
from recommender.tasks import forget_old_data
from recommender.turns import LEARNING
from recommender.weights import NOTHING, Fitted, Weights
from shop.models import Customer, Product, ProductView
from shop.selectors.history import Viewer
from shop.selectors.touched import TouchKind
from shop.services.cart import add_to_cart
from shop.services.closing import close_account
from shop.services.history import adopt_views, erase_views, record_view
from shop.services.orders import cancel_order
from tests.shop.builders import a_customer, a_paid_order, a_product, a_review, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.BEHAVIOUR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def copied() -> set[tuple[str, str, int]]:
    return set(Interaction.objects.values_list("kind", "shopper", "product_id"))


def some_weights(version: str, value: float = 1.0, size: int = 2) -> Weights:
    """Product 10 speaks for 20, by `value`."""
    return Weights(
        Fitted(version, timezone.now(), 3, 7, "dense"),
        np.arange(1, size + 1) * 10,
        np.ones(size, np.float32),
        np.array([0, 1, *[1] * (size - 1)]),
        np.array([1], np.int32),
        np.array([value], np.float32),
    )


class TestCopying:
    def test_views_carts_purchases_and_praise_are_copied_once(self, alice: Customer) -> None:
        tea, jam, oats, rye = (a_product() for _ in range(4))
        record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
        record_view(viewer=Viewer(visitor="a guest"), product=tea)
        add_to_cart(customer=alice, product_id=jam.pk, quantity=2)
        a_paid_order(a_customer("bob"), oats)
        an_order(a_customer("charlie"), oats)  # not paid
        a_review(rye, customer=alice, stars=4)
        a_review(tea, customer=alice, stars=3)  # no praise
        a_review(jam)  # of nobody here
        me, bob = f"c{alice.pk}", f"c{Customer.objects.get(login_name='bob').pk}"
        assert ingest_touches() == 5
        assert copied() == {
            ("viewed", me, tea.pk),
            ("viewed", "va guest", tea.pk),
            ("carted", me, jam.pk),
            ("bought", bob, oats.pk),
            ("praised", me, rye.pk),
        }
        assert ingest_touches() == 0
        record_view(viewer=Viewer(customer_id=alice.pk), product=rye)
        assert ingest_touches() == 1

    def test_what_the_shop_forgets_is_forgotten(self, alice: Customer) -> None:
        tea, jam = a_product(), a_product()
        bob, charlie = a_customer("bob"), a_customer("charlie")
        record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
        record_view(viewer=Viewer(customer_id=bob.pk), product=tea)
        returned, kept = a_paid_order(bob, jam), a_paid_order(alice, jam)
        a_paid_order(charlie, tea)
        assert ingest_touches() == 5
        erase_views(viewer=Viewer(customer_id=alice.pk))
        cancel_order(order=returned, customer=bob)
        close_account(customer=charlie, remove_reviews=False)
        assert learn(at_once=True).forgotten == 3
        assert copied() == {("viewed", f"c{bob.pk}", tea.pk), ("bought", f"c{kept.customer_id}", jam.pk)}

    def test_an_erased_history_is_gone_within_the_hour_and_unlearnt_within_the_day(
        self, alice: Customer, directory: Path
    ) -> None:
        record_view(viewer=Viewer(customer_id=alice.pk), product=a_product())
        record_view(viewer=Viewer(visitor="a guest"), product=a_product())
        learn()
        erase_views(viewer=Viewer(customer_id=alice.pk))
        forget_old_data()
        assert [shopper for _, shopper, _ in copied()] == ["va guest"]
        last = weights.latest(directory).fitted
        assert not learning.is_due(last, timezone.now())
        assert learning.is_due(last, timezone.now() + timedelta(days=1, minutes=1))

    def test_a_round_goes_on_where_the_last_one_had_to_end(
        self, alice: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(interactions, "BATCH_SIZE", 1)
        for product in (a_product(), a_product(), a_product()):
            record_view(viewer=Viewer(customer_id=alice.pk), product=product)
        ingest_touches()
        kept, *_ = ProductView.objects.order_by("pk")
        ProductView.objects.exclude(pk=kept.pk).delete()

        def looked_on() -> int:
            with suppress(EnoughForNow):
                forget_what_is_gone(enough_after_one)
            return Interaction.objects.count()

        def enough_after_one(rows: int) -> None:
            raise EnoughForNow

        assert [looked_on() for _ in range(4)] == [3, 2, 1, 1]

    def test_what_a_guest_looked_at_is_the_customers_after_login(
        self, client: Client, alice: Customer
    ) -> None:
        tea = a_product()
        record_view(viewer=Viewer(visitor="a guest"), product=tea)
        record_view(viewer=Viewer(visitor="another"), product=tea)
        ingest_touches()
        adopt_views(visitor="a guest", customer=alice)
        a_paid_order(alice, jam := a_product())
        assert learn(at_once=True).forgotten == 0
        assert copied() == {
            ("viewed", f"c{alice.pk}", tea.pk),
            ("viewed", "vanother", tea.pk),
            ("bought", f"c{alice.pk}", jam.pk),
        }
        assert lesson().events.user_count == 2
        client.force_login(alice)
        told = client.get("/account/export/").json()["recommendations"]["learnt_from"]
        assert {(each["kind"], each["product_id"]) for each in told} == {
            ("viewed", tea.pk),
            ("bought", jam.pk),
        }

    def test_a_day_begins_at_midnight(self) -> None:
        midnight = datetime(2026, 11, 1, tzinfo=UTC)
        for number, hours in enumerate((-1, 0, 23)):
            Interaction.objects.create(
                kind="bought", source_id=number, shopper="c1", product_id=number,
                at=midnight + timedelta(hours=hours),
            )  # fmt: skip
        before, first, last = lesson().events.days.tolist()
        assert (first - before, last - first) == (1, 0)

    def test_a_product_counts_once_a_shopper_by_what_says_most(self, alice: Customer) -> None:
        tea, jam = a_product(), a_product()
        for product in (tea, tea, jam):
            record_view(viewer=Viewer(customer_id=alice.pk), product=product)
        a_paid_order(alice, tea)
        ingest_touches()
        learnt = lesson()
        assert learnt.product_ids.tolist() == [tea.pk, jam.pk]
        assert dict(zip(learnt.events.items.tolist(), learnt.events.strengths.tolist(), strict=True)) == {
            0: 1.0,
            1: pytest.approx(0.2),
        }
        assert learnt.known.count == 4


class TestWhenItIsDue:
    def test_a_first_version_is_made_of_anything_and_the_next_when_enough_is_new(
        self, alice: Customer, directory: Path
    ) -> None:
        assert learn().fitted is None
        tea = a_product()
        record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
        first = learn().fitted
        assert first is not None
        assert (first.interactions, first.way) == (1, "dense")
        for _ in range(learning.ENOUGH - 1):
            record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
        assert learn().fitted is None
        record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
        second = learn().fitted
        assert second is not None
        assert second.interactions == 1 + learning.ENOUGH
        assert [path.stem for path in weights.versions(directory)] == [second.version, first.version]

    @pytest.mark.parametrize(("is_new", "is_due"), [(True, True), (False, False)])
    def test_after_a_day_anything_new_is_enough(
        self, alice: Customer, directory: Path, is_new: bool, is_due: bool
    ) -> None:
        tea = a_product()
        record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
        learn()
        if is_new:
            record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
            ingest_touches()
        last = weights.latest(directory).fitted
        tomorrow = timezone.now() + timedelta(days=1, minutes=1)
        assert learning.is_due(last, tomorrow) is is_due

    def test_after_fits_that_did_not_end_it_waits_twice_as_long_each_time(
        self, alice: Customer, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record_view(viewer=Viewer(customer_id=alice.pk), product=a_product())

        def out_of_memory(learnt: Lesson, now: datetime) -> None:
            raise MemoryError

        def is_worth_it_after(minutes: int) -> bool:
            then = timezone.now() - timedelta(minutes=minutes)
            os.utime(directory / learning.ATTEMPTS, times=(then.timestamp(), then.timestamp()))
            return learning.is_worth_it()

        assert learning.is_worth_it()
        with monkeypatch.context() as patched:
            patched.setattr(learning, "fit", out_of_memory)
            for minutes in (10, 20, 40):
                with pytest.raises(MemoryError):
                    learn()
                assert (is_worth_it_after(minutes - 1), is_worth_it_after(minutes)) == (False, True)
        assert learn().fitted is not None
        record_view(viewer=Viewer(customer_id=alice.pk), product=a_product())
        assert learn(at_once=True).fitted is not None
        assert learning.attempts_in_vain(directory) is None

    def test_two_do_not_learn_at_once(self, alice: Customer) -> None:
        elsewhere = connections.create_connection("recommender")
        try:
            with elsewhere.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LEARNING])
            assert learn(at_once=True).is_elsewhere
        finally:
            elsewhere.close()

    def test_the_command_says_what_it_did(self, alice: Customer, capsys: pytest.CaptureFixture[str]) -> None:
        record_view(viewer=Viewer(customer_id=alice.pk), product=a_product())
        call_command("fit_behaviour")
        assert "from 1 touches (1 of them new, 0 gone): version" in capsys.readouterr().out
        call_command("fit_behaviour", if_due=True)
        assert capsys.readouterr().out == (
            "0 touches read; too little is new since the last version to learn again.\n"
        )

    def test_where_nobody_touched_anything_it_says_so_and_writes_nothing(
        self, settings: Settings, capfd: pytest.CaptureFixture[str]
    ) -> None:
        call_command("fit_behaviour")
        told = capfd.readouterr()
        assert told.out == "Nobody has touched a product yet: there is nothing to learn from.\n"
        assert told.err == ""
        assert weights.versions(settings.BEHAVIOUR_DIR) == []


class TestVersions:
    def test_what_is_stored_is_what_is_read(self, directory: Path) -> None:
        stored = some_weights("20260101T000000000000-aaaaaa", 0.5)
        found = weights.read(weights.store(directory, stored))
        assert found.fitted == stored.fitted
        assert found.scores({10: 2.0, 99: 1.0}).tolist() == [0.0, 1.0]
        assert found.evidence({10: 0.5, 20: 7.0, 99: 1.0}) == 1.5

    def test_the_latest_two_are_kept_and_nothing_of_what_was_broken_off(self, directory: Path) -> None:
        (directory / ".20260101T000000000000-aaaaaa.safetensors.part").write_bytes(b"half of it")
        for day in ("01", "02", "03"):
            weights.store(directory, some_weights(f"202601{day}T000000000000-aaaaaa"))
        assert [path.name for path in sorted(directory.iterdir())] == [
            "20260102T000000000000-aaaaaa.safetensors",
            "20260103T000000000000-aaaaaa.safetensors",
        ]

    @pytest.mark.parametrize("damage", ["empty", "cut", "other"])
    def test_a_damaged_version_gives_way_to_the_one_before(
        self, directory: Path, damage: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        good = some_weights("20260101T000000000000-aaaaaa")
        weights.store(directory, good)
        path = weights.store(directory, some_weights("20260102T000000000000-aaaaaa"))
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "cut": whole[:-3], "other": b"\x00" * 200}[damage])
        with pytest.raises(BehaviourUnreadable):
            weights.read(path)
        with caplog.at_level(logging.WARNING):
            assert weights.latest(directory).fitted == good.fitted
            assert weights.latest_fitted(directory) == good.fitted
        assert str(path) in caplog.text

    def test_parts_that_do_not_fit_each_other_are_refused(self) -> None:
        good = some_weights("a")
        with pytest.raises(ValueError, match="do not fit"):
            Weights(good.fitted, good.product_ids, good.support, good.starts, good.columns, good.values[:0])

    def test_a_process_takes_up_a_new_version_by_itself(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert weights.held(directory) is NOTHING
        monkeypatch.setattr(weights, "LOOK_AGAIN", 0.0)
        weights._held.clear()
        weights.store(directory, some_weights("20260101T000000000000-aaaaaa"))
        first = weights.held(directory)
        assert weights.held(directory) is first
        weights.store(directory, some_weights("20260102T000000000000-aaaaaa"))
        assert weights.held(directory).fitted.version == "20260102T000000000000-aaaaaa"


def test_every_kind_of_touch_has_a_strength() -> None:
    assert set(STRENGTHS) == set(TouchKind)


def test_a_view_of_a_product_that_is_gone_is_gone(alice: Customer) -> None:
    tea = a_product()
    record_view(viewer=Viewer(customer_id=alice.pk), product=tea)
    learn()
    ProductView.objects.all().delete()
    Product.objects.filter(pk=tea.pk).update(is_on_sale=False)
    assert learn(at_once=True).forgotten == 1
    assert lesson().product_ids.tolist() == []
