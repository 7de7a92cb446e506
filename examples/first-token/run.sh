#!/bin/sh
# A first token in a cluster, from this repository: controller and server run here, under their own
# accounts with their own rights, against the cluster that kubectl points to.
#
# Needs kubectl (as an administrator) and openssl. COUNTERSIGN is the binary to run; ISSUER_PORT and the
# two health ports may be chosen. Ends what it started; the objects stay in the cluster.
set -eu
here=$(dirname "$0")
root=$here/../..
countersign=${COUNTERSIGN:-$root/target/debug/countersign}
issuer=https://127.0.0.1:${ISSUER_PORT:-8443}
work=$(mktemp -d)
started=
# shellcheck disable=SC2086 # a list of process ids
trap '[ -z "$started" ] || kill $started; rm -rf "$work"' EXIT

echo "== The kinds, the accounts, the policies"
kubectl get namespace countersign-system >/dev/null 2>&1 || kubectl create namespace countersign-system
kubectl apply --server-side -f "$root/crds"
kubectl wait --for=condition=Established -f "$root/crds" --timeout=30s
kubectl apply --server-side -f "$root/deploy/rbac.yaml" -f "$root/deploy/policies.yaml"

echo "== A kubeconfig for each account"
for account in controller server; do
    config=$work/$account.kubeconfig
    kubectl config view --minify --raw >"$config"
    token=$(kubectl -n countersign-system create token "countersign-$account" --duration 1h)
    kubectl --kubeconfig "$config" config set-credentials "$account" --token "$token" >/dev/null
    kubectl --kubeconfig "$config" config set-context --current --user "$account" >/dev/null
done

echo "== A certificate for the server"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=countersign \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null

echo "== Controller and server"
"$countersign" controller --kubeconfig "$work/controller.kubeconfig" \
    --health-listen "127.0.0.1:${CONTROLLER_HEALTH_PORT:-9402}" >"$work/controller.log" 2>&1 &
started="$started $!"
"$countersign" server --kubeconfig "$work/server.kubeconfig" --issuer "$issuer" \
    --resource https://ledger.internal --tls-cert "$work/tls.crt" --tls-key "$work/tls.key" \
    --listen "127.0.0.1:${ISSUER_PORT:-8443}" --health-listen "127.0.0.1:${SERVER_HEALTH_PORT:-9403}" \
    >"$work/server.log" 2>&1 &
started="$started $!"

echo "== The workload and its client"
# A namespace's default account is made a moment after the namespace: until then no pod is admitted.
tries=0
until kubectl apply --server-side -f "$here/payments.yaml"; do
    tries=$((tries + 1))
    [ "$tries" -lt 10 ] || exit 1
    sleep 1
done
kubectl -n payments wait --for=condition=Ready oauthclient/billing-worker --timeout=60s
kubectl -n payments get oauthclients

echo "== What the kubelet would project into the pod: a token for us, bound to the pod"
kubectl -n payments create token billing-worker --audience "$issuer" \
    --bound-object-kind Pod --bound-object-name billing-worker >"$work/pod.token"

echo "== The access token"
tries=0
until "$countersign" token --issuer "$issuer" --ca "$work/tls.crt" --client payments/billing-worker \
    --service-account-token "$work/pod.token" --resource https://ledger.internal --output json; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { tail -n 5 "$work/server.log"; exit 1; }
    sleep 1
done
