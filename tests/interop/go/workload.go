package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"
)

const clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// workload asks for tokens.
type workload struct {
	ctx context.Context
	settings
	metadata struct {
		TokenEndpoint string `json:"token_endpoint"`
		JWKSURI       string `json:"jwks_uri"`
	}
	podToken string
}

func newWorkload(ctx context.Context, s settings) (*workload, error) {
	token, err := os.ReadFile(s.ServiceAccountToken)
	if err != nil {
		return nil, err
	}
	w := &workload{ctx: ctx, settings: s, podToken: strings.TrimSpace(string(token))}
	answer, err := httpClient(ctx).Get(s.Issuer + "/.well-known/oauth-authorization-server")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return w, json.NewDecoder(answer.Body).Decode(&w.metadata)
}

// clientCredentials authenticates with `assertion`: golang.org/x/oauth2 sends it as endpoint parameters.
func (w *workload) clientCredentials(assertion, resource string, scopes ...string) (*oauth2.Token, error) {
	config := clientcredentials.Config{
		TokenURL:  w.metadata.TokenEndpoint,
		AuthStyle: oauth2.AuthStyleInParams,
		Scopes:    scopes,
		EndpointParams: url.Values{
			"client_assertion_type": {clientAssertionType},
			"client_assertion":      {assertion},
			"resource":              {resource},
		},
	}
	return config.Token(w.ctx)
}

// bearer is the JWT bearer grant of golang.org/x/oauth2/jwt. It signs with RS256; Expires, Audience and a jti
// in PrivateClaims have to be set.
func (w *workload) bearer(key keyOf, id, subject string, scopes ...string) (*oauth2.Token, error) {
	config, err := w.bearerConfig(key, id, subject, scopes)
	if err != nil {
		return nil, err
	}
	return config.TokenSource(w.ctx).Token()
}

func (w *workload) bearerConfig(key keyOf, id, subject string, scopes []string) (*jwt.Config, error) {
	private, err := os.ReadFile(key.PEM)
	if err != nil {
		return nil, err
	}
	return &jwt.Config{
		Email:         w.Client, // iss
		Subject:       subject,
		PrivateKey:    private,
		PrivateKeyID:  key.KID,
		TokenURL:      w.metadata.TokenEndpoint,
		Audience:      w.Issuer,
		Expires:       time.Minute,
		PrivateClaims: map[string]any{"jti": id},
		Scopes:        scopes,
	}, nil
}

// redeem sends a JWT that is there already, such as a projected service-account token.
func (w *workload) redeem(assertion string, more url.Values) (*oauth2.Token, error) {
	params := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}, "resource": {w.Resource}}
	for name, values := range more {
		params[name] = values
	}
	config := clientcredentials.Config{
		TokenURL:       w.metadata.TokenEndpoint,
		AuthStyle:      oauth2.AuthStyleInParams,
		EndpointParams: params,
	}
	return config.Token(w.ctx)
}

// assertion signs a client assertion; `changes` replace claims, nil takes one away.
func (w *workload) assertion(key keyOf, algorithm jose.SignatureAlgorithm, client string, changes map[string]any) (string, error) {
	private, err := readKey(key.PEM)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: private, KeyID: key.KID}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return "", err
	}
	now := time.Now()
	claims := map[string]any{
		"iss": client, "sub": client, "aud": w.Issuer, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return josejwt.Signed(signer).Claims(claims).Serialize()
}

func readKey(path string) (crypto.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: not PEM", path)
	}
	return x509.ParsePKCS8PrivateKey(block.Bytes)
}

func httpClient(ctx context.Context) *http.Client {
	return ctx.Value(oauth2.HTTPClient).(*http.Client)
}
