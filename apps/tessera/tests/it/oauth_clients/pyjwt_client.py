# PyJWT: PyJWKClient fetches the keys, and finds the one that a token names.
import json
import sys

import jwt

given = json.loads(sys.argv[1])
keys = jwt.PyJWKClient(given["base"] + "/.well-known/jwks.json")
for name, algorithm in [("signed", "ES256"), ("also_signed", "EdDSA")]:
    key = keys.get_signing_key_from_jwt(given[name])
    claims = jwt.decode(given[name], key, algorithms=[algorithm])
    assert claims["user_id"] == 281950, claims
    try:
        jwt.decode(given[name][:-8] + "AAAAAAAA", key, algorithms=[algorithm])
    except jwt.InvalidSignatureError:
        continue
    raise AssertionError(name)


# As docs/proxies has it: a service behind a proxy verifies who calls.
def caller(token, audience="https://internal.example.com"):
    key = keys.get_signing_key_from_jwt(token)
    if jwt.get_unverified_header(token)["typ"] != "forward-auth+jwt":
        raise jwt.InvalidTokenError("it is not from the proxy")
    return jwt.decode(token, key.key, ["EdDSA"], audience=audience,
                      issuer=given["base"], leeway=5)


claims = caller(given["identity"])
assert claims["sub"] == given["subject"] and "consultarJuego" in claims["permissions"], claims
for token, audience in [(given["also_signed"], "https://internal.example.com"), (given["identity"], "others")]:
    try:
        caller(token, audience)
    except jwt.InvalidTokenError:
        continue
    raise AssertionError(token)
try:
    keys.get_signing_key_from_jwt(given["bound"])
except jwt.PyJWKClientError:
    print("verified")
