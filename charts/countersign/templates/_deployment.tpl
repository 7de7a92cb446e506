{{/*
The Deployment of a component. Takes root, component, name, account, values, replicas (none if an autoscaler
decides), args, ports, and as needed volumes, mounts and checksums.
*/}}
{{- define "countersign.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "countersign.metadata" (dict "root" $root "name" .name "component" .component "annotations" $values.deploymentAnnotations) | nindent 2 }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: {{ $values.revisionHistoryLimit }}
  selector:
    matchLabels:
      {{- include "countersign.selector" . | nindent 6 }}
  strategy:
    {{- toYaml $values.strategy | nindent 4 }}
  template:
    metadata:
      labels:
        {{- include "countersign.podLabels" . | nindent 8 }}
      annotations:
        {{- include "countersign.podAnnotations" . | nindent 8 }}
    spec:
      serviceAccountName: {{ .account | quote }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      {{- with $root.Values.global.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "countersign.securityContext" (dict "root" $root "context" $values.podSecurityContext) | nindent 8 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with include "countersign.placement" . | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      containers:
      - name: {{ .component }}
        image: {{ include "countersign.image" $root | quote }}
        imagePullPolicy: {{ $root.Values.image.pullPolicy }}
        args:
        {{- range .args }}
        - {{ . | quote }}
        {{- end }}
        {{- range $values.extraArgs }}
        - {{ . | quote }}
        {{- end }}
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        {{- with include "countersign.tracing" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        ports:
        {{- range .ports }}
        - name: {{ .name }}
          containerPort: {{ .port }}
          protocol: TCP
        {{- end }}
        securityContext:
          {{- include "countersign.securityContext" (dict "root" $root "context" $values.securityContext) | nindent 10 }}
        {{- with $values.resources }}
        resources:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- range $probe, $path := dict "startupProbe" "/livez" "livenessProbe" "/livez" "readinessProbe" "/readyz" }}
        {{ $probe }}:
          httpGet:
            path: {{ $path }}
            port: metrics
          {{- toYaml (get $values $probe) | nindent 10 }}
        {{- end }}
        {{- with concat (.mounts | default list) $values.extraVolumeMounts }}
        volumeMounts:
          {{- toYaml . | nindent 10 }}
        {{- end }}
      {{- with concat (.volumes | default list) $values.extraVolumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* The arguments that server and controller share, as a list in YAML. */}}
{{- define "countersign.commonArgs" -}}
- --name={{ include "countersign.fullname" . }}
- --health-listen={{ .Values.global.bindAddress }}:{{ .Values.metrics.port }}
- --log-format={{ .Values.global.logFormat }}
- --log-level={{ .Values.global.logLevel }}
{{- range .Values.watchNamespaces }}
- --watch-namespace={{ . }}
{{- end }}
{{- end -}}
