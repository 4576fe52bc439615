"""Signs JSON Web Tokens, for the test `tests/tests/access/oracle.rs`: by PyJWT and by joserfc, with fresh keys of every kind.

One request on stdin, one answer on stdout, both JSON:

    {"claims": {...}}

    {"keys": [<public JWK>, ...], "tokens": [{"library": "pyjwt", "algorithm": "RS256", "token": "..."}, ...]}
"""

import json
import sys

import jwt
from joserfc import jwt as joserfc
from joserfc.jwk import ECKey, OKPKey, RSAKey

claims = json.load(sys.stdin)["claims"]
KINDS = {
    **dict.fromkeys(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], lambda: RSAKey.generate_key(2048)),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "ES384": lambda: ECKey.generate_key("P-384"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}
keys, tokens = [], []
rsa = RSAKey.generate_key(2048)
for algorithm, make in KINDS.items():
    # One key for all that RSA does: its kind and the token's header decide, and a key says no algorithm of its own.
    key = rsa if algorithm[:2] in ("RS", "PS") else make()
    header = {"alg": algorithm, "kid": key.thumbprint(), "typ": "at+jwt"}
    public = {**key.as_dict(private=False), "kid": key.thumbprint()}
    if public not in keys:
        keys.append(public)
    by_joserfc = joserfc.encode(header, claims, key, algorithms=[algorithm])
    by_pyjwt = jwt.encode(claims, key.private_key, algorithm=algorithm, headers=header)
    tokens.append({"library": "joserfc", "algorithm": algorithm, "token": by_joserfc})
    tokens.append({"library": "pyjwt", "algorithm": algorithm, "token": by_pyjwt})
json.dump({"keys": keys, "tokens": tokens}, sys.stdout)
