import re
from decimal import ROUND_HALF_UP, Decimal

# "$12.99", "$1,299.00", "$5.00 - $9.00", "from 5.99", 12.99; the style sheets found in the field are none.
PRICE = re.compile(r"(?:from )?\$?((?:\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:\.\d{1,9})?)(?:\s*-\s*\$?[\d,.]+)?")
HIGHEST = Decimal("99999999.99")
CENT = Decimal("0.01")


def price_of(value: object, rate: Decimal) -> Decimal | None:
    """The price times `rate`, in cents; the lower end of a range; None where there is none or it is 0."""
    match = PRICE.fullmatch(str(value).strip()) if isinstance(value, str | int | float) else None
    if match is None:
        return None
    price = (Decimal(match[1].replace(",", "")) * rate).quantize(CENT, ROUND_HALF_UP)
    return price if CENT <= price <= HIGHEST else None
