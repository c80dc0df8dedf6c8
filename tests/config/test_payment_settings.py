"""Which payment providers are open, and what each needs to be told before the shop starts."""

import os
import subprocess
import sys

from tests.journeys.conftest import ROOT

READ = "from config import settings; print(*settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
ALIPAY = {
    "ALIPAY_APP_ID": "2021000000000001",
    "ALIPAY_PRIVATE_KEY_FILE": "/run/secrets/ours.pem",
    "ALIPAY_PUBLIC_KEY_FILE": "/run/secrets/alipay.pem",
}


def started(**variables: str) -> "subprocess.CompletedProcess[str]":
    """A process that reads the settings with these variables."""
    return subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env=os.environ | variables, text=True, capture_output=True,
        check=False,
    )  # fmt: skip


def test_forms_lead_to_alipay_only_where_it_is_open() -> None:
    assert started().stdout == "'self'\n"
    opened = started(PAYMENT_PROVIDERS="alipay,sandbox", **ALIPAY)
    assert opened.stdout == "'self' https://*.alipay.com https://*.alipaydev.com\n"


def test_alipay_without_its_keys_is_refused_and_named() -> None:
    refused = started(PAYMENT_PROVIDERS="alipay", **ALIPAY | {"ALIPAY_PUBLIC_KEY_FILE": ""})
    assert refused.returncode == 1
    assert "ALIPAY_PUBLIC_KEY_FILE is not set, and PAYMENT_PROVIDERS names alipay." in refused.stderr


def test_a_provider_that_is_not_known_is_refused() -> None:
    refused = started(PAYMENT_PROVIDERS="sandbox,paypal")
    assert "PAYMENT_PROVIDERS names paypal: set it to alipay, sandbox, or both." in refused.stderr
