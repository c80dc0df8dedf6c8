"""What the worker does: catch up each second, with its models in memory from the start."""

import logging
import subprocess
import sys
from contextlib import suppress
from threading import Thread
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init
from django.conf import settings

from recommender import learning, services
from recommender.chat.reading import forget_calls
from recommender.exceptions import RecommenderError
from recommender.heartbeat import beat
from recommender.impressions import forget_impressions
from recommender.interactions import forget_what_is_gone

logger = logging.getLogger(__name__)


MANAGE = str(settings.BASE_DIR / "manage.py")
_learning: list["subprocess.Popen[bytes]"] = []  # the latest
TURN = 5.0  # seconds, after which the worker's other tasks have theirs


@shared_task
def catch_up() -> None:
    beat()
    with suppress(services.EnoughForNow):
        services.catch_up(watch=services.working_for(TURN))


@shared_task
def learn_from_behaviour() -> None:
    """Looks whether it is due; the learning itself is a process of its own.

    It may take minutes and gigabytes, and a review's tags shall not wait for it here.
    """
    if _learning and (code := _learning[0].poll()) is None:
        return
    if _learning and code:
        logger.error("Learning from behaviour ended with code %d: see manage.py doctor.", code)
    _learning.clear()
    if learning.is_worth_it():
        _learning.append(subprocess.Popen([sys.executable, MANAGE, "fit_behaviour", "--if-due"]))


@shared_task
def forget_old_data() -> None:
    """The shop is asked about every touch in turn, as far as the time allows: the next hour goes on there."""
    forget_impressions()
    forget_calls()
    with suppress(services.EnoughForNow), services.working_for(TURN)("Touches", lambda: None) as advance:
        forget_what_is_gone(advance)


@worker_process_init.connect
def load_models_in_the_background(**signal: Any) -> None:
    """A pool waits four seconds for its processes to start; a cold disk may need longer for the models."""
    Thread(target=load_models, name="load-models", daemon=True).start()


def load_models() -> None:
    try:
        services.load_models()
    except RecommenderError as error:
        logger.error("%s", error)
