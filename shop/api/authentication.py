from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed

from shop.models import ApiToken, Customer
from shop.selectors.tokens import live_token


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token …`"""

    def authenticate_credentials(self, key: str) -> tuple[Customer, ApiToken]:
        token = live_token(key)
        if token is None:
            raise AuthenticationFailed(_("This token does not count, or not any more: get a new one."))
        return token.customer, token
