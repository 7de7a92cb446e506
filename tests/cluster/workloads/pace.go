package main

import (
	"context"
	"encoding/json"
	"flag"
	"math"
	"os"
	"slices"
	"sync"
	"time"
)

// pace says how often something is done, and by how many at once.
type pace struct {
	rate    float64
	period  time.Duration
	workers int
}

func (p *pace) flags(flags *flag.FlagSet) {
	flags.Float64Var(&p.rate, "rate", 10, "how often in a second")
	flags.DurationVar(&p.period, "for", 10*time.Second, "for how long; SIGTERM ends it earlier")
	flags.IntVar(&p.workers, "connections", 4, "by how many at once, each with a connection of its own")
}

// report is the one line that is printed. Latencies are in milliseconds, from the time that something was due: a
// server that holds up those that wait behind is not flattered.
type report struct {
	Requests  int            `json:"requests"`
	Failures  map[string]int `json:"failures"`
	Failed    int            `json:"failed"`
	Examples  []string       `json:"examples,omitempty"`
	Seconds   float64        `json:"seconds"`
	LatencyMS map[string]any `json:"latency_ms"`
}

// failure is something that was not answered as it should be; its kind is one of few.
type failure struct {
	kind string
	error
}

// run does it on schedule, never again what has failed, and prints the report.
func (p *pace) run(ctx context.Context, worker func(number int) func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.period)
	defer cancel()
	begun := time.Now()
	due := make(chan time.Time, 1<<16)
	go p.schedule(ctx, begun, due)

	var mutex sync.Mutex
	var latencies []float64
	done := report{Failures: map[string]int{}}
	var workers sync.WaitGroup
	for number := range p.workers {
		workers.Go(func() {
			do := worker(number)
			for at := range due {
				// What was begun is finished, though the time be over.
				err := do(context.WithoutCancel(ctx))
				mutex.Lock()
				done.note(err)
				latencies = append(latencies, float64(time.Since(at).Microseconds())/1000)
				mutex.Unlock()
			}
		})
	}
	workers.Wait()
	done.Seconds = time.Since(begun).Seconds()
	done.LatencyMS = quantiles(latencies)
	return json.NewEncoder(os.Stdout).Encode(done)
}

func (p *pace) schedule(ctx context.Context, begun time.Time, due chan<- time.Time) {
	defer close(due)
	for number := 0; ; number++ {
		at := begun.Add(time.Duration(float64(number) / p.rate * float64(time.Second)))
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(at)):
		}
		select {
		case due <- at:
		default: // So far behind that the latencies have said it.
		}
	}
}

func (r *report) note(err error) {
	r.Requests++
	if err == nil {
		return
	}
	kind := "other"
	if known, is := err.(failure); is {
		kind = known.kind
	}
	r.Failed++
	r.Failures[kind]++
	if len(r.Examples) < 5 {
		r.Examples = append(r.Examples, time.Now().UTC().Format("15:04:05.000 ")+kind+": "+err.Error())
	}
}

func quantiles(values []float64) map[string]any {
	slices.Sort(values)
	if len(values) == 0 {
		return map[string]any{}
	}
	at := func(share float64) float64 {
		return values[int(math.Ceil(share*float64(len(values))))-1]
	}
	return map[string]any{"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1)}
}
