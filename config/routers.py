"""Shop and loans live in `default`, the recommender in `recommender`; nothing joins the two."""

from typing import Any

from django.db.models import Model

RECOMMENDER = "recommender"


class RoomRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return RECOMMENDER if model._meta.app_label == RECOMMENDER else None

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return (one._meta.app_label == RECOMMENDER) == (other._meta.app_label == RECOMMENDER)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == RECOMMENDER) == (app_label == RECOMMENDER)
