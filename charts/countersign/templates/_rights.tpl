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
  - countersign.dev
  resources:
  - replaysegments
  verbs:
  - list
  - delete
{{- end }}
{{- define "countersign.rules.controller.cluster" -}}
[]
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
