{{/* The chart's name, for labels. */}}
{{- define "countersign.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* What the names of all objects begin with. The longest ending, `-controller-metrics`, leaves 44 characters of a Service's 63. */}}
{{- define "countersign.fullname" -}}
{{- $name := include "countersign.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 44 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 44 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "countersign.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "countersign.serverName" -}}
{{- include "countersign.fullname" . }}-server
{{- end -}}

{{- define "countersign.controllerName" -}}
{{- include "countersign.fullname" . }}-controller
{{- end -}}

{{- define "countersign.serverAccount" -}}
{{- .Values.server.serviceAccount.name | default (include "countersign.serverName" .) -}}
{{- end -}}

{{- define "countersign.controllerAccount" -}}
{{- .Values.controller.serviceAccount.name | default (include "countersign.controllerName" .) -}}
{{- end -}}

{{/*
The name of a cluster-scoped object, or of one in a watched namespace, where two installations may meet.
Takes root, and the name that it has in the default installation.
*/}}
{{- define "countersign.sharedName" -}}
{{- printf "%s%s" (include "countersign.fullname" .root) (trimPrefix "countersign" .name) -}}
{{- if .root.Values.watchNamespaces }}.{{ include "countersign.namespace" .root }}{{ end -}}
{{- end -}}

{{/* The same for what is bound in the whole cluster, whatever is watched: it always tells its namespace. */}}
{{- define "countersign.clusterName" -}}
{{- printf "%s%s.%s" (include "countersign.fullname" .root) (trimPrefix "countersign" .name) (include "countersign.namespace" .root) -}}
{{- end -}}

{{/* The Secret of the server's certificate. */}}
{{- define "countersign.tlsSecretName" -}}
{{- if eq .Values.tls.mode "auto" -}}
countersign-tls
{{- else if eq .Values.tls.mode "certManager" -}}
{{- .Values.tls.secretName | default (printf "%s-tls" (include "countersign.serverName" .)) -}}
{{- else -}}
{{- .Values.tls.secretName -}}
{{- end -}}
{{- end -}}

{{/* The host under which pods reach the server. */}}
{{- define "countersign.serviceHost" -}}
{{- include "countersign.serverName" . }}.{{ include "countersign.namespace" . }}.svc
{{- end -}}

{{- define "countersign.issuer" -}}
{{- .Values.server.issuer | default (printf "https://%s" (include "countersign.serviceHost" .)) -}}
{{- end -}}

{{/* The path of the issuer, without a slash at its end: empty, or /a/b. */}}
{{- define "countersign.issuerPath" -}}
{{- regexReplaceAll "^https://[^/]*" (include "countersign.issuer" .) "" | trimSuffix "/" -}}
{{- end -}}

{{- define "countersign.endpoint" -}}
{{- .Values.server.internalEndpoint | default (printf "https://%s%s" (include "countersign.serviceHost" .) (include "countersign.issuerPath" .)) -}}
{{- end -}}

{{/* The host of a URL, without its port. */}}
{{- define "countersign.hostOf" -}}
{{- regexReplaceAll "^https://(\\[[^]]*\\]|[^/:]*).*$" . "${1}" -}}
{{- end -}}

{{/* The names in the server's certificate, each once, as a list in YAML. */}}
{{- define "countersign.dnsNames" -}}
{{- $service := include "countersign.serverName" . -}}
{{- $host := include "countersign.serviceHost" . -}}
{{- $names := list $host (printf "%s.%s" $host .Values.global.clusterDomain) (trimSuffix ".svc" $host) $service -}}
{{- range list (include "countersign.issuer" .) (include "countersign.endpoint" .) -}}
{{- $names = append $names (include "countersign.hostOf" .) -}}
{{- end -}}
{{- concat $names .Values.tls.extraDNSNames | uniq | toYaml -}}
{{- end -}}

{{/* The resource that `helm test` asks a token for. */}}
{{- define "countersign.testedResource" -}}
{{- if .Values.server.ownNamespaceResources -}}
https://{{ include "countersign.fullname" . }}-test.{{ include "countersign.namespace" . }}.svc
{{- else -}}
{{- (first .Values.server.protectedResources).identifier -}}
{{- end -}}
{{- end -}}

{{/* Whether `helm test` has something to run: the release namespace must be served. */}}
{{- define "countersign.isTestable" -}}
{{- if and .Values.tests.enabled (or (not .Values.watchNamespaces) (has (include "countersign.namespace" .) .Values.watchNamespaces)) -}}
true
{{- end -}}
{{- end -}}
