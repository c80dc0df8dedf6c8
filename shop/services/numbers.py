"""Numbers of orders and refunds: not to be guessed, and not to be misread."""

import secrets

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, 1, I, O: it is read over the phone
LENGTH = 16  # 80 bits


def new_number() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
