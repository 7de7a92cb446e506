{{/* The service account of a component. Takes root, component, account and values. */}}
{{- define "countersign.serviceAccount" -}}
{{- $account := .values.serviceAccount -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "countersign.metadata" (dict "root" .root "name" .account "component" .component "labels" $account.labels "annotations" $account.annotations) | nindent 2 }}
{{- /* The pods that need a token of the API say so themselves. */}}
automountServiceAccountToken: false
{{- end -}}

{{/* The disruption budget of a component. Takes root, component, name and values. */}}
{{- define "countersign.podDisruptionBudget" -}}
{{- $budget := .values.podDisruptionBudget -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "countersign.metadata" (dict "root" .root "name" .name "component" .component) | nindent 2 }}
spec:
  {{- if ne (toString $budget.minAvailable) "" }}
  minAvailable: {{ $budget.minAvailable }}
  {{- else }}
  maxUnavailable: {{ $budget.maxUnavailable }}
  {{- end }}
  unhealthyPodEvictionPolicy: {{ $budget.unhealthyPodEvictionPolicy }}
  selector:
    matchLabels:
      {{- include "countersign.selector" . | nindent 6 }}
{{- end -}}

{{/* Binds a role to an account. Takes root, name, role, roleKind, component, account, and a namespace if it is not for the whole cluster. */}}
{{- define "countersign.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ ternary "RoleBinding" "ClusterRoleBinding" (hasKey . "namespace") }}
metadata:
  {{- include "countersign.metadata" (dict "root" .root "name" .name "component" .component "namespace" .namespace "clusterScoped" (not (hasKey . "namespace"))) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .roleKind }}
  name: {{ .role | quote }}
subjects:
- kind: ServiceAccount
  name: {{ .account | quote }}
  namespace: {{ include "countersign.namespace" .root | quote }}
{{- end -}}

{{/* A role. Takes root, name, component, rules, and a namespace if it is not for the whole cluster. */}}
{{- define "countersign.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ ternary "Role" "ClusterRole" (hasKey . "namespace") }}
metadata:
  {{- include "countersign.metadata" (dict "root" .root "name" .name "component" .component "labels" .labels "namespace" .namespace "clusterScoped" (not (hasKey . "namespace"))) | nindent 2 }}
rules:
{{ .rules }}
{{- end -}}

{{/* All roles and bindings of an account. Takes root, component and account; the rules are those of the table in `src/api/rights`. */}}
{{- define "countersign.rbac" -}}
{{- $base := dict "root" .root "component" .component "account" .account -}}
{{- $own := printf "%s-%s" (include "countersign.fullname" .root) .component -}}
{{- $shared := include "countersign.sharedName" (dict "root" .root "name" (printf "countersign-%s" .component)) -}}
{{- $namespace := include "countersign.namespace" .root -}}
{{- include "countersign.role" (merge (dict "name" $shared "rules" (include (printf "countersign.rules.%s.watched" .component) .root)) $base) }}
{{- if .root.Values.watchNamespaces }}
{{- range .root.Values.watchNamespaces }}
---
{{ include "countersign.binding" (merge (dict "name" $shared "roleKind" "ClusterRole" "role" $shared "namespace" .) $base) }}
{{- end }}
{{- else }}
---
{{ include "countersign.binding" (merge (dict "name" $shared "roleKind" "ClusterRole" "role" $shared) $base) }}
{{- end }}
---
{{ include "countersign.role" (merge (dict "name" $own "rules" (include (printf "countersign.rules.%s.release" .component) .root) "namespace" $namespace) $base) }}
---
{{ include "countersign.binding" (merge (dict "name" $own "roleKind" "Role" "role" $own "namespace" $namespace) $base) }}
{{- $cluster := include (printf "countersign.rules.%s.cluster" .component) .root }}
{{- if and (not .root.Values.watchNamespaces) (fromYamlArray $cluster) }}
{{- $name := include "countersign.clusterName" (dict "root" .root "name" (printf "countersign-%s-cluster" .component)) }}
---
{{ include "countersign.role" (merge (dict "name" $name "rules" $cluster) $base) }}
---
{{ include "countersign.binding" (merge (dict "name" $name "roleKind" "ClusterRole" "role" $name) $base) }}
{{- end }}
{{- end -}}
