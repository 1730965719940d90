# A server of Django whose one page is protected by SimpleJWT, with SimpleJWT's own views to sign in and to refresh. An access token lives
# for a few seconds, so that clients have to refresh while a test looks on. POST /sign-up makes one more person.
import datetime

from django.core.management.utils import get_random_secret_key

key = get_random_secret_key()
start("rest_framework_simplejwt", SECRET_KEY=key, SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": datetime.timedelta(seconds=4)})

from django.contrib.auth.models import User
from django.urls import path
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView


@api_view(["GET"])
@authentication_classes([JWTAuthentication])
@permission_classes([IsAuthenticated])
def protected(request):
    return Response({"who": request.user.username})


@api_view(["POST"])
@authentication_classes([])
@permission_classes([])
def sign_up(request):
    User.objects.create_user(**request.data)
    return Response({})


urlpatterns = [
    path("protected", protected),
    path("sign-up", sign_up),
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
]
serve(key=key)
