{{/* Whether an object of the Prometheus Operator is rendered. Takes root, kind and the values of the object. */}}
{{- define "countersign.isRendered" -}}
{{- if .values.enabled -}}
{{- $known := .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) -}}
{{- if or $known (eq .values.renderMode "alwaysRender") -}}
true
{{- else if eq .values.renderMode "failIfMissing" -}}
{{- fail (printf "\n\nThe cluster does not know the kind %s (monitoring.coreos.com/v1): install the Prometheus Operator first, or set renderMode to skipIfMissing or alwaysRender.\n" .kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a ServiceMonitor and a PodMonitor have in common about their one endpoint. */}}
{{- define "countersign.scrape" -}}
port: metrics
path: /metrics
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
honorLabels: {{ .honorLabels }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The selector of both: every component of this installation. */}}
{{- define "countersign.monitored" -}}
namespaceSelector:
  matchNames:
  - {{ include "countersign.namespace" . | quote }}
selector:
  matchLabels:
    app.kubernetes.io/name: {{ include "countersign.name" . | quote }}
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* The rules of one file in files/alerts as they are rendered, as a list in YAML. Takes root and rules. */}}
{{- define "countersign.alertRules" -}}
{{- $settings := .root.Values.metrics.prometheusRule -}}
{{- $rendered := list -}}
{{- range .rules -}}
{{- if or (not .alert) (not (has .alert $settings.excludeRules)) -}}
{{- $rule := . -}}
{{- if .alert -}}
{{- $runbook := dict "annotations" (dict "runbook_url" (printf "%s/%s.md" (trimSuffix "/" $settings.runbookURL) .alert)) -}}
{{- $labels := dict "labels" $settings.ruleLabels -}}
{{- $rule = mustMergeOverwrite dict (deepCopy .) (deepCopy $runbook) (deepCopy $labels) (get $settings.overrides .alert | default dict | deepCopy) -}}
{{- end -}}
{{- $rendered = append $rendered $rule -}}
{{- end -}}
{{- end -}}
{{- toYaml $rendered -}}
{{- end -}}
