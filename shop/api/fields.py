"""What many serializers and addresses share."""

from typing import Any

from django.urls import register_converter
from django.urls.converters import IntConverter
from rest_framework import serializers

LARGEST_ID = 2**63 - 1


def money(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=2, **options)


def row_id(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=LARGEST_ID, **options)


class RowIdConverter(IntConverter):
    """`<row:…>` in an address: SQLite fails on a larger number, instead of finding nothing."""

    def to_python(self, value: str) -> int:
        number = super().to_python(value)
        if number > LARGEST_ID:
            raise ValueError
        return number


register_converter(RowIdConverter, "row")
