// The OTLP receiver of the OpenTelemetry Collector, alone: what it receives goes to a file.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

// received is one export request, as a line of the file.
type received struct {
	// Headers are those that a test may look at.
	Headers map[string][]string `json:"headers"`
	// Traces is the request in OTLP's JSON.
	Traces json.RawMessage `json:"traces"`
}

func main() {
	grpc := flag.String("grpc", "", "the address for OTLP/gRPC")
	http := flag.String("http", "", "the address for OTLP/HTTP")
	out := flag.String("out", "", "the file for what is received")
	cert := flag.String("cert", "", "the certificate to serve TLS with")
	key := flag.String("key", "", "its key")
	flag.Parse()
	if err := run(*grpc, *http, *out, *cert, *key); err != nil {
		log.Fatal(err)
	}
}

func run(grpc, http, out, cert, key string) error {
	file, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	var lock sync.Mutex
	sink, err := consumer.NewTraces(func(ctx context.Context, traces ptrace.Traces) error {
		line, err := lineOf(ctx, traces)
		if err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		_, err = file.Write(append(line, '\n'))
		return err
	})
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(settings(grpc, http, cert, key)).Unmarshal(config); err != nil {
		return err
	}
	receiver, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), config, sink)
	if err != nil {
		return err
	}
	if err := receiver.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	log.Print("receiving")
	<-ctx.Done()
	return receiver.Shutdown(context.Background())
}

func settings(grpc, http, cert, key string) map[string]any {
	endpoint := func(address string) map[string]any {
		one := map[string]any{"endpoint": address, "include_metadata": true}
		if cert != "" {
			one["tls"] = map[string]any{"cert_file": cert, "key_file": key}
		}
		return one
	}
	return map[string]any{"protocols": map[string]any{"grpc": endpoint(grpc), "http": endpoint(http)}}
}

func lineOf(ctx context.Context, traces ptrace.Traces) ([]byte, error) {
	marshaled, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
	if err != nil {
		return nil, err
	}
	headers := map[string][]string{}
	for _, name := range []string{"authorization", "x-tenant", "user-agent", "content-type"} {
		if values := client.FromContext(ctx).Metadata.Get(name); len(values) > 0 {
			headers[name] = values
		}
	}
	return json.Marshal(received{Headers: headers, Traces: marshaled})
}
