package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"countersign.dev/tests/verifier/accesstoken"
)

// workload asks for access tokens with the service-account token that is projected into its pod.
type workload struct {
	issuer, tokenEndpoint, ca, token string
	grant, client, resource, scope   string
	fresh                            bool
}

func (w *workload) flags(flags *flag.FlagSet) {
	flags.StringVar(&w.issuer, "issuer", "", "the issuer of access tokens")
	flags.StringVar(&w.tokenEndpoint, "token-endpoint", "", "its token endpoint, if not the one in its metadata")
	flags.StringVar(&w.ca, "ca", "", "a file with the certificates (PEM) to trust")
	flags.StringVar(&w.token, "token", "/var/run/secrets/countersign/token", "the file of the service-account token")
	flags.StringVar(&w.grant, "grant", "client_credentials", "how that is used: client_credentials or jwt-bearer")
	flags.StringVar(&w.client, "client", "", "the client's NAMESPACE/NAME, if it has to be said")
	flags.StringVar(&w.resource, "resource", "", "the resource that the tokens are for")
	flags.StringVar(&w.scope, "scope", "", "the scopes to ask for")
	flags.BoolVar(&w.fresh, "fresh", false, "a new connection for each request")
}

// connection is one worker's; it is made anew when something has failed on it, or for each request.
type connection struct {
	*workload
	http     *http.Client
	endpoint string
}

func (c *connection) accessToken(ctx context.Context) (string, error) {
	if c.http == nil {
		if err := c.open(); err != nil {
			return "", failure{"token: no connection", err}
		}
	}
	token, err := c.request(ctx)
	if err != nil || c.fresh {
		c.http.CloseIdleConnections()
		c.http = nil
	}
	return token, err
}

// open reads the file of authorities again: they may have changed.
func (c *connection) open() error {
	client, err := accesstoken.Trusting(c.ca)
	if err != nil {
		return err
	}
	if c.endpoint == "" {
		c.endpoint = c.tokenEndpoint
	}
	if c.endpoint == "" {
		metadata, err := accesstoken.Discover(client, c.issuer)
		if err != nil {
			return err
		}
		c.endpoint = metadata.TokenEndpoint
	}
	c.http = client
	return nil
}

func (c *connection) request(ctx context.Context) (string, error) {
	form, err := c.form()
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(request)
	if err != nil {
		return "", failure{"token: no answer", err}
	}
	defer answer.Body.Close()
	var body struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&body); err != nil {
		return "", failure{fmt.Sprintf("token: %d", answer.StatusCode), err}
	}
	if answer.StatusCode != http.StatusOK {
		return "", failure{fmt.Sprintf("token: %d %s", answer.StatusCode, body.Error), fmt.Errorf("%s", body.Description)}
	}
	return body.AccessToken, nil
}

// form reads the token again: the kubelet replaces it.
func (c *connection) form() (url.Values, error) {
	token, err := os.ReadFile(c.token)
	if err != nil {
		return nil, failure{"no service-account token", err}
	}
	assertion := strings.TrimSpace(string(token))
	form := url.Values{"resource": {c.resource}}
	for name, value := range map[string]string{"scope": c.scope, "client_id": c.client} {
		if value != "" {
			form.Set(name, value)
		}
	}
	switch c.grant {
	case "client_credentials":
		form.Set("grant_type", "client_credentials")
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	case "jwt-bearer":
		form.Set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
		form.Set("assertion", assertion)
	default:
		return nil, fmt.Errorf("the grant %q is none", c.grant)
	}
	return form, nil
}
