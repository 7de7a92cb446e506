package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"
)

// load asks for access tokens.
func load(ctx context.Context, args []string) error {
	var w workload
	var p pace
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	w.flags(flags)
	p.flags(flags)
	flags.Parse(args)
	return p.run(ctx, func(int) func(context.Context) error {
		connection := connection{workload: &w}
		return func(ctx context.Context) error {
			_, err := connection.accessToken(ctx)
			return err
		}
	})
}

// caller asks for an access token, and calls the ledger with it.
func caller(ctx context.Context, args []string) error {
	var w workload
	var p pace
	flags := flag.NewFlagSet("caller", flag.ExitOnError)
	ledger := flags.String("ledger", "", "the URL of the ledger")
	w.flags(flags)
	p.flags(flags)
	flags.Parse(args)
	return p.run(ctx, func(int) func(context.Context) error {
		connection := connection{workload: &w}
		plain := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		return func(ctx context.Context) error {
			token, err := connection.accessToken(ctx)
			if err != nil {
				return err
			}
			return show(ctx, plain, *ledger, token)
		}
	})
}

// show calls the ledger.
func show(ctx context.Context, client *http.Client, ledger, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ledger, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(request)
	if err != nil {
		return failure{"ledger: no answer", err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil || answer.StatusCode != http.StatusOK {
		return failure{fmt.Sprintf("ledger: %d", answer.StatusCode), fmt.Errorf("%s", text)}
	}
	return nil
}
