// Command interop asks the server for tokens with golang.org/x/oauth2, and verifies them with go-jose.
//
// The path of the settings is the one argument; each case prints one JSON line.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"golang.org/x/oauth2"
)

// settings is what the test says about the server and its clients.
type settings struct {
	Issuer              string `json:"issuer"`
	CA                  string `json:"ca"`
	Client              string `json:"client"`
	StrictClient        string `json:"strict_client"`
	RSA                 keyOf  `json:"rsa"`
	ECDSA               keyOf  `json:"ecdsa"`
	Stranger            keyOf  `json:"stranger"`
	ServiceAccountToken string `json:"service_account_token"`
	Resource            string `json:"resource"`
	OtherResource       string `json:"other_resource"`
	Subject             string `json:"subject"`
}

type keyOf struct {
	KID string `json:"kid"`
	PEM string `json:"pem"`
}

// outcome is one printed line.
type outcome struct {
	Case        string         `json:"case"`
	Granted     map[string]any `json:"granted,omitempty"`
	Refused     string         `json:"refused,omitempty"`
	Description string         `json:"description,omitempty"`
	Rejected    string         `json:"rejected,omitempty"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	var s settings
	if err := readJSON(path, &s); err != nil {
		return err
	}
	ctx, err := trusting(s.CA)
	if err != nil {
		return err
	}
	w, err := newWorkload(ctx, s)
	if err != nil {
		return err
	}
	v, err := newVerifier(ctx, s.Issuer, w.metadata.JWKSURI)
	if err != nil {
		return err
	}
	print := json.NewEncoder(os.Stdout)
	for _, c := range cases(w, v) {
		line := outcome{Case: c.name}
		claims, err := c.run()
		switch err := err.(type) {
		case nil:
			line.Granted = claims
		case *oauth2.RetrieveError:
			line.Refused, line.Description = explain(err)
		case rejection:
			line.Rejected = err.Error()
		default:
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if err := print.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// explain returns the error and its description. golang.org/x/oauth2/jwt leaves both in the body.
func explain(refused *oauth2.RetrieveError) (code, description string) {
	if refused.ErrorCode != "" {
		return refused.ErrorCode, refused.ErrorDescription
	}
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(refused.Body, &body); err != nil {
		return "", ""
	}
	return body.Error, body.Description
}

// trusting returns a context whose HTTP client trusts the authority in the file, and no other.
func trusting(file string) (context.Context, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate", file)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return context.WithValue(context.Background(), oauth2.HTTPClient, client), nil
}

func readJSON(path string, into any) error {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes, into)
}
