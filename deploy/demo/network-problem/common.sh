# shellcheck shell=bash
# What the scripts of this folder have in common.
set -euo pipefail
NAMESPACE=${NAMESPACE:-node-doctor}
RELEASE=${RELEASE:-node-doctor}
IMAGE=${IMAGE:-node-doctor:dev}

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

[ -n "${KUBECONFIG:-}" ] || fail 'KUBECONFIG is not set; expected the path of an administrator'\''s kubeconfig'
command -v kubectl >/dev/null || fail 'kubectl was not found; install it'

# The node that was named, or the first that is no control plane.
node_of() {
  local node=${1:-}
  if [ -z "$node" ]; then
    node=$(kubectl get nodes --selector '!node-role.kubernetes.io/control-plane' --output name | head -n 1)
    [ -n "$node" ] || fail 'every node is one of the control plane; name the one that may be cut off'
  fi
  node=${node#node/}
  kubectl get node "$node" --output name >/dev/null || fail "there is no node $node"
  printf '%s\n' "$node"
}

# Where API servers listen: "address port" a line.
api_servers() {
  kubectl --namespace default get endpointslices --selector kubernetes.io/service-name=kubernetes --output \
    'jsonpath={range .items[*]}{.ports[0].port}{"\t"}{range .endpoints[*]}{.addresses[0]}{" "}{end}{"\n"}{end}' |
    while read -r port addresses; do
      for address in $addresses; do printf '%s %s\n' "$address" "$port"; done
    done
}

# Runs chaos/cut.sh on a node, as root: by NODE_SHELL, which needs no API server, else by a privileged pod.
#   on_node NODE [ARGUMENT ...]
on_node() {
  local node=$1
  shift
  if [ -n "${NODE_SHELL:-}" ]; then
    local -a shell
    read -r -a shell <<<"${NODE_SHELL//\{node\}/$node}"
    # Words for a shell of the node: the script, and what it is given.
    "${shell[@]}" "set -- $(printf '%q ' "$@"); $(cat "$HERE/chaos/cut.sh")"
    return
  fi
  kubectl --namespace "$NAMESPACE" create configmap network-cut --from-file "$HERE/chaos/cut.sh" --dry-run=client --output yaml |
    kubectl apply --filename - >/dev/null
  kubectl --namespace "$NAMESPACE" delete pod network-cut --ignore-not-found --wait=true --timeout=65m >/dev/null
  pod "$node" "$@" | kubectl apply --filename - >/dev/null
}

# The pod that does it. It waits before it begins, so that it is known to run before its node is cut off.
pod() {
  local node=$1 argument
  shift
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: { name: network-cut, namespace: $NAMESPACE }
spec:
  nodeName: $node
  hostNetwork: true
  hostPID: true
  restartPolicy: Never
  automountServiceAccountToken: false
  tolerations: [{ operator: Exists }]
  volumes: [{ name: cut, configMap: { name: network-cut } }]
  containers:
    - name: cut
      image: "$IMAGE"
      imagePullPolicy: IfNotPresent
      securityContext: { privileged: true, runAsUser: 0 }
      volumeMounts: [{ name: cut, mountPath: /cut }]
      command: [sh, -c, 'sleep 5; exec nsenter --target 1 --mount --net sh -c "\$(cat /cut/cut.sh)" cut "\$@"', cut]
      args:
YAML
  for argument in "$@"; do printf '        - "%s"\n' "$argument"; done
}
