"""What a program reads where the loan desk refuses, in the shape of the shop's own refusals."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from loans.exceptions import LoanError
from loans.models import Application, Loan
from loans.scoring.exceptions import ScoreModelUnusable
from loans.sentences import sentence
from shop.api.errors import code_of, error_answer


class DeskView(APIView):
    """Of the loan desk: its refusals are answers, too."""

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return desk_answer


def desk_answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    match error:
        case ScoreModelUnusable():
            body = {"code": "desk_closed", "detail": sentence(error)}
            return Response(body, status=status.HTTP_503_SERVICE_UNAVAILABLE)
        case LoanError():
            body = {"code": code_of(error), "detail": sentence(error), **dict(_facts(error))}
            return Response(body, status=status.HTTP_409_CONFLICT)
    return error_answer(error, context)


def _facts(error: LoanError) -> Iterator[tuple[str, str]]:
    """The values that the error carries, as JSON has them."""
    for name, value in vars(error).items():
        match value:
            case Application() | Loan():
                yield from (("number", value.number), ("status", value.status))
            case Decimal():
                yield name, f"{value:.2f}"
            case str():
                yield name, value
