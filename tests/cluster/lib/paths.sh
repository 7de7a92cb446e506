# shellcheck shell=bash disable=SC2034 # sourced: where everything is, for those who ask
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$(cd "$here/../.." && pwd)
built=${CARGO_TARGET_DIR:-$root/target}/cluster
bin=$built/bin
state=$built/state

# One node per folder of state: the name of its cgroup, which every process of it is in from its first moment. It can
# be found by that when the state is gone.
capsule=countersign-node-$(printf %s "$state" | cksum | cut -d' ' -f1)

# The addresses inside; no two nodes see each other.
node_address=10.77.0.1
pods=10.88.0.0/16
services=10.96.0.0/16
api_address=10.96.0.1

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}
