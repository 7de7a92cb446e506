package accesstoken

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Trusting returns a client that trusts the authorities (PEM) in the file, and no other.
func Trusting(ca string) (*http.Client, error) {
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

// Metadata is what an authorization server says of itself (RFC 8414).
type Metadata struct {
	Issuer        string `json:"issuer"`
	TokenEndpoint string `json:"token_endpoint"`
	JWKSURI       string `json:"jwks_uri"`
}

// Discover reads the metadata of an issuer, and checks that they are its own.
func Discover(client *http.Client, issuer string) (*Metadata, error) {
	at, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	at.Path = "/.well-known/oauth-authorization-server" + strings.TrimSuffix(at.Path, "/")
	metadata := new(Metadata)
	if _, err := get(client, at.String(), "application/json", metadata); err != nil {
		return nil, err
	}
	// RFC 8414 §3.3: identical, or not used.
	if metadata.Issuer != issuer {
		return nil, fmt.Errorf("the metadata is of %q", metadata.Issuer)
	}
	return metadata, nil
}

// PublishedKeys reads a key set, and returns what the answer says of caching, too.
func PublishedKeys(client *http.Client, from string) (*jose.JSONWebKeySet, http.Header, error) {
	keys := new(jose.JSONWebKeySet)
	header, err := get(client, from, "application/jwk-set+json", keys)
	if err != nil {
		return nil, nil, err
	}
	for _, key := range keys.Keys {
		if !key.Valid() || !key.IsPublic() {
			return nil, nil, fmt.Errorf("the published key %q is not a valid public key", key.KeyID)
		}
	}
	return keys, header, nil
}

func get(client *http.Client, from, mediaType string, into any) (http.Header, error) {
	response, err := client.Get(from)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", from, response.Status)
	}
	got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || got != mediaType {
		return nil, fmt.Errorf("%s is of type %q instead of %s", from, got, mediaType)
	}
	return response.Header, json.NewDecoder(io.LimitReader(response.Body, 256<<10)).Decode(into)
}
