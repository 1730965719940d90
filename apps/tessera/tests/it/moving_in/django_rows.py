# Makes a database by Django, django-rest-knox and the authtoken of Django REST framework, and has them accept each token.
# Prints what its clients know. The argument is the database's path.
import json
import sys

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework.authtoken",
        "knox",
    ],
    PASSWORD_HASHERS=[
        "__main__.Pbkdf2",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ],
    SECRET_KEY="not a secret",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password


class Pbkdf2(PBKDF2PasswordHasher):
    # The real number of rounds would take the tests' machine seconds.
    iterations = 1000


django.setup()

from django.core.management import call_command

call_command("migrate", verbosity=0)

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

ann = User.objects.create_user("ann", password="correct horse battery")
bob = User.objects.create_user("bob", password="another long password")
User.objects.filter(username="bob").update(password=make_password("another long password", hasher="md5"))
gone = User.objects.create_user("gone", password="correct horse battery", is_active=False)

_, knox = AuthToken.objects.create(user=ann)
_, lasting = AuthToken.objects.create(user=bob, expiry=None)
_, disabled = AuthToken.objects.create(user=gone)
key = Token.objects.create(user=ann).key

def accepted(scheme, token):
    request = Request(APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Token {token}"))
    return scheme().authenticate(request)[0].username

assert accepted(KnoxAuthentication, knox) == "ann"
assert accepted(KnoxAuthentication, lasting) == "bob"
assert accepted(TokenAuthentication, key) == "ann"
# With its hashers of now: what Django has kept in MD5 does not move.
signs_in = {name: bool(authenticate(username=name, password=password))
            for name, password in [("ann", "correct horse battery"), ("gone", "correct horse battery")]}
assert signs_in == {"ann": True, "gone": False}
print(json.dumps({"tokens": [knox, lasting, key], "refused": [disabled], "header": "Token",
                  "login": "ann", "password": "correct horse battery", "signs_in": signs_in}))
