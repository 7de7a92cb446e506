// Command workloads is what runs in the pods of the tests, in one static binary: its first argument says which.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// programs take their arguments and a context that ends with SIGTERM.
var programs = map[string]func(context.Context, []string) error{
	"caller": caller,
	"claims": claims,
	"echo":   echo,
	"fetch":  fetch,
	"ledger": ledger,
	"load":   load,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: workloads caller|claims|echo|fetch|ledger|load [-help]")
		os.Exit(2)
	}
	if err := programs[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[1]+":", err)
		os.Exit(1)
	}
}
