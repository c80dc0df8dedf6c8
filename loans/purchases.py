"""Purchase histories from files: UCI Online Retail (I, II) and Kaggle's kz.csv, as CSV, gzip or plain.

A file is read in pieces and kept as compact columns; what is left out, and why, is counted.
"""

import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
import pandas as pd
from pandas.errors import EmptyDataError, ParserError

from loans.scoring.exceptions import PurchaseFileUnusable, TooFewPurchases
from shop.selectors.purchases import Purchase

ROWS_A_PIECE = 200_000
# What a spreadsheet makes of a long id.
RUINED = r"^\d+(?:[.,]\d+)?[eE]\+?\d+$"

# The rules, in the order in which they are applied; a row counts under the first that holds.
DUPLICATE = "exact duplicates"
NO_CUSTOMER = "no customer"
NO_PRODUCT = "non-product codes (not five digits: postage, fees, tests, gift cards)"
NO_DATE = "no usable date"
NOT_PAID = "no price or no quantity above nothing"
KEPT = "kept"

Tick = Callable[[int], object]


class Format(NamedTuple):
    """`columns` names, for each role, the headings it may stand under."""

    name: str
    columns: Mapping[str, tuple[str, ...]]
    ids: tuple[str, ...]


ONLINE_RETAIL = Format(
    "UCI Online Retail",
    {
        "order": ("Invoice", "InvoiceNo"), "product": ("StockCode",), "quantity": ("Quantity",),
        "at": ("InvoiceDate",), "price": ("Price", "UnitPrice"), "customer": ("Customer ID", "CustomerID"),
    },
    ("order", "customer"),
)  # fmt: skip
KZ = Format(
    "Kaggle kz.csv",
    {
        "order": ("order_id",), "product": ("product_id",), "at": ("event_time",), "price": ("price",),
        "customer": ("user_id",), "category": ("category_code",), "category_id": ("category_id",),
    },
    ("order", "product", "category_id", "customer"),
)  # fmt: skip


@dataclass(frozen=True)
class PurchaseHistory:
    """Purchases by customer, between the first of them and `until`."""

    name: str
    sha256: str
    first: datetime
    until: datetime
    customers: int
    orders: int
    typical_order: Decimal  # the median of what is kept
    rules: Mapping[str, int]  # rows by the rule that left them out, and those kept
    each: Callable[[], Iterator[tuple[str, list[Purchase]]]]

    @property
    def summary(self) -> str:
        lines = [f"{self.name}: {self.customers:,} customers, {self.orders:,} orders,"]
        lines += [f"  {self.first:%Y-%m-%d} to {self.until:%Y-%m-%d}, typical order {self.typical_order}"]
        return "\n".join(lines + [f"  {rule}: {count:,}" for rule, count in self.rules.items()])


def read_purchases(path: Path, tick: Tick) -> PurchaseHistory:
    """`tick` is told how far into the file reading has come. Raises PurchaseFileUnusable."""
    if path.suffix.lower() in {".xlsx", ".xls"}:
        raise PurchaseFileUnusable(path, "this is a spreadsheet: export it as CSV, ids as text.")
    try:
        pieces = list(_pieces(path, tick))
    except (OSError, EOFError, zlib.error, ParserError, EmptyDataError) as error:
        raise PurchaseFileUnusable(path, f"cannot be read ({error}).") from error
    rows, rules = _without_duplicates(pieces)
    if rows.empty:
        raise PurchaseFileUnusable(path, "no row of a customer's paid order is left after cleaning.")
    return _history(path, rows, rules)


def _pieces(path: Path, tick: Tick) -> Iterator[pd.DataFrame]:
    with path.open("rb") as file:
        stream = cast("BinaryIO", gzip.open(file)) if path.suffix == ".gz" else file  # noqa: SIM115
        reader = pd.read_csv(
            stream, dtype=str, keep_default_na=False, encoding_errors="replace", chunksize=ROWS_A_PIECE
        )
        for piece in reader:
            form = _format_of(path, piece)
            fingerprints = pd.util.hash_pandas_object(piece, index=False).to_numpy()
            named = _named(piece, form)
            _refuse_ruined_ids(path, named, form)
            yield _cleaned(named, form).assign(fingerprint=fingerprints)
            tick(file.tell())


def _format_of(path: Path, piece: pd.DataFrame) -> Format:
    for form in (ONLINE_RETAIL, KZ):
        if all(any(name in piece for name in names) for names in form.columns.values()):
            return form
    raise PurchaseFileUnusable(
        path,
        "the headings are neither those of UCI Online Retail (Invoice, StockCode, Quantity, InvoiceDate, "
        "Price, Customer ID) nor those of kz.csv (event_time, order_id, product_id, category_id, "
        "category_code, price, user_id).",
        line=1,
    )


def _named(piece: pd.DataFrame, form: Format) -> pd.DataFrame:
    heading = {role: next(n for n in names if n in piece) for role, names in form.columns.items()}
    return pd.DataFrame({role: piece[name].str.strip() for role, name in heading.items()})


def _refuse_ruined_ids(path: Path, rows: pd.DataFrame, form: Format) -> None:
    for role in form.ids:
        ruined = rows[role].str.match(RUINED)
        if ruined.any():
            place = ruined.idxmax()
            raise PurchaseFileUnusable(
                path,
                f"{form.columns[role][0]} is {rows[role][place]}: a spreadsheet has rounded the ids, "
                "and different customers and orders have become one. Use the file as it was published.",
                line=int(place) + 2,  # a heading, and lines count from one
            )


def _cleaned(rows: pd.DataFrame, form: Format) -> pd.DataFrame:
    """Columns of numbers, and under `rule` what leaves a row out."""
    price = pd.to_numeric(rows.price, errors="coerce")
    quantity = pd.to_numeric(rows.quantity, errors="coerce") if "quantity" in rows else 1.0
    cents = (100 * price * quantity).round()
    cancels = rows.order.str.startswith(("C", "c")) if form is ONLINE_RETAIL else pd.Series(False, rows.index)
    at = _times(rows["at"])
    is_product = rows["product"].str.match(r"^\d{5}") if form is ONLINE_RETAIL else rows["product"] != ""
    is_paid = cancels | ((price > 0) & (pd.Series(quantity, rows.index) > 0))
    rule = np.select(
        [rows.customer == "", ~is_product, at.isna(), ~is_paid | cents.isna()],
        [NO_CUSTOMER, NO_PRODUCT, NO_DATE, NOT_PAID], KEPT,
    )  # fmt: skip
    return pd.DataFrame(
        {
            "order": rows.order.astype("category"),
            "customer": rows.customer.str.removesuffix(".0").astype("category"),
            "category": _categories(rows, form).astype("category"),
            "at": at, "cents": cents.abs().fillna(0).astype("int64"), "cancels": cancels,
            "rule": pd.Categorical(rule, [NO_CUSTOMER, NO_PRODUCT, NO_DATE, NOT_PAID, KEPT]),
        }
    )  # fmt: skip


def _categories(rows: pd.DataFrame, form: Format) -> Any:
    """Online Retail has none: the first three digits of a stock code tell families of products apart."""
    if form is ONLINE_RETAIL:
        return rows["product"].str[:3]
    return rows.category.where(rows.category != "", rows.category_id)


def _times(texts: Any) -> Any:
    """UTC; before 2000 is the placeholder of a lost date."""
    texts = texts.str.removesuffix(" UTC")
    at = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    american = pd.to_datetime(texts[at.isna()], format="%m/%d/%Y %H:%M", utc=True, errors="coerce")
    at = at.fillna(american)
    return at.where(at >= pd.Timestamp("2000-01-01", tz="UTC"))


def _without_duplicates(pieces: list[pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Pieces are joined without what is left out; a duplicate may stand in another piece."""
    seen_before = pd.Series(np.concatenate([piece.fingerprint for piece in pieces])).duplicated().to_numpy()
    counts: Counter[str] = Counter({DUPLICATE: int(seen_before.sum())})
    kept, start = [], 0
    for piece in pieces:
        fresh = piece[~seen_before[start : start + len(piece)]]
        start += len(piece)
        counts.update(fresh.rule.value_counts().to_dict())
        kept.append(fresh[fresh.rule == KEPT].drop(columns=["rule", "fingerprint"]))
    rows = pd.DataFrame({name: _joined([piece[name] for piece in kept]) for name in kept[0]})
    rules = {"rows": int(start)} | {rule: int(count) for rule, count in counts.items() if rule != KEPT}
    cancelling = int(rows.cancels.sum())
    return rows, rules | {"of cancellations (known as such)": cancelling, KEPT: len(rows) - cancelling}


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0].dtype, pd.CategoricalDtype):
        return pd.api.types.union_categoricals([part.cat.remove_unused_categories() for part in parts])
    return pd.concat(parts, ignore_index=True)


def _history(path: Path, rows: pd.DataFrame, rules: dict[str, int]) -> PurchaseHistory:
    keys = ["customer", "order"]
    orders = rows.groupby(keys, observed=True, sort=False).agg(
        at=("at", "min"), cents=("cents", "sum"), cancels=("cancels", "any")
    )
    orders = orders.reset_index().sort_values(["customer", "at", "order"], kind="stable")
    named = rows.drop_duplicates([*keys, "category"]).groupby(keys, observed=True, sort=False).category
    categories = {key: frozenset(map(str, group)) for key, group in named}
    bought = orders[~orders.cancels]
    if bought.empty:
        raise PurchaseFileUnusable(path, "no customer's paid order is left after cleaning.")

    def each() -> Iterator[tuple[str, list[Purchase]]]:
        for customer, theirs in orders.groupby("customer", observed=True, sort=False):
            lines = zip(theirs.order, theirs["at"], theirs.cents, theirs.cancels, strict=True)
            yield str(customer), [_purchase(customer, categories, *line) for line in lines]

    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return PurchaseHistory(
        name=path.name, sha256=sha256, first=orders["at"].min().to_pydatetime(),
        until=orders["at"].max().to_pydatetime(), customers=orders.customer.nunique(), orders=len(bought),
        typical_order=Decimal(int(bought.cents.median())).scaleb(-2), rules=rules, each=each,
    )  # fmt: skip


def _purchase(  # noqa: PLR0913, PLR0917 (the columns of a line)
    customer: Any, categories: Mapping[Any, frozenset[str]], order: Any, at: Any, cents: int, cancels: bool
) -> Purchase:
    """A cancellation names no order: it is one that was undone as it was made."""
    moment = at.to_pydatetime()
    return Purchase(
        str(order), moment, Decimal(int(cents)).scaleb(-2), categories[customer, order],
        "cancelled" if cancels else "kept", moment if cancels else None,
    )  # fmt: skip


def own_history(
    purchases: Callable[[], Iterator[tuple[str, list[Purchase]]]], until: datetime
) -> PurchaseHistory:
    """The shop's own orders. Raises TooFewPurchases where there is none."""
    digest, times, values, customers = hashlib.sha256(), [], [], 0
    for customer, theirs in purchases():
        customers += 1
        for each in theirs:
            digest.update(f"{customer}|{each.order_id}|{each.at.isoformat()}|{each.value}|".encode())
            digest.update(f"{sorted(each.categories)}|{each.outcome}|{each.undone_at}\n".encode())
            times.append(each.at)
            values.append(each.value)
    if not times:
        raise TooFewPurchases("The shop has no paid order yet, so there is nothing to learn from.")
    return PurchaseHistory(
        name="own orders", sha256=digest.hexdigest(), first=min(times), until=max(until, times[-1]),
        customers=customers, orders=len(times), typical_order=sorted(values)[len(values) // 2],
        rules={}, each=purchases,
    )  # fmt: skip
