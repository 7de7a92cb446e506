{{- /* Generated from src/api by `COUNTERSIGN_REGENERATE=1 cargo test --lib api::`; do not edit. */ -}}
{{- define "countersign.rules.server.watched" -}}
- apiGroups:
  - countersign.dev
  resources:
  - oauthclients
  verbs:
  - list
  - watch
{{- end }}
{{- define "countersign.rules.server.release" -}}
- apiGroups:
  - coordination.k8s.io
  resourceNames:
  - countersign-heartbeat
  resources:
  - leases
  verbs:
  - list
  - watch
- apiGroups:
  - ""
  resourceNames:
  - countersign-signing-keys
  resources:
  - secrets
  verbs:
  - list
  - watch
- apiGroups:
  - ""
  resourceNames:
  - {{ include "countersign.tlsSecretName" . }}
  resources:
  - secrets
  verbs:
  - list
  - watch
- apiGroups:
  - countersign.dev
  resources:
  - replaysegments
  verbs:
  - create
  - list
  - update
  - watch
{{- end }}
{{- define "countersign.rules.server.cluster" -}}
- apiGroups:
  - countersign.dev
  resources:
  - replaysegments
  verbs:
  - list
{{- end }}
{{- define "countersign.rules.server.opt-in" -}}
[]
{{- end }}
{{- define "countersign.rules.controller.watched" -}}
- apiGroups:
  - countersign.dev
  resources:
  - oauthclients
  verbs:
  - list
  - watch
- apiGroups:
  - countersign.dev
  resources:
  - oauthclients/status
  verbs:
  - patch
- apiGroups:
  - ""
  resources:
  - configmaps
  verbs:
  - list
  - watch
- apiGroups:
  - events.k8s.io
  resources:
  - events
  verbs:
  - create
  - patch
- apiGroups:
  - ""
  resourceNames:
  - countersign-ca
  resources:
  - configmaps
  verbs:
  - create
  - patch
{{- if .Values.watchNamespaces }}
- apiGroups:
  - rbac.authorization.k8s.io
  resourceNames:
  - {{ include "countersign.sharedName" (dict "root" . "name" "countersign-controller") }}
  resources:
  - rolebindings
  verbs:
  - get
{{- end }}
{{- end }}
{{- define "countersign.rules.controller.release" -}}
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - create
- apiGroups:
  - coordination.k8s.io
  resourceNames:
  - countersign-controller
  - countersign-heartbeat
  resources:
  - leases
  verbs:
  - get
  - update
- apiGroups:
  - ""
  resources:
  - secrets
  verbs:
  - create
- apiGroups:
  - ""
  resourceNames:
  - countersign-signing-keys
  resources:
  - secrets
  verbs:
  - list
  - watch
  - update
- apiGroups:
  - ""
  resourceNames:
  - {{ include "countersign.tlsSecretName" . }}
  resources:
  - secrets
  verbs:
  - list
  - watch
{{- if eq .Values.tls.mode "auto" }}
- apiGroups:
  - ""
  resourceNames:
  - {{ include "countersign.tlsSecretName" . }}
  resources:
  - secrets
  verbs:
  - update
{{- end }}
{{- if eq .Values.tls.mode "auto" }}
- apiGroups:
  - ""
  resourceNames:
  - countersign-ca
  resources:
  - secrets
  verbs:
  - list
  - watch
  - update
{{- end }}
{{- if .Values.watchNamespaces }}
- apiGroups:
  - ""
  resourceNames:
  - countersign-ca
  resources:
  - configmaps
  verbs:
  - list
  - watch
  - create
  - patch
{{- end }}
- apiGroups:
  - apps
  resourceNames:
  - {{ include "countersign.fullname" . }}-controller
  resources:
  - deployments
  verbs:
  - get
- apiGroups:
  - countersign.dev
  resources:
  - replaysegments
  verbs:
  - list
  - delete
{{- end }}
{{- define "countersign.rules.controller.cluster" -}}
- apiGroups:
  - ""
  resources:
  - namespaces
  verbs:
  - list
  - watch
- apiGroups:
  - rbac.authorization.k8s.io
  resourceNames:
  - {{ include "countersign.sharedName" (dict "root" . "name" "countersign-controller") }}
  resources:
  - clusterroles
  verbs:
  - get
{{- end }}
{{- define "countersign.rules.controller.opt-in" -}}
- apiGroups:
  - ""
  resources:
  - secrets
  verbs:
  - list
  - watch
{{- end }}
