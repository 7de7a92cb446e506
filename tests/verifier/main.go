// Command verifier is a resource server in another language: it verifies an
// access token as RFC 9068 §4 says, with nothing but what the issuer publishes
// and a library that shares no code with ours.
//
// It reads the token from standard input and prints its claims.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var (
	issuer   = flag.String("issuer", "", "the issuer identifier")
	audience = flag.String("audience", "", "the protected resource that the token must be for")
	caFile   = flag.String("ca", "", "certificates (PEM) to trust")
)

// required are the claims that RFC 9068 §2.2 wants in every token, beside
// those that jwt.Claims.Validate looks at.
var required = []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}

func main() {
	flag.Parse()
	claims, err := verify(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(claims); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(input io.Reader) (map[string]any, error) {
	text, err := io.ReadAll(io.LimitReader(input, 64<<10))
	if err != nil {
		return nil, err
	}
	token, err := jwt.ParseSigned(strings.TrimSpace(string(text)), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return nil, err
	}
	if typ := token.Headers[0].ExtraHeaders[jose.HeaderType]; typ != "at+jwt" {
		return nil, fmt.Errorf("typ is %v, not at+jwt", typ)
	}
	keys, err := published()
	if err != nil {
		return nil, err
	}
	var registered jwt.Claims
	var all map[string]any
	if err := token.Claims(keys, &registered, &all); err != nil {
		return nil, err
	}
	expected := jwt.Expected{Issuer: *issuer, AnyAudience: jwt.Audience{*audience}, Time: time.Now()}
	if err := registered.ValidateWithLeeway(expected, 0); err != nil {
		return nil, err
	}
	for _, name := range required {
		if _, present := all[name]; !present {
			return nil, fmt.Errorf("the claim %s is missing", name)
		}
	}
	return all, nil
}

// published fetches the key set that the issuer's metadata names (RFC 8414).
func published() (*jose.JSONWebKeySet, error) {
	pem, err := os.ReadFile(*caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in the CA file")
	}
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	}
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := get(client, *issuer+"/.well-known/oauth-authorization-server", &metadata); err != nil {
		return nil, err
	}
	if metadata.Issuer != *issuer {
		return nil, fmt.Errorf("the metadata is of %s", metadata.Issuer)
	}
	keys := new(jose.JSONWebKeySet)
	return keys, get(client, metadata.JWKSURI, keys)
}

func get(client *http.Client, url string, into any) error {
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(into)
}
