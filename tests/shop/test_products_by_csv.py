"""Products out and in by CSV: what is wrong is told and stops all, and a file read back changes nothing."""

import csv
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from shop.exceptions import WrongProductFile
from shop.models import Category, Customer, Product
from shop.product_csv import COLUMNS, written
from shop.selectors.product_file import all_products, rows_of
from shop.services.product_file import FieldChange, ProductFileOutcome, import_product_file
from tests.shop.builders import PASSWORD, a_category, a_customer, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "'quoted'"]


@pytest.fixture
def shelf() -> Category:
    return a_category("Green tea", a_category("Tea", a_category("Tea & Coffee")))


def exported() -> str:
    return "".join(written(rows_of(all_products())))


def imported(text: str, *, dry_run: bool = False) -> ProductFileOutcome:
    return import_product_file(content=text.encode(), actor_id=None, dry_run=dry_run)


def wrong(content: str | bytes) -> list[tuple[int, str]]:
    """The wrong lines; asserts that nothing was written."""
    before = values()
    with pytest.raises(WrongProductFile) as refused:
        import_product_file(
            content=content.encode() if isinstance(content, str) else content, actor_id=None, dry_run=False
        )
    assert values() == before
    return [(line.number, line.reason) for line in refused.value.lines]


def values() -> list[Any]:
    return list(Product.objects.order_by("pk").values())


class TestOut:
    def test_a_product_is_a_line_of_text_numbers_and_its_path(self, shelf: Category) -> None:
        product = a_product(
            'Sencha "Uji"', name_zh="煎茶", category=shelf, sku="tea-1", original_price=Decimal("12"),
            quantity=250, unit="g", on_hand=3, is_on_sale=False, detail="One.\nTwo.", rich_detail="<p>x</p>",
        )  # fmt: skip
        text = exported()
        assert text.startswith("\ufeffid,sku,asin,category,name,")
        (row,) = csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""))
        assert row == {
            "id": str(product.pk), "sku": "tea-1", "asin": "", "category": "Tea & Coffee > Tea > Green tea",
            "name": 'Sencha "Uji"', "name_zh": "煎茶", "brand": "", "brief": "", "brief_zh": "",
            "detail": "One.\nTwo.", "detail_zh": "", "rich_detail": "<p>x</p>", "rich_detail_zh": "",
            "selling_price": "10.00", "original_price": "12.00", "quantity": "250.00", "unit": "g",
            "on_hand": "3", "is_on_sale": "no",
        }  # fmt: skip

    @pytest.mark.parametrize("formula", FORMULAS)
    def test_no_cell_is_a_formula_and_each_reads_as_it_was(self, formula: str) -> None:
        product = a_product(brand=formula, detail=formula)
        (row,) = csv.DictReader(StringIO(exported().removeprefix("\ufeff"), newline=""))
        assert (row["brand"], row["detail"]) == (f"'{formula}", f"'{formula}")
        assert imported(exported()) == ProductFileOutcome((), unchanged=1)
        Product.objects.update(brand="other", detail="other")
        imported(exported().replace("other", f'"\'{formula}"'))
        product.refresh_from_db()
        assert (product.brand, product.detail) == (formula.strip(), formula)


class TestIn:
    def test_a_file_read_back_changes_nothing_not_even_a_time(self, shelf: Category) -> None:
        a_product("Sencha", category=shelf, detail="One.\r\nTwo, “three”.\n", selling_price=None)
        a_product("Matcha", category=shelf, asin="B001", quantity=Decimal("1.50"), unit="kg")
        a_product("Gone", category=shelf, is_on_sale=False, rich_detail="<p>A &amp; B</p>", on_hand=0)
        before = values()
        assert imported(exported()) == ProductFileOutcome((), unchanged=3)
        assert values() == before

    def test_a_new_product_needs_a_name_and_a_shelf_and_has_the_rest_by_default(
        self, shelf: Category
    ) -> None:
        outcome = imported("sku,name,category,on_hand\ntea-1, Sencha ,Tea & Coffee > Tea > Green tea,7\n")
        product = Product.objects.get()
        assert (product.sku, product.name, product.category, product.on_hand) == ("tea-1", "Sencha", shelf, 7)
        assert (product.is_on_sale, product.selling_price, product.asin) == (True, None, None)
        assert (outcome.new, outcome.changed, outcome.unchanged) == (1, 0, 0)

    @pytest.mark.usefixtures("shelf")
    def test_the_same_file_twice_makes_each_product_once(self) -> None:
        text = "sku,name,category\ntea-1,Sencha,Tea & Coffee > Tea > Green tea\n"
        imported(text)
        assert imported(text) == ProductFileOutcome((), unchanged=1)
        assert Product.objects.count() == 1

    def test_a_column_that_is_not_there_stays_as_it_is(self) -> None:
        product = a_product("Sencha", brand="Uji", sku="tea-1")
        outcome = imported("sku,selling_price,on_hand\ntea-1,8.5,15\n")
        product.refresh_from_db()
        assert (product.selling_price, product.on_hand, product.brand) == (Decimal("8.50"), 15, "Uji")
        (change,) = outcome.changes
        assert (change.line, change.name, change.is_new) == (2, "Sencha", False)
        assert change.fields == (
            FieldChange("selling_price", "10.00", "8.5"), FieldChange("on_hand", "20", "15"),
        )  # fmt: skip

    def test_an_id_comes_before_a_sku_which_may_then_change(self) -> None:
        product = a_product(sku="tea-1")
        imported(f"id,sku\n{product.pk},tea-2\n")
        product.refresh_from_db()
        assert product.sku == "tea-2"

    def test_an_empty_cell_empties_what_may_be_empty(self) -> None:
        product = a_product(sku="tea-1", asin="B001", brand="Uji")
        imported(f"id,sku,asin,brand,selling_price\n{product.pk},,B001,,\n")
        product.refresh_from_db()
        assert (product.sku, product.asin, product.brand, product.selling_price) == (None, "B001", "", None)

    def test_html_is_sanitised_and_plain_text_is_kept_to_the_letter(self) -> None:
        product = a_product(sku="tea-1")
        imported("sku,detail,rich_detail\ntea-1,<b>bold</b> ,<p onclick=x()>Tea</p><script>x()</script>\n")
        product.refresh_from_db()
        assert (product.detail, product.rich_detail) == ("<b>bold</b> ", "<p>Tea</p>")

    def test_a_dry_run_says_the_same_and_writes_nothing(self, shelf: Category) -> None:
        a_product(sku="tea-1", category=shelf)
        text = (
            "sku,name,category\ntea-1,Sencha,Tea & Coffee > Tea > Green tea\n"
            "tea-2,Matcha,Tea & Coffee > Tea > Green tea\n"
        )
        before = values()
        would = imported(text, dry_run=True)
        assert values() == before
        assert imported(text) == would
        assert (would.new, would.changed) == (1, 1)

    def test_whoever_sends_it_is_remembered(self) -> None:
        alice = a_customer()
        product = a_product(sku="tea-1")
        import_product_file(content=b"sku,on_hand\ntea-1,5\n", actor_id=alice.pk, dry_run=False)
        product.refresh_from_db()
        assert (product.on_hand, product.changed_by) == (5, alice)


class TestWrong:
    def test_every_wrong_line_is_told_and_the_right_ones_are_not_written(self) -> None:
        product = a_product(sku="tea-1", on_hand=20, allocated=4)
        text = (
            "sku,name,selling_price,on_hand,unit,is_on_sale,category\n"
            f"tea-1,Sencha,9,5,,yes,{'x > y > z'}\n"
            '\ntea-2,"two\nlines",0,1,,,\n'
            "tea-1,Sencha,9,5,,yes,\n"
            ",Sencha,9,5,,yes,\n"
            "tea-3,Sencha,9\n"
        )
        assert wrong(text) == [(8, "It has 3 cells, and the headers are 7.")]
        assert wrong(text.replace("tea-3,Sencha,9\n", "")) == [
            (2, "category: There is no category “x > y > z” of level 3."),
            (4, "category: a new product needs one."),
            (4, "selling_price: Ensure this value is greater than or equal to 0.01."),
            (6, "Line 2 is about the same product."),
            (7, "It has neither id nor SKU nor ASIN."),
        ]
        assert Product.objects.get() == product

    @pytest.mark.parametrize(
        ("column", "cell", "reason"),
        [
            ("on_hand", "3", "4 are allocated to orders: the stock cannot be lower than that."),
            ("on_hand", "", "on_hand: This field cannot be null."),
            ("on_hand", "1.5", "on_hand: “1.5” value must be an integer."),
            ("on_hand", "'-1", "on_hand: Write a number such as 12.50."),
            ("selling_price", "NaN", "selling_price: Write a number such as 12.50."),
            ("selling_price", "1e3", "selling_price: Write a number such as 12.50."),
            ("selling_price", "9.999", "selling_price: Ensure that there are no more than 2 decimal places."),
            ("quantity", "5", "A quantity needs a unit, and a unit a quantity."),
            ("unit", "stone", "unit: Value 'stone' is not a valid choice."),
            ("is_on_sale", "maybe", "is_on_sale: Write yes or no."),
            ("name", " ", "name: This field cannot be blank."),
            ("name", "x" * 256, "name: Ensure this value has at most 255 characters (it has 256)."),
            ("brand", "a\0b", "brand: It holds a null character."),
            ("category", "Tea", "category: There is no category “Tea” of level 3."),
        ],
    )
    def test_a_cell_that_cannot_be_so_is_told(self, column: str, cell: str, reason: str) -> None:
        a_product(sku="tea-1", on_hand=20, allocated=4)
        assert wrong(f"sku,{column}\ntea-1,{cell}\n") == [(2, reason)]

    @pytest.mark.parametrize(
        ("content", "reasons"),
        [
            (b"", [(1, "The file is empty.")]),
            (b"sku,colour\n", [(1, "There is no column 'colour'.")]),
            (b"sku,sku\n", [(1, "A column stands there twice.")]),
            (b"name\nTea\n", [(1, "One of the columns id, sku, asin must be there.")]),
            (b'sku,name\ntea-1,"open\n', [(2, "It is not CSV: unexpected end of data.")]),
            ("sku,name\ntea-1,茶\n".encode("gbk"), [(2, "It is not UTF-8: save the file as “CSV UTF-8”.")]),
            (b"id\n99\n", [(2, "No product has the id 99.")]),
            (b"id\nx\n", [(2, "No product has the id x.")]),
        ],
    )
    def test_a_file_that_cannot_be_read_is_told(self, content: bytes, reasons: list[tuple[int, str]]) -> None:
        assert wrong(content) == reasons

    def test_another_products_sku_is_refused(self) -> None:
        first, second = a_product(sku="tea-1"), a_product(sku="tea-2")
        assert wrong(f"id,sku\n{first.pk},tea-2\n") == [(2, "The SKU tea-2 is another product's.")]
        assert second.sku == "tea-2"

    @pytest.mark.usefixtures("shelf")
    def test_two_new_products_do_not_share_a_sku(self) -> None:
        line = "tea-1,Sencha,Tea & Coffee > Tea > Green tea\n"
        assert wrong(f"sku,name,category\n{line}{line}") == [(3, "Line 2 is about the same product.")]


class TestCommands:
    def test_out_and_in_again(self, tmp_path: Path) -> None:
        a_product("Sencha", sku="tea-1")
        file = tmp_path / "products.csv"
        assert called("export_products", str(file)) == f"1 products are in {file}.\n"
        assert file.read_bytes().startswith(b"\xef\xbb\xbfid,")
        assert called("import_products", str(file)) == "Products: 0 new, 0 changed, 1 unchanged.\n"

    def test_a_dry_run_prints_each_change(self, tmp_path: Path) -> None:
        a_product("Sencha", sku="tea-1")
        file = tmp_path / "products.csv"
        file.write_text("sku,on_hand\ntea-1,5\n")
        assert called("import_products", str(file), "--dry-run").splitlines() == [
            "line 2, changed: Sencha (on_hand: '20' → '5')",
            "Nothing was written. There would be 0 new, 1 changed, 0 unchanged.",
        ]
        assert Product.objects.get().on_hand == 20

    def test_wrong_lines_are_printed(self, tmp_path: Path) -> None:
        file = tmp_path / "products.csv"
        file.write_text("id\n99\n")
        printed = StringIO()
        with pytest.raises(CommandError, match="1 things are wrong; nothing was written"):
            call_command("import_products", str(file), stderr=printed)
        assert printed.getvalue() == "line 2: No product has the id 99.\n"
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_products", str(tmp_path / "none.csv"))


def called(*words: str) -> str:
    printed = StringIO()
    call_command(*words, stdout=printed)
    return printed.getvalue()


class TestBackRoom:
    @pytest.fixture
    def back_room(self, client: Client) -> Client:
        client.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
        return client

    def test_all_or_the_chosen_products_come_out(self, back_room: Client) -> None:
        chosen, other = a_product("Sencha"), a_product("Rye bread")
        everything = back_room.get("/admin/shop/product/export/")
        assert everything["Content-Type"] == "text/csv; charset=utf-8"
        text = everything.getvalue().decode()
        assert [name in text for name in (chosen.name, other.name)] == [True, True]
        data = {"action": "export_chosen", "_selected_action": [chosen.pk]}
        text = back_room.post("/admin/shop/product/", data).getvalue().decode()
        assert [name in text for name in (chosen.name, other.name)] == [True, False]

    def test_a_file_is_shown_first_and_then_taken(self, back_room: Client) -> None:
        product = a_product("Sencha", sku="tea-1")
        page = sent(back_room, "sku,name\ntea-1,<b>Matcha</b>\n", dry_run="on")
        assert "There would be 0 new, 1 changed and 0 unchanged products." in page
        assert "&lt;b&gt;Matcha&lt;/b&gt;" in page
        product.refresh_from_db()
        assert product.name == "Sencha"
        page = sent(back_room, "sku,name\ntea-1,Matcha\n")
        assert "Done: 0 new, 1 changed and 0 unchanged products." in page
        product.refresh_from_db()
        assert (product.name, product.changed_by) == ("Matcha", Customer.objects.get())

    def test_what_is_wrong_is_shown_by_line(self, back_room: Client) -> None:
        page = sent(back_room, "id\n99\n", status=422)
        assert "1 thing is wrong; nothing was written." in page
        assert "<td>2</td><td>No product has the id 99.</td>" in page

    def test_who_may_only_look_may_not_send_a_file(self, client: Client) -> None:
        client.force_login(a_customer(is_staff=True))
        assert client.get("/admin/shop/product/import/").status_code == 403
        assert client.get("/admin/shop/product/export/").status_code == 403


def sent(back_room: Client, text: str, status: int = 200, **fields: str) -> str:
    file = SimpleUploadedFile("products.csv", text.encode())
    response = back_room.post("/admin/shop/product/import/", {"file": file} | fields)
    assert response.status_code == status
    return response.content.decode()


def test_the_columns_are_fields_of_a_product() -> None:
    assert set(COLUMNS) <= {field.name for field in Product._meta.get_fields()}
