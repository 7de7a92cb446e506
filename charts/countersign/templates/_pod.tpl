{{/* The image, as `registry/repository:tag@digest`. A digest pins it, so that a tag is only added if one was named. */}}
{{- define "countersign.image" -}}
{{- $image := .Values.image -}}
{{- $registry := .Values.global.imageRegistry | default $image.registry -}}
{{- $reference := printf "%s/%s" $registry $image.repository -}}
{{- if $image.digest -}}
{{- $reference }}{{ with $image.tag }}:{{ . }}{{ end }}@{{ $image.digest }}
{{- else -}}
{{- $reference }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A security context, without user and group where OpenShift chooses them. Takes root and context. */}}
{{- define "countersign.securityContext" -}}
{{- $adapt := .root.Values.global.compatibility.openshift.adaptSecurityContext -}}
{{- $found := .root.Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
{{- if or (eq $adapt "force") (and (eq $adapt "auto") $found) -}}
{{- omit .context "runAsUser" "runAsGroup" "fsGroup" | toYaml -}}
{{- else -}}
{{- toYaml .context -}}
{{- end -}}
{{- end -}}

{{/* Where pods of a component run: its own settings, or those for all pods. */}}
{{- define "countersign.placement" -}}
{{- $all := .root.Values.global -}}
{{- with .values.nodeSelector | default $all.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations | default $all.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity | default $all.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "countersign.selector" . | fromYaml)) "matchLabelKeys" (list "pod-template-hash") }}
{{- with .values.topologySpreadConstraints | default $all.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
  {{- if .labelSelector }}
  {{- toYaml (list .) | nindent 2 }}
  {{- else }}
  {{- toYaml (list (merge dict . $selector)) | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
{{- with .values.priorityClassName | default $all.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- if not (kindIs "invalid" .values.hostUsers) }}
hostUsers: {{ .values.hostUsers }}
{{- end }}
{{- end -}}

{{/* The labels of a component's pods: not the chart's version, for that alone restarts nothing. */}}
{{- define "countersign.podLabels" -}}
{{- $labels := omit (include "countersign.labels" .root | fromYaml) "helm.sh/chart" "app.kubernetes.io/managed-by" -}}
{{- merge dict (include "countersign.selector" . | fromYaml) .values.podLabels $labels | toYaml -}}
{{- end -}}

{{/* The annotations of a component's pods. Takes root, component and values. */}}
{{- define "countersign.podAnnotations" -}}
{{- $metrics := .root.Values.metrics -}}
{{- $monitored := or (include "countersign.isRendered" (dict "root" .root "kind" "ServiceMonitor" "values" $metrics.serviceMonitor)) (include "countersign.isRendered" (dict "root" .root "kind" "PodMonitor" "values" $metrics.podMonitor)) -}}
{{- $annotations := dict "kubectl.kubernetes.io/default-container" .component -}}
{{- if and $metrics.podAnnotations (not $monitored) -}}
{{- $scrape := dict "prometheus.io/scrape" "true" "prometheus.io/port" ($metrics.port | toString) "prometheus.io/path" "/metrics" -}}
{{- $annotations = merge $annotations $scrape -}}
{{- end -}}
{{- with .checksums -}}
{{- $annotations = merge $annotations . -}}
{{- end -}}
{{- merge dict .values.podAnnotations $annotations .root.Values.commonAnnotations | toYaml -}}
{{- end -}}

{{/* The standard variables of OpenTelemetry. Takes root and component. */}}
{{- define "countersign.tracing" -}}
{{- $tracing := .root.Values.tracing -}}
{{- if $tracing.enabled }}
- name: OTEL_SERVICE_NAME
  value: countersign-{{ .component }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $tracing.endpoint | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ $tracing.protocol | quote }}
- name: OTEL_TRACES_SAMPLER
  value: {{ $tracing.sampler | quote }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ $tracing.samplerArg | quote }}
{{- $attributes := list "k8s.namespace.name=$(POD_NAMESPACE)" "k8s.pod.name=$(POD_NAME)" }}
{{- range $name, $value := $tracing.resourceAttributes }}
{{- $attributes = append $attributes (printf "%s=%s" $name $value) }}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ join "," $attributes | quote }}
{{- with $tracing.headersSecret.name }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ . | quote }}
      key: {{ $tracing.headersSecret.key | quote }}
{{- end }}
{{- end }}
{{- end -}}
