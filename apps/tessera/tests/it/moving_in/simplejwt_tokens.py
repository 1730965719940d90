# Makes a database by Django and tokens by SimpleJWT, and has SimpleJWT accept or refuse each. Prints what its clients know, and its
# key. The argument is the database's path.
import datetime
import json
import sys

import django
from django.conf import settings
from django.core.management.utils import get_random_secret_key

key = get_random_secret_key()
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "rest_framework_simplejwt"],
    SECRET_KEY=key,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.management import call_command

call_command("migrate", verbosity=0)

from django.contrib.auth.models import User
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.serializers import TokenRefreshSerializer, TokenRefreshSlidingSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")
gone = User.objects.create_user("gone", is_active=False)


def access(user, life=datetime.timedelta(hours=1)):
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=life)
    return str(token)


def refreshed(serializer, name, sent, received):
    """What the other system's refresh path answers with."""
    serializer = serializer(data={name: sent})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data[received]


def accepts(text, *kinds):
    api_settings.AUTH_TOKEN_CLASSES = kinds or (AccessToken,)
    authentication = JWTAuthentication()
    try:
        authentication.get_user(authentication.get_validated_token(text.encode()))
        return True
    except (AuthenticationFailed, InvalidToken):
        return False


refresh = str(RefreshToken.for_user(ann))
sliding = str(SlidingToken.for_user(ann))
made = {
    "ann_id": str(ann.id),
    "ann": [access(ann) for _ in range(4)],
    "bob": [access(bob) for _ in range(2)],
    "refused": {
        "expired": access(ann, datetime.timedelta(seconds=-1)),
        "refresh": refresh,
        "disabled": access(gone),
    },
    "too_long": access(ann, datetime.timedelta(days=2)),
    "refreshed": refreshed(TokenRefreshSerializer, "refresh", refresh, "access"),
    "sliding": [sliding, refreshed(TokenRefreshSlidingSerializer, "token", sliding, "token")],
    "key": key,
}
assert accepts(made["refreshed"])
assert all(accepts(text, SlidingToken) and not accepts(text) for text in made["sliding"])
assert not accepts(refresh, AccessToken, SlidingToken)
assert all(accepts(text) for text in made["ann"] + made["bob"] + [made["too_long"]])
assert not any(accepts(text) for text in made["refused"].values())
print(json.dumps(made))
