"""Files of decided applications: what is read of them, and what is refused with its line."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from loans.approval.applications import read_applications
from loans.approval.exceptions import ApplicationFileUnusable

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "loan"
HEADING = (
    "Loan_ID,Gender,Married,Dependents,Education,Self_Employed,ApplicantIncome,CoapplicantIncome,LoanAmount,"
    "Loan_Amount_Term,Credit_History,Property_Area,Loan_Status\n"
)
ROW = "A1,Male,Yes,1,Graduate,No,4000,1500.0,128.0,360.0,1.0,Rural,N\n"
BLANKS = "A2,,No,,Graduate,,3000,0.0,,,,Urban,Y\n"


def a_file(folder: Path, text: str) -> Path:
    path = folder / "loan_data.csv"
    path.write_text(text)
    return path


def test_amounts_are_in_thousands_and_blanks_stay_blank(tmp_path: Path) -> None:
    found = read_applications(a_file(tmp_path, HEADING + ROW + BLANKS))
    np.testing.assert_array_equal(found.income, [4000, 3000])
    np.testing.assert_array_equal(found.coapplicant_income, [1500, 0])
    np.testing.assert_array_equal(found.principal, [128_000, np.nan])
    np.testing.assert_array_equal(found.months, [360, np.nan])
    np.testing.assert_array_equal(found.has_credit_history, [1, np.nan])
    np.testing.assert_array_equal(found.approved, [False, True])
    assert {name: list(texts) for name, texts in found.texts.items()} == {
        "Gender": ["Male", "not known"], "Married": ["Yes", "No"], "Dependents": ["1", "not known"],
        "Property_Area": ["Rural", "Urban"], "Education": ["Graduate", "Graduate"],
        "Self_Employed": ["No", "not known"],
    }  # fmt: skip
    assert found.summary == (
        "loan_data.csv: 2 applications, 1 of them approved; blank: amount 1, term 1, credit history 1."
    )


def test_a_compressed_file_with_a_mark_at_its_beginning_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "loan_data.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + (HEADING + ROW).replace("\n", "\r\n")).encode()))
    assert read_applications(path).income.tolist() == [4000]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: the headings Loan_ID, ApplicantIncome, CoapplicantIncome"),
        ("a,b\n1,2\n", "line 1: the headings Loan_ID, ApplicantIncome, CoapplicantIncome"),
        (HEADING.replace("LoanAmount,", ""),
         "line 1: the heading LoanAmount is missing: this is no loan_data.csv"),
        (HEADING.replace(",Loan_Status", ""),
         "line 1: the heading Loan_Status is missing: these applications are not decided yet"),
        (HEADING, "there is no application in it."),
        (HEADING + ROW + ROW, "line 3: Loan_ID A1 stands on line 2 already."),
        (HEADING + ROW.replace("A1", ""), "line 2: Loan_ID is blank."),
        (HEADING + ROW.replace("4000", ""), "line 2: ApplicantIncome is blank."),
        (HEADING + ROW.replace("4000", "-4000"), "line 2: ApplicantIncome is -4000, and from 0 to 1e[+]08"),
        (HEADING + ROW.replace("4000", "nan"), "line 2: ApplicantIncome is nan, and from 0"),
        (HEADING + ROW.replace("128.0", "much"), "line 2: LoanAmount is much, which is no number."),
        (HEADING + ROW.replace("360.0", "0"),
         "line 2: Loan_Amount_Term is 0, and from 1 to 600 is possible."),
        (HEADING + ROW.replace(",1.0,", ",2.0,"),
         "line 2: Credit_History is 2.0, and from 0 to 1 is possible."),
        (HEADING + ROW.replace(",1.0,", ",0.5,"), "line 2: Credit_History is 0.5, and 0 or 1 is possible."),
        (HEADING + ROW.replace(",N\n", ",Maybe\n"), "line 2: Loan_Status is Maybe, and Y or N is possible."),
        (HEADING + ROW.replace(",N\n", ",\n"), "line 2: Loan_Status is blank, and Y or N is possible."),
        (HEADING + BLANKS + ROW.replace(",Rural,N", ""), "line 3: the line has not as many cells"),
        (HEADING + ROW.replace(",N\n", ",N,N\n"), "line 2: the line has not as many cells"),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_file_is_refused_with_line_and_heading(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ApplicationFileUnusable, match=sentence):
        read_applications(a_file(tmp_path, text))


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08 half a file", gzip.compress(b"a")[:-6], b"\x00\xff"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "loan_data.csv.gz"
    path.write_bytes(content)
    with pytest.raises(ApplicationFileUnusable, match="cannot be read"):
        read_applications(path)
    plain = tmp_path / "loan_data.csv"
    plain.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ApplicationFileUnusable, match="no text in UTF-8"):
        read_applications(plain)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no ../shared/data/loan: the published file is not here")
def test_the_published_file_is_read_as_it_is() -> None:
    found = read_applications(PUBLISHED / "loan_data.csv.gz")
    assert found.summary == (
        "loan_data.csv.gz: 381 applications, 271 of them approved; "
        "blank: amount 0, term 11, credit history 30."
    )
    with pytest.raises(ApplicationFileUnusable, match="these applications are not decided yet"):
        read_applications(PUBLISHED / "loan_unlabelled_367.csv.gz")
