package main

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign.dev/tests/verifier/accesstoken"
	"github.com/go-jose/go-jose/v4"
)

// keys is a cache of an issuer's key set, as HTTP would have it: what the issuer said may be kept for so long is kept
// for so long, and a key that is not in it is not looked for earlier.
type keys struct {
	issuer, jwks, ca string

	mutex    sync.Mutex
	known    *jose.JSONWebKeySet
	until    time.Time
	fetches  int
	failures int
	lastErr  string
}

// at returns the keys to verify with at this time; those of before, if the issuer cannot be asked.
func (k *keys) at(now time.Time) (*jose.JSONWebKeySet, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if now.Before(k.until) {
		return k.known, nil
	}
	k.fetches++
	fresh, lifetime, err := k.fetch()
	if err != nil {
		k.failures++
		k.lastErr = err.Error()
		if k.known == nil {
			return nil, err
		}
		return k.known, nil
	}
	k.known, k.until = fresh, now.Add(lifetime)
	return k.known, nil
}

// fetch reads the file of authorities again each time: they change as keys do.
func (k *keys) fetch() (*jose.JSONWebKeySet, time.Duration, error) {
	client, err := accesstoken.Trusting(k.ca)
	if err != nil {
		return nil, 0, err
	}
	client.Transport.(*http.Transport).DisableKeepAlives = true
	from := k.jwks
	if from == "" {
		metadata, err := accesstoken.Discover(client, k.issuer)
		if err != nil {
			return nil, 0, err
		}
		from = metadata.JWKSURI
	}
	set, header, err := accesstoken.PublishedKeys(client, from)
	if err != nil {
		return nil, 0, err
	}
	return set, maxAge(header.Get("Cache-Control")), nil
}

// ids are those of the keys in the cache.
func (k *keys) ids() []string {
	ids := []string{}
	if k.known != nil {
		for _, key := range k.known.Keys {
			ids = append(ids, key.KeyID)
		}
	}
	return ids
}

// maxAge is how long an answer may be kept; not at all, if it does not say.
func maxAge(cacheControl string) time.Duration {
	for directive := range strings.SplitSeq(cacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if seconds, err := strconv.Atoi(value); err == nil && strings.EqualFold(name, "max-age") {
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}
