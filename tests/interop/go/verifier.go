package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
)

// verifier is a resource server's side: it knows the issuer and its published keys.
type verifier struct {
	issuer string
	keys   jose.JSONWebKeySet
}

func newVerifier(ctx context.Context, issuer, jwksURI string) (*verifier, error) {
	answer, err := httpClient(ctx).Get(jwksURI)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	v := &verifier{issuer: issuer}
	return v, json.NewDecoder(answer.Body).Decode(&v.keys)
}

// rejection says why something is no access token for a resource server.
type rejection struct{ error }

// verify returns the claims of an access token for `audience` (RFC 9068 §4).
func (v *verifier) verify(token, audience string) (map[string]any, error) {
	claims, err := v.claims(token, audience)
	if err != nil {
		return nil, rejection{err}
	}
	return claims, nil
}

func (v *verifier) claims(token, audience string) (map[string]any, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return nil, err
	}
	if typ := parsed.Headers[0].ExtraHeaders[jose.HeaderType]; typ != "at+jwt" {
		return nil, fmt.Errorf("typ is %v, not at+jwt", typ)
	}
	keys := v.keys.Key(parsed.Headers[0].KeyID)
	if len(keys) != 1 {
		return nil, errors.New("no such key")
	}
	var standard jwt.Claims
	claims := map[string]any{}
	if err := parsed.Claims(keys[0], &standard, &claims); err != nil {
		return nil, err
	}
	expected := jwt.Expected{Issuer: v.issuer, AnyAudience: jwt.Audience{audience}, Time: time.Now()}
	return claims, standard.ValidateWithLeeway(expected, 10*time.Second)
}

// granted verifies an access token that was granted.
func (v *verifier) granted(audience string) func(*oauth2.Token, error) (map[string]any, error) {
	return func(token *oauth2.Token, err error) (map[string]any, error) {
		if err != nil {
			return nil, err
		}
		return v.verify(token.AccessToken, audience)
	}
}
