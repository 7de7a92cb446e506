package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// claims prints the claims of the JWT in a file, unverified: what the kubelet projected. Never the JWT.
func claims(_ context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("give a file")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	token, err := jwt.ParseSigned(strings.TrimSpace(string(text)), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return err
	}
	var claims map[string]any
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(claims)
}
