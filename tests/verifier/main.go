// Verifier is a resource server's side in another language and with another library: it takes an
// access token from standard input, discovers the authorization server's metadata (RFC 8414), fetches
// its key set over TLS and checks the token as RFC 9068 §4 says. It prints the claims as JSON; whatever
// is wrong ends it with a message and exit code 1.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
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

func main() {
	issuer := flag.String("issuer", "", "the issuer identifier of the authorization server")
	ca := flag.String("ca", "", "a file with the certificates (PEM) to trust")
	audience := flag.String("audience", "", "this resource server's identifier")
	flag.Parse()
	verified, err := run(*issuer, *ca, *audience)
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println(string(verified))
}

func run(issuer, ca, audience string) ([]byte, error) {
	if issuer == "" || ca == "" || audience == "" {
		return nil, errors.New("give -issuer, -ca and -audience")
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, 64<<10))
	if err != nil {
		return nil, err
	}
	client, err := httpClient(ca)
	if err != nil {
		return nil, err
	}
	keys, err := publishedKeys(client, issuer)
	if err != nil {
		return nil, err
	}
	return verify(strings.TrimSpace(string(text)), keys, issuer, audience, time.Now())
}

func httpClient(ca string) (*http.Client, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", ca)
	}
	return &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
	}, nil
}

func publishedKeys(client *http.Client, issuer string) (*jose.JSONWebKeySet, error) {
	at, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	at.Path = "/.well-known/oauth-authorization-server" + strings.TrimSuffix(at.Path, "/")
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := get(client, at.String(), "application/json", &metadata); err != nil {
		return nil, err
	}
	// RFC 8414 §3.3: identical, or not used.
	if metadata.Issuer != issuer {
		return nil, fmt.Errorf("the metadata is of %q", metadata.Issuer)
	}
	keys := new(jose.JSONWebKeySet)
	if err := get(client, metadata.JWKSURI, "application/jwk-set+json", keys); err != nil {
		return nil, err
	}
	for _, key := range keys.Keys {
		if !key.Valid() || !key.IsPublic() {
			return nil, fmt.Errorf("the published key %q is not a valid public key", key.KeyID)
		}
	}
	return keys, nil
}

func get(client *http.Client, from, mediaType string, into any) error {
	response, err := client.Get(from)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", from, response.Status)
	}
	got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || got != mediaType {
		return fmt.Errorf("%s is of type %q instead of %s", from, got, mediaType)
	}
	return json.NewDecoder(io.LimitReader(response.Body, 256<<10)).Decode(into)
}

// verify follows RFC 9068 §4, in its order.
func verify(text string, keys *jose.JSONWebKeySet, issuer, audience string, now time.Time) ([]byte, error) {
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
	return json.Marshal(all)
}
