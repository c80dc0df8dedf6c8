"""The secret key of an installation that configured none: made once, kept in a private file."""

import os
import secrets
import tempfile
from pathlib import Path


def kept_in(path: Path) -> str:
    """The key in `path`, made on first use. Two processes that start at once get the same one."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # fails where another process was faster, and never replaces its key
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text()
