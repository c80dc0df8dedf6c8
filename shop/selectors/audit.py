"""Questions about the audit trail."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignObjectRel, Model, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from shop.label_names import local_label
from shop.models import AuditEntry


def trail_of(labels: Collection[str]) -> "QuerySet[AuditEntry]":
    """The entries about objects of these models, with who made them."""
    return AuditEntry.objects.filter(target_model__in=labels).select_related("actor")


def about(found: Mapping[str, Collection[int]]) -> Q:
    """Entries about the objects of these ids, by model."""
    condition = Q(pk__in=())
    for label, ids in found.items():
        condition |= Q(target_model=label, target_id__in=ids)
    return condition


def targets_of(entries: Iterable[AuditEntry]) -> dict[tuple[str, int], Model]:
    """The objects that entries are about, where they are still there: one query for each kind of object."""
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        ids[entry.target_model].add(entry.target_id)
    return {
        (label, pk): row
        for label, wanted in ids.items()
        for pk, row in apps.get_model(label)._default_manager.in_bulk(wanted).items()
    }


def field_name(entry: AuditEntry) -> str:
    """`Selling price`; as it is stored where the model has no such field any more."""
    match _field(entry):
        case None:
            return entry.field
        case ForeignObjectRel() as rows:
            return capfirst(str(rows.related_model._meta.verbose_name_plural))
        case field:
            return capfirst(str(field.verbose_name))


def value_name(entry: AuditEntry, stored: str) -> str:
    """`Paid` for `1`, where the field has choices; a label in the language of whoever reads."""
    field = _field(entry)
    if isinstance(field, ForeignObjectRel):
        return local_label(stored)
    choices = {str(value): str(name) for value, name in (field.flatchoices or () if field else ())}
    return ({"yes": _("yes"), "no": _("no")} | choices).get(stored, stored)


def _field(entry: AuditEntry) -> "Field[Any, Any] | ForeignObjectRel | None":
    """Rows that belong to the object, as a product's tags do, are a field of it too."""
    try:
        field = apps.get_model(entry.target_model)._meta.get_field(entry.field)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field | ForeignObjectRel) else None
