"""Sessions in the database, of which a request stores what it changed and no more."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from shop.prepared import Prepared

STORED = Prepared[Session](lambda key: Session.objects.filter(pk=key))


class SessionStore(db.SessionStore):
    """Django's stores the whole as it was read, so that of two requests at once the later undoes the other.

    Both may still change one key: who changes what is in it, such as a line of the cart, renews it first.
    """

    _read: Callable[[], dict[str, Any]] = dict  # what was stored when it was read or written last

    def _get_session_from_db(self) -> Session | None:
        now = timezone.now()
        for row in STORED(str(self.session_key)):
            if row.expire_date > now:
                return row
        self._session_key = None
        return None

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db()
        self._read = lambda: self.decode(row.session_data) if row else {}
        return self._read()

    def clear(self) -> None:
        list(self.keys())  # read, so that it is known what goes
        super().clear()

    def renew(self) -> bool:
        """Take in what other requests stored, and have them wait until this transaction ends.

        False where nothing is stored: it is new, or who logged in or out meanwhile has another one.
        """
        row = self.model.objects.select_for_update().filter(pk=self.session_key).first()
        if row is None:
            return False
        own, read, stored = dict(self.items()), self._read(), self.decode(row.session_data)
        changed = {key: value for key, value in own.items() if key not in read or read[key] != value}
        left = {key: value for key, value in stored.items() if key in own or key not in read}
        self._session_cache = left | changed
        self._read = lambda: self.decode(row.session_data)
        return True

    def save(self, must_create: bool = False) -> None:
        with transaction.atomic():
            if not must_create:
                self.renew()
            super().save(must_create)
        kept = deepcopy(dict(self.items()))
        self._read = lambda: kept
