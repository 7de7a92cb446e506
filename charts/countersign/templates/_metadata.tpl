{{/* What selects the pods of a component. */}}
{{- define "countersign.selector" -}}
app.kubernetes.io/name: {{ include "countersign.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of every object, with those for all of them that do not contradict. */}}
{{- define "countersign.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/name" (include "countersign.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/part-of" "countersign"
  "app.kubernetes.io/managed-by" .Release.Service
-}}
{{- merge $own .Values.commonLabels | toYaml -}}
{{- end -}}

{{/*
The metadata of an object: root and name, and as needed component, namespace, clusterScoped, labels and
annotations. What is more special wins.
*/}}
{{- define "countersign.metadata" -}}
{{- $labels := include "countersign.labels" .root | fromYaml -}}
{{- with .component -}}
{{- $labels = set $labels "app.kubernetes.io/component" . -}}
{{- end -}}
name: {{ .name | quote }}
{{- if not .clusterScoped }}
namespace: {{ .namespace | default (include "countersign.namespace" .root) | quote }}
{{- end }}
labels:
  {{- merge dict (.labels | default dict) $labels | toYaml | nindent 2 }}
{{- with merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
