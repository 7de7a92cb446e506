package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"countersign.dev/tests/verifier/accesstoken"
)

// serve answers on an address until the context ends, and then goes on for `drain`: so long may others take to hear
// that this pod goes.
func serve(ctx context.Context, listen string, drain time.Duration, handler http.Handler) error {
	server := &http.Server{Addr: listen, Handler: handler}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		fmt.Println("told to end")
		time.Sleep(drain)
		patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(patience)
	}()
	fmt.Println("listening on", listen)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return <-stopped
}

// echo answers with the name of its pod.
func echo(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("echo", flag.ExitOnError)
	listen := flags.String("listen", ":8080", "the address to listen on")
	drain := flags.Duration("drain", 2*time.Second, "how long to go on after SIGTERM")
	flags.Parse(args)
	pod, err := os.Hostname()
	if err != nil {
		return err
	}
	return serve(ctx, *listen, *drain, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, pod)
	}))
}

// fetch prints the answers of URLs, each over a connection of its own.
func fetch(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("fetch", flag.ExitOnError)
	ca := flags.String("ca", "", "a file with the certificates (PEM) to trust, for https")
	count := flags.Int("count", 1, "how often")
	pause := flags.Duration("pause", 0, "between two times")
	flags.Parse(args)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	if *ca != "" {
		trusting, err := accesstoken.Trusting(*ca)
		if err != nil {
			return err
		}
		client = trusting
	}
	client.Transport.(*http.Transport).DisableKeepAlives = true
	for number := range *count {
		if number > 0 {
			time.Sleep(*pause)
		}
		for _, url := range flags.Args() {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return err
			}
			answer, err := client.Do(request)
			if err != nil {
				return err
			}
			_, err = io.Copy(os.Stdout, answer.Body)
			answer.Body.Close()
			if err != nil {
				return err
			}
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("%s answered %s", url, answer.Status)
			}
		}
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
