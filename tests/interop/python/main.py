"""Asks the server for tokens with Authlib, and verifies them with Authlib's RFC 9068 claims and joserfc.

The path of the settings is the one argument; each case prints one JSON line. REQUESTS_CA_BUNDLE names the authority
of the server's certificate.
"""

import base64
import json
import sys
import time
import uuid
from pathlib import Path

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import AssertionSession, OAuth2Session
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

settings = json.loads(Path(sys.argv[1]).read_text())
issuer, resource = settings["issuer"], settings["resource"]
http = requests.Session()
metadata = http.get(issuer + "/.well-known/oauth-authorization-server").json()
pod_token = Path(settings["service_account_token"]).read_text().strip()


def load(name, kind):
    of = settings[name]
    return {"kid": of["kid"], "private": import_key(Path(of["pem"]).read_text(), kind)}


rsa, ecdsa, stranger = load("rsa", "RSA"), load("ecdsa", "EC"), load("stranger", "RSA")


class ShortLived(PrivateKeyJWT):
    """Authlib's assertions live for an hour; five minutes are the longest here. The claims are made anew for each,
    because Authlib keeps the `jti` that it puts into them."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


def client_credentials(key, alg="RS256", client=None, audience=issuer, **form):
    """`private_key_jwt`: the first argument of the method is the `aud`."""
    session = OAuth2Session(
        client or settings["client"],
        key["private"],
        token_endpoint_auth_method=ShortLived(audience, headers={"kid": key["kid"]}, alg=alg),
        token_endpoint=metadata["token_endpoint"],
    )
    form.setdefault("resource", resource)
    return session.fetch_token(grant_type="client_credentials", **form)


def bearer(key, subject=None, claims=None, scope=None):
    """The JWT bearer grant. Without `claims`, each assertion gets a `jti` of its own."""
    session = AssertionSession(
        token_endpoint=metadata["token_endpoint"],
        issuer=settings["client"],
        subject=subject or settings["client"],
        audience=issuer,
        grant_type=JWT_BEARER,
        key=key["private"],
        header={"alg": "RS256", "kid": key["kid"]},
        expires_in=60,
        claims=claims,
        scope=scope,
    )
    return session.refresh_token()


def send(**form):
    """A JWT that is there already, such as a projected service-account token."""
    session = OAuth2Session(
        settings["client"],
        token_endpoint_auth_method="none",
        token_endpoint=metadata["token_endpoint"],
    )
    return session.fetch_token(resource=resource, **form)


def assertion(key, alg="RS256"):
    now = int(time.time())
    claims = {"iss": settings["client"], "sub": settings["client"], "aud": issuer}
    claims |= {"iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    return jwt.encode({"alg": alg, "kid": key["kid"]}, claims, key["private"], algorithms=[alg])


class NotAnAccessToken(Exception):
    """The token is of another type."""


keys = KeySet.import_key_set(http.get(metadata["jwks_uri"]).json())


def verify(token, audience=resource):
    """The claims of an access token (RFC 9068 §4)."""
    decoded = jwt.decode(token, keys, algorithms=["ES256", "RS256"])
    if decoded.header.get("typ") != "at+jwt":
        raise NotAnAccessToken(decoded.header.get("typ"))
    rules = {name: {"essential": True} for name in ("exp", "iat", "jti", "sub", "client_id")}
    rules["iss"] = {"essential": True, "value": issuer}
    rules["aud"] = {"essential": True, "value": audience}
    jwt.JWTClaimsRegistry(**rules).validate(decoded.claims)
    return decoded.claims


def granted(token, audience=resource):
    return verify(token["access_token"], audience)


def replayed():
    claims = {"jti": str(uuid.uuid4())}
    bearer(rsa, claims=claims)
    return bearer(rsa, claims=claims)


def changed():
    header, _, signature = client_credentials(rsa)["access_token"].split(".")
    claims = json.dumps({"iss": issuer, "aud": resource, "sub": "root"}).encode()
    return verify(".".join([header, base64.urlsafe_b64encode(claims).rstrip(b"=").decode(), signature]))


endpoint = metadata["token_endpoint"]
strict = settings["strict_client"]
other = settings["other_resource"]
CASES = {
    "client_credentials_rs256": lambda: granted(client_credentials(rsa)),
    "client_credentials_es256": lambda: granted(client_credentials(ecdsa, "ES256")),
    "audience_is_endpoint": lambda: granted(client_credentials(rsa, audience=endpoint)),
    "jwt_bearer": lambda: granted(bearer(rsa)),
    "both": lambda: granted(
        send(
            grant_type=JWT_BEARER,
            assertion=assertion(rsa),
            client_assertion_type=ASSERTION_TYPE,
            client_assertion=assertion(ecdsa, "ES256"),
        )
    ),
    "delegated": lambda: granted(bearer(rsa, settings["subject"])),
    "service_account_client": lambda: granted(
        send(
            grant_type="client_credentials",
            client_assertion_type=ASSERTION_TYPE,
            client_assertion=pod_token,
        )
    ),
    "service_account_grant": lambda: granted(send(grant_type=JWT_BEARER, assertion=pod_token)),
    "scope": lambda: granted(bearer(rsa, scope="read")),
    "other_resource": lambda: granted(client_credentials(rsa, resource=other), other),
    "strict": lambda: granted(client_credentials(rsa, client=strict)),
    "strict_endpoint": lambda: granted(client_credentials(rsa, client=strict, audience=endpoint)),
    "wrong_key": lambda: granted(client_credentials(stranger)),
    "wrong_key_grant": lambda: granted(bearer(stranger)),
    "no_jti": lambda: granted(bearer(rsa, claims={"jti": None})),
    "replayed": lambda: granted(replayed()),
    "wrong_scope": lambda: granted(client_credentials(rsa, scope="admin")),
    "wrong_resource": lambda: granted(client_credentials(rsa, resource="https://nobody.internal")),
    "verify_other_audience": lambda: granted(client_credentials(rsa), other),
    "verify_changed": changed,
    "verify_assertion": lambda: verify(assertion(rsa)),
}

for name, run in CASES.items():
    try:
        line = {"granted": run()}
    except (OAuthError, OAuth2Error) as error:
        line = {"refused": error.error, "description": error.description}
    except (JoseError, NotAnAccessToken) as error:
        line = {"rejected": f"{type(error).__name__}: {error}"}
    print(json.dumps({"case": name} | line), flush=True)
