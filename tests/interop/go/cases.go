package main

import (
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// testCase is a request and what a resource server makes of the token.
type testCase struct {
	name string
	run  func() (map[string]any, error)
}

func cases(w *workload, v *verifier) []testCase {
	granted := v.granted(w.Resource)
	// signed authenticates with an assertion of the client, or of the strict one.
	signed := func(key keyOf, algorithm jose.SignatureAlgorithm, client string, changes map[string]any, resource string, scopes ...string) (*oauth2.Token, error) {
		assertion, err := w.assertion(key, algorithm, client, changes)
		if err != nil {
			return nil, err
		}
		return w.clientCredentials(assertion, resource, scopes...)
	}
	simple := func(changes map[string]any, scopes ...string) (*oauth2.Token, error) {
		return signed(w.RSA, jose.RS256, w.Client, changes, w.Resource, scopes...)
	}
	endpoint := map[string]any{"aud": w.metadata.TokenEndpoint}
	return []testCase{
		{"client_credentials_rs256", func() (map[string]any, error) { return granted(simple(nil)) }},
		{"client_credentials_es256", func() (map[string]any, error) {
			return granted(signed(w.ECDSA, jose.ES256, w.Client, nil, w.Resource))
		}},
		{"audience_is_endpoint", func() (map[string]any, error) { return granted(simple(endpoint)) }},
		{"jwt_bearer", func() (map[string]any, error) { return granted(w.bearer(w.RSA, rand.Text(), w.Client)) }},
		{"both", func() (map[string]any, error) { return granted(both(w)) }},
		{"delegated", func() (map[string]any, error) { return granted(w.bearer(w.RSA, rand.Text(), w.Subject)) }},
		{"service_account_client", func() (map[string]any, error) {
			return granted(w.clientCredentials(w.podToken, w.Resource))
		}},
		{"service_account_grant", func() (map[string]any, error) { return granted(w.redeem(w.podToken, nil)) }},
		{"scope", func() (map[string]any, error) { return granted(w.bearer(w.RSA, rand.Text(), w.Client, "read")) }},
		{"other_resource", func() (map[string]any, error) {
			return v.granted(w.OtherResource)(signed(w.RSA, jose.RS256, w.Client, nil, w.OtherResource))
		}},
		{"strict", func() (map[string]any, error) {
			return granted(signed(w.RSA, jose.RS256, w.StrictClient, nil, w.Resource))
		}},
		{"strict_endpoint", func() (map[string]any, error) {
			return granted(signed(w.RSA, jose.RS256, w.StrictClient, endpoint, w.Resource))
		}},
		{"wrong_key", func() (map[string]any, error) {
			return granted(signed(w.Stranger, jose.RS256, w.Client, nil, w.Resource))
		}},
		{"wrong_key_grant", func() (map[string]any, error) { return granted(w.bearer(w.Stranger, rand.Text(), w.Client)) }},
		{"no_jti", func() (map[string]any, error) { return granted(simple(map[string]any{"jti": nil})) }},
		{"replayed", func() (map[string]any, error) { return granted(replayed(w)) }},
		{"wrong_scope", func() (map[string]any, error) { return granted(simple(nil, "admin")) }},
		{"wrong_resource", func() (map[string]any, error) {
			return granted(signed(w.RSA, jose.RS256, w.Client, nil, "https://nobody.internal"))
		}},
		{"verify_other_audience", func() (map[string]any, error) { return v.granted(w.OtherResource)(simple(nil)) }},
		{"verify_changed", func() (map[string]any, error) {
			token, err := simple(nil)
			if err != nil {
				return nil, err
			}
			parts := strings.Split(token.AccessToken, ".")
			claims := `{"iss":"` + w.Issuer + `","aud":"` + w.Resource + `","sub":"root"}`
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(claims))
			return v.verify(strings.Join(parts, "."), w.Resource)
		}},
		{"verify_assertion", func() (map[string]any, error) {
			assertion, err := w.assertion(w.RSA, jose.RS256, w.Client, nil)
			if err != nil {
				return nil, err
			}
			return v.verify(assertion, w.Resource)
		}},
	}
}

// both is a grant of one JWT and client authentication by another.
func both(w *workload) (*oauth2.Token, error) {
	grant, err := w.assertion(w.RSA, jose.RS256, w.Client, nil)
	if err != nil {
		return nil, err
	}
	authentication, err := w.assertion(w.ECDSA, jose.ES256, w.Client, nil)
	if err != nil {
		return nil, err
	}
	return w.redeem(grant, url.Values{
		"client_assertion_type": {clientAssertionType},
		"client_assertion":      {authentication},
	})
}

// replayed uses one jti twice.
func replayed(w *workload) (*oauth2.Token, error) {
	id := rand.Text()
	if _, err := w.bearer(w.RSA, id, w.Client); err != nil {
		return nil, err
	}
	return w.bearer(w.RSA, id, w.Client)
}
