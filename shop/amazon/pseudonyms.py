import hashlib

NAMELESS = "Reviewer"


def pseudonym(reviewer: str, key: bytes) -> str:
    """`Reviewer 3fa94c`: always the same for a reviewer under `key`, and no way back without it."""
    if not reviewer:
        return NAMELESS
    return (
        f"{NAMELESS} {hashlib.blake2b(reviewer.encode(errors='replace'), key=key, digest_size=3).hexdigest()}"
    )
