"""Agreements and statements as documents to keep, in the reader's language.

Chinese is set in STSong-Light, a font that PDF readers bring along, and nothing is embedded; whatever
Helvetica has is set in Helvetica. What a person wrote is escaped: a paragraph here is a kind of XML.
See docs/decisions/0023-agreement-pdf.md.
"""

import re
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from loans.agreement import Agreement
from loans.models import Loan
from loans.selectors.loans import StatementLine
from loans.sentences import clauses_of, figures_of, statement_sentence
from loans.templatetags.rates import change
from shop.models import Customer
from shop.templatetags.shelves import price

LATIN, BOLD, CHINESE = "Helvetica", "Helvetica-Bold", "STSong-Light"
NOT_LATIN = re.compile(r"[^\x20-\x7e\xa0-\xff–—‘’“”…•€]+")
QUIET, LINE = colors.HexColor("#596156"), colors.HexColor("#dcdccf")
GRID = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def agreement_pdf(agreement: Agreement, borrower: Customer) -> bytes:
    title = _("Loan agreement")
    if agreement.accepted_at:
        since = _("Accepted on %(moment)s. The schedule is that of the day of acceptance.") % {
            "moment": date_format(timezone.localtime(agreement.accepted_at), "DATETIME_FORMAT")
        }
    else:
        since = _("An offer, not accepted yet. The schedule is as if it were accepted on %(day)s.") % {
            "day": date_format(agreement.drawn_up_on)
        }
    parties = _("Between Larder and %(name)s (login name %(login)s)") % {
        "name": borrower.display_name,
        "login": borrower.login_name,
    }
    parts: list[Flowable] = [
        _text(title, "title"),
        _text(parties),
        _text(since),
        Spacer(0, 4 * mm),
        _table([[_text(name), _text(value, "number")] for name, value in figures_of(agreement)], (100, 70)),
    ]
    for heading, clause in clauses_of(agreement):
        parts += [_text(heading, "heading"), _text(clause)]
    parts += [_text(_("Schedule"), "heading"), _schedule(agreement)]
    parts += [Spacer(0, 4 * mm), _text(_("Fingerprint of these terms:"), "quiet")]
    parts += [_text(agreement.terms_hash, "quiet")]
    return _document(title, agreement.number, parts)


def statement_pdf(loan: Loan, lines: Sequence[StatementLine], borrower: Customer) -> bytes:
    title = _("Statement of loan %(number)s") % {"number": loan.number}
    head: list[Flowable] = [
        _text(_("On"), "strong"), _text(_("Entry"), "strong"), _text(_("Amount"), "strong number"),
        _text(_("Owed after it"), "strong number"),
    ]  # fmt: skip
    rows: list[list[Flowable]] = [
        [
            _text(date_format(line.on)), _text(statement_sentence(line)),
            _text(change(line.amount), "number"), _text(price(line.owed), "number"),
        ]
        for line in lines
    ]  # fmt: skip
    status = _("%(name)s · %(status)s · as of %(day)s") % {
        "name": borrower.display_name,
        "status": loan.get_status_display(),
        "day": date_format(timezone.localdate()),
    }
    table = _table([head, *rows], (32, 78, 30, 30))
    return _document(title, loan.number, [_text(title, "title"), _text(status), Spacer(0, 4 * mm), table])


def _schedule(agreement: Agreement) -> Flowable:
    names = (_("Due on"), _("To pay"), _("Of the amount"), _("Interest"), _("Left"))
    rows: list[list[Flowable]] = [[_text(name, "strong number") for name in names]]
    for each in agreement.schedule.instalments:
        amounts = (each.amount, each.principal, each.interest, each.balance)
        cells = [f"{each.number}. {date_format(each.due_on)}", *(price(amount) for amount in amounts)]
        rows.append([_text(cell, "number") for cell in cells])
    return _table(rows, (46, 31, 31, 31, 31))


def _table(rows: Sequence[list[Flowable]], widths_in_mm: Sequence[int]) -> Table:
    return Table(
        rows, colWidths=[width * mm for width in widths_in_mm], hAlign="LEFT", style=GRID,
        repeatRows=len(rows) > 12,
    )  # fmt: skip


def _text(text: str, kind: str = "") -> Paragraph:
    """Kinds: title, heading, strong, number, quiet, and several of them."""
    is_large = "title" in kind or "heading" in kind
    style = ParagraphStyle(
        kind or "text",
        fontName=BOLD if is_large or "strong" in kind else LATIN,
        fontSize=18 if "title" in kind else 11.5 if "heading" in kind else 8 if "quiet" in kind else 9.5,
        leading=24 if "title" in kind else 16 if "heading" in kind else 13,
        spaceBefore=8 if "heading" in kind else 0,
        alignment=2 if "number" in kind else 0,
        textColor=QUIET if "quiet" in kind else colors.black,
        wordWrap="CJK" if _is_chinese() else None,
        keepWithNext=int("heading" in kind),
    )
    return Paragraph(_marked_up(text), style)


def _marked_up(text: str) -> str:
    """Escaped, with another font where Helvetica has no such letter."""
    return NOT_LATIN.sub(lambda run: f'<font name="{CHINESE}">{run[0]}</font>', escape(text))


def _document(title: str, number: str, parts: list[Flowable]) -> bytes:
    written = BytesIO()
    document = SimpleDocTemplate(
        written, pagesize=A4, title=title, author="Larder", lang="zh-CN" if _is_chinese() else "en",
        leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=20 * mm,
    )  # fmt: skip
    foot = partial(_foot, number)
    document.build(parts, onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


def _foot(number: str, canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(LATIN, 8)
    canvas.setFillColor(QUIET)
    canvas.drawString(20 * mm, 12 * mm, f"Larder · {number}")
    canvas.drawRightString(A4[0] - 20 * mm, 12 * mm, str(canvas.getPageNumber()))


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")
