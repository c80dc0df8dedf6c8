"""Alipay's page payment (电脑网站支付), signed and verified with RSA2 by python-alipay-sdk."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alipay import AliPay
from alipay.exceptions import AliPayException
from alipay.utils import AliPayConfig
from django.conf import settings

from shop.exceptions import CallbackUnverified, ProviderUnreachable
from shop.models.orders import PaymentType
from shop.payments.provider import Addresses, Callback, Payable, Returnable

GATEWAYS = {
    False: "https://openapi.alipay.com/gateway.do",
    True: "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
}
BEIJING = ZoneInfo("Asia/Shanghai")
TIMEOUT = 10  # seconds
PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
FAILED = ("TRADE_CLOSED",)
CURRENCY = "CNY"  # Alipay's domestic payments know no other, and name none
UNKNOWN_TRADE = "ACQ.TRADE_NOT_EXIST"  # the shopper has not opened the cashier yet
SUCCESS = "10000"


class AlipayProvider:
    name = "alipay"
    payment_type = PaymentType.ALIPAY
    acknowledgement = "success"

    def page_address(self, payable: Payable, addresses: Addresses) -> str:
        query = client().api_alipay_trade_page_pay(
            subject=f"Larder {payable.number}",
            out_trade_no=payable.number,
            total_amount=str(payable.total),
            return_url=addresses.back,
            notify_url=addresses.notify,
            time_expire=payable.pay_until.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        )
        return f"{GATEWAYS[settings.ALIPAY_TEST_GATEWAY]}?{query}"

    def read_callback(self, fields: Mapping[str, str]) -> Callback | None:
        told = dict(fields)
        signature = told.pop("sign", "")
        try:
            is_genuine = client().verify(told, signature)
        except (AliPayException, ValueError) as error:
            raise CallbackUnverified(str(error)) from error
        if not is_genuine or told.get("app_id") != settings.ALIPAY_APP_ID:
            raise CallbackUnverified("the signature or the app is not ours")
        return self._callback(told)

    def query(self, payable: Payable) -> Callback | None:
        answer = self._ask("api_alipay_trade_query", out_trade_no=payable.number)
        if answer.get("sub_code") == UNKNOWN_TRADE:
            return None
        return self._callback(self._checked(answer))

    def refund(self, refund: Returnable) -> None:
        assert refund.payment is not None  # noqa: S101 (the caller has looked)
        answer = self._ask(
            "api_alipay_trade_refund",
            refund_amount=str(refund.amount),
            trade_no=refund.payment.callback_id,
            out_request_no=refund.number,
        )
        self._checked(answer)

    def _callback(self, told: Mapping[str, Any]) -> Callback | None:
        status, trade_no = told.get("trade_status"), told.get("trade_no", "")
        if status not in PAID + FAILED:
            return None
        return Callback(
            payment_type=self.payment_type,
            # A trade is paid once, and told of as paid and as finished: one id for both.
            callback_id=trade_no if status in PAID else f"{trade_no}-closed",
            order_number=told.get("out_trade_no", ""),
            amount=Decimal(told.get("total_amount", "0")),
            currency=CURRENCY,
            is_paid=status in PAID,
        )

    def _ask(self, method: str, **arguments: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(client(), method)(**arguments)
        except (AliPayException, OSError, ValueError) as error:
            raise ProviderUnreachable(f"{method}: {error}") from error
        return answer

    def _checked(self, answer: dict[str, Any]) -> dict[str, Any]:
        if answer.get("code") != SUCCESS:
            raise ProviderUnreachable(f"{answer.get('sub_code') or answer.get('code')}: {answer.get('msg')}")
        return answer


@cache
def client() -> AliPay:
    return AliPay(
        appid=settings.ALIPAY_APP_ID,
        app_private_key_string=Path(settings.ALIPAY_PRIVATE_KEY_FILE).read_text(),
        alipay_public_key_string=Path(settings.ALIPAY_PUBLIC_KEY_FILE).read_text(),
        sign_type="RSA2",
        debug=settings.ALIPAY_TEST_GATEWAY,
        config=AliPayConfig(timeout=TIMEOUT),
    )
