"""The shop as a race test serves it: whole, or without the guard that WITHOUT_GUARD names.

DIES_AFTER_CALLBACK kills the process once a payment's callback is stored.
"""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

application = get_wsgi_application()

from tests.concurrency import guards  # noqa: E402 (models need the application)


def replace(name: str, replacement: object) -> None:
    module, _, attribute = name.rpartition(".")
    import_string(name)  # it is there: a renamed service would leave its guard on
    setattr(__import__(module, fromlist=[attribute]), attribute, replacement)


for _name, _replacement in guards.WITHOUT.get(os.environ.get("WITHOUT_GUARD", ""), {}).items():
    replace(_name, _replacement)

if "DIES_AFTER_CALLBACK" in os.environ:
    _record = import_string("shop.services.payments.record_callback")
    replace("shop.views.payments.record_callback", guards.die_after_the_callback(_record))
