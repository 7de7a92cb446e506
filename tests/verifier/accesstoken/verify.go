// Package accesstoken is a resource server's side of our access tokens, with a library that shares no code with ours.
package accesstoken

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The algorithms that this resource server expects; never what the token says.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256}

type claims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
}

// Verify follows RFC 9068 §4, in its order.
func Verify(text string, keys *jose.JSONWebKeySet, issuer, audience string, now time.Time) (map[string]any, error) {
	token, err := jwt.ParseSigned(text, algorithms)
	if err != nil {
		return nil, fmt.Errorf("not a signed JWT: %w", err)
	}
	header := token.Headers[0]
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), "at+jwt") {
		return nil, fmt.Errorf("the type is %q, not at+jwt", typ)
	}
	found := keys.Key(header.KeyID)
	if len(found) != 1 {
		return nil, fmt.Errorf("%d published keys have the kid %q", len(found), header.KeyID)
	}
	if found[0].Algorithm != header.Algorithm {
		return nil, fmt.Errorf("the key is for %s, the token is signed with %s", found[0].Algorithm, header.Algorithm)
	}
	var known claims
	all := map[string]any{}
	if err := token.Claims(found[0].Key, &known, &all); err != nil {
		return nil, fmt.Errorf("the signature: %w", err)
	}
	// Exactly, with no leeway for expiry: the tests run on one clock.
	expected := jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{audience}, Time: now}
	if err := known.ValidateWithLeeway(expected, 0); err != nil {
		return nil, err
	}
	// RFC 9068 §2.2: all of these are required, and the library does not ask for them.
	for name, present := range map[string]bool{
		"exp": known.Expiry != nil, "iat": known.IssuedAt != nil, "sub": known.Subject != "",
		"client_id": known.ClientID != "", "jti": known.ID != "",
	} {
		if !present {
			return nil, fmt.Errorf("the claim %s is missing", name)
		}
	}
	return all, nil
}
