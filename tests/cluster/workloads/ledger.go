package main

import (
	"context"
	"flag"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"countersign.dev/tests/verifier/accesstoken"
)

// ledger is a resource server: whoever shows an access token for it gets 200, anybody else 401 and the reason.
func ledger(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("ledger", flag.ExitOnError)
	listen := flags.String("listen", ":8080", "the address to listen on")
	issuer := flags.String("issuer", "", "the issuer of access tokens")
	jwks := flags.String("jwks", "", "where its keys are, if not where its metadata say")
	ca := flags.String("ca", "", "a file with the certificates (PEM) to trust for that")
	audience := flags.String("audience", "", "the identifier of this resource server")
	drain := flags.Duration("drain", 2*time.Second, "how long to go on after SIGTERM")
	flags.Parse(args)
	l := &books{
		audience: *audience,
		keys:     keys{issuer: *issuer, jwks: *jwks, ca: *ca},
		refused:  map[string]int{},
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/", l.entry)
	routes.HandleFunc("/stats", l.stats)
	routes.HandleFunc("/livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	return serve(ctx, *listen, *drain, routes)
}

type books struct {
	audience string
	keys     keys

	mutex    sync.Mutex
	accepted int
	refused  map[string]int
}

func (b *books) entry(w http.ResponseWriter, r *http.Request) {
	claims, err := b.verified(r, time.Now())
	if err != nil {
		b.mutex.Lock()
		b.refused[err.Error()]++
		b.mutex.Unlock()
		// RFC 6750 §3.
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{"reason": err.Error()})
		return
	}
	b.mutex.Lock()
	b.accepted++
	b.mutex.Unlock()
	pod, _ := os.Hostname()
	writeJSON(w, http.StatusOK, map[string]any{
		"pod": pod, "sub": claims["sub"], "client_id": claims["client_id"], "scope": claims["scope"],
	})
}

func (b *books) verified(r *http.Request, now time.Time) (map[string]any, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	keys, err := b.keys.at(now)
	if err != nil {
		return nil, err
	}
	return accesstoken.Verify(token, keys, b.keys.issuer, b.audience, now)
}

func (b *books) stats(w http.ResponseWriter, _ *http.Request) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.keys.mutex.Lock()
	defer b.keys.mutex.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"accepted": b.accepted, "refused": b.refused, "keys": b.keys.ids(),
		"jwks_fetches": b.keys.fetches, "jwks_failures": b.keys.failures, "jwks_last_failure": b.keys.lastErr,
	})
}
