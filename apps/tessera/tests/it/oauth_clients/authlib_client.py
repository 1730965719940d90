# Authlib: both ways to sign in, introspection, a protected resource, revocation.
import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

given = json.loads(sys.argv[1])
url = given["base"] + "/.well-known/oauth-authorization-server"
metadata = AuthorizationServerMetadata(requests.get(url).json())
assert metadata["issuer"] == given["base"], metadata
for endpoint in ["issuer", "authorization_endpoint", "jwks_uri", "introspection_endpoint", "revocation_endpoint"]:
    getattr(metadata, "validate_" + endpoint)()
metadata.validate_introspection_endpoint_auth_methods_supported()
metadata.validate_revocation_endpoint_auth_methods_supported()


def session(method, secret="demo-rs-secret"):
    return OAuth2Session(
        "demo-rs", secret, token_endpoint_auth_method=method, revocation_endpoint_auth_method=method
    )


def ask(one, token, **more):
    response = one.introspect_token(metadata["introspection_endpoint"], token=token, **more)
    return response.status_code, response.json()


for method in metadata["introspection_endpoint_auth_methods_supported"]:
    one = session(method)
    status, answer = ask(one, given["signed"], token_type_hint="refresh_token")
    assert status == 200 and answer["active"] and answer["flavour"] == "mechanics", answer
    status, answer = ask(one, given["opaque"])
    assert answer["active"] and answer["token_type"] == "Bearer" and " " in answer["scope"], answer
    assert ask(one, given["bound"], body="key=" + given["key"])[1]["flavour"] == "login"
    for inactive in [given["bound"], given["refresh"], "unknown"]:
        assert ask(one, inactive) == (200, {"active": False})
    status, answer = ask(session(method, "wrong"), given["signed"])
    assert status == 401 and answer["error"] == "invalid_client", answer


class Validator(IntrospectTokenValidator):
    def introspect_token(self, token_string):
        return ask(session("client_secret_basic"), token_string)[1]


validator = Validator()
held = validator.authenticate_token(given["opaque"])
validator.validate_token(held, [held["scope"].split(" ")[0]], None)
for token, scopes, error in [
    (given["opaque"], ["nobody:has"], InsufficientScopeError),
    ("unknown", [], InvalidTokenError),
]:
    try:
        validator.validate_token(validator.authenticate_token(token), scopes, None)
    except error:
        continue
    raise AssertionError(token)

for method, name, hint in [
    ("client_secret_basic", "refresh", "refresh_token"),
    ("client_secret_post", "opaque", "access_token"),
]:
    one = session(method)
    for _ in range(2):
        response = one.revoke_token(metadata["revocation_endpoint"], token=given[name], token_type_hint=hint)
        assert response.status_code == 200, response.text
for name in ["signed", "opaque"]:
    assert ask(session("client_secret_basic"), given[name]) == (200, {"active": False}), name
print("revoked")
