module countersign.dev/tests/cluster/workloads

go 1.26.0

require (
	countersign.dev/tests/verifier v0.0.0
	github.com/go-jose/go-jose/v4 v4.1.8
)

replace countersign.dev/tests/verifier => ../../verifier
