// Verifier is a resource server's side in another language and with another library: it takes an
// access token from standard input, discovers the authorization server's metadata (RFC 8414), fetches
// its key set over TLS and checks the token as RFC 9068 §4 says. It prints the claims as JSON; whatever
// is wrong ends it with a message and exit code 1.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"countersign.dev/tests/verifier/accesstoken"
)

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
	client, err := accesstoken.Trusting(ca)
	if err != nil {
		return nil, err
	}
	metadata, err := accesstoken.Discover(client, issuer)
	if err != nil {
		return nil, err
	}
	keys, _, err := accesstoken.PublishedKeys(client, metadata.JWKSURI)
	if err != nil {
		return nil, err
	}
	claims, err := accesstoken.Verify(strings.TrimSpace(string(text)), keys, issuer, audience, time.Now())
	if err != nil {
		return nil, err
	}
	return json.Marshal(claims)
}
