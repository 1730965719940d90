# A server of Django whose one page is protected by django-rest-knox. Prints its port; POST /sign-in answers with a token. The argument is
# the database's path.
import json
import socketserver
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1], "OPTIONS": {"timeout": 60}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "knox"],
    ROOT_URLCONF="__main__",
    SECRET_KEY="not a secret",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import path
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response


@api_view(["GET"])
@authentication_classes([TokenAuthentication])
@permission_classes([IsAuthenticated])
def protected(request):
    return Response({"who": request.user.username})


@api_view(["POST"])
@authentication_classes([])
@permission_classes([])
def sign_in(request):
    return Response({"token": AuthToken.objects.create(user=User.objects.get(username="ann"))[1]})


urlpatterns = [path("protected", protected), path("sign-in", sign_in)]
call_command("migrate", verbosity=0)
User.objects.create(username="ann", password="!")


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
print(json.dumps({"port": server.server_port, "header": "Token"}), flush=True)
server.serve_forever()
