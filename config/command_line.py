"""`manage.py`, with a sentence in place of a traceback where an operator can do something about it."""

import sys
from collections.abc import Sequence

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error, InterfaceError, OperationalError

STOPPED = 130  # as a shell counts a program that Ctrl-C has ended
MISSING = ("no such table", "no such column", "doesn't exist", "Unknown column")  # SQLite, MySQL


def run(arguments: Sequence[str]) -> int:
    """The exit code. With --traceback what went wrong is raised as it is."""
    try:
        execute_from_command_line(list(arguments))
    except KeyboardInterrupt:
        return said("Stopped; run it again to go on.", STOPPED)
    except ImproperlyConfigured as error:
        if "--traceback" in arguments:
            raise
        return said(str(error))
    except Error as error:
        sentence = sentence_of(error)
        if not sentence or "--traceback" in arguments:
            raise
        return said(sentence)
    return 0


def said(sentence: str, code: int = 1) -> int:
    print(sentence, file=sys.stderr)
    return code


def sentence_of(error: Error) -> str:
    """Empty where it is nobody's but the program's fault."""
    reason = str(error).strip().partition("\n")[0].rstrip(".")
    if isinstance(error.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return f"{reason}: run manage.py migrate --database=recommender."
    if any(sign in reason for sign in MISSING):
        return f"{reason}: run manage.py migrate."
    if isinstance(error, OperationalError | InterfaceError):
        return f"A database does not answer: {reason}. manage.py doctor says which, and what to do."
    return ""
