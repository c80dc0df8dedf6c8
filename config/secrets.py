"""The keys of an installation that configured none: made once, each kept in a private file."""

import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path


def new_secret() -> str:
    return secrets.token_urlsafe(50)


def new_sealing_key() -> str:
    """Of 256 bits, as `cryptography.fernet` reads it."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def kept_in(path: Path, make: Callable[[], str] = new_secret) -> str:
    """The key in `path`, made on first use. Two processes that start at once get the same one."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(make())
        try:
            os.link(draft, path)  # fails where another process was faster, and never replaces its key
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text()
