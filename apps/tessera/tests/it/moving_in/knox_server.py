# A server of Django whose one page is protected by django-rest-knox; POST /sign-in answers with a token.
start("knox", SECRET_KEY="not a secret")

from django.contrib.auth.models import User
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
User.objects.create(username="ann", password="!")
serve(header="Token")
