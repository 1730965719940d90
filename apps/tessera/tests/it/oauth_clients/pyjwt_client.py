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
try:
    keys.get_signing_key_from_jwt(given["bound"])
except jwt.PyJWKClientError:
    print("verified")
