{{- /* Generated from src/api by `COUNTERSIGN_REGENERATE=1 cargo test --lib api::`; do not edit. */ -}}
{{- define "countersign.policy.replay-log" -}}
failurePolicy: Fail
matchConstraints:
  namespaceSelector:
    matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: In
      values:
      - {{ include "countersign.namespace" . | quote }}
  resourceRules:
  - apiGroups:
    - countersign.dev
    apiVersions:
    - "*"
    operations:
    - CREATE
    - UPDATE
    - DELETE
    resources:
    - replaysegments
validations:
- expression: >-
    request.operation != 'DELETE' || request.userInfo.username ==
    'system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.controllerAccount" . }}' ||
    (request.userInfo.username in ['system:serviceaccount:kube-system:namespace-controller',
    'system:kube-controller-manager'] && has(namespaceObject.metadata.deletionTimestamp))
  message: >-
    only the controller of Countersign
    (system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.controllerAccount" . }}) may delete a replay segment
  reason: Forbidden
- expression: >-
    request.operation != 'DELETE' || !oldObject.metadata.name.startsWith('anchor-')
    || (request.userInfo.username in
    ['system:serviceaccount:kube-system:namespace-controller', 'system:kube-controller-manager'] &&
    has(namespaceObject.metadata.deletionTimestamp))
  message: "the anchor of a replay log is never deleted: with it the log would forget its birth"
  reason: Forbidden
- expression: >-
    request.operation == 'DELETE' || request.userInfo.username ==
    'system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.serverAccount" . }}'
  message: >-
    only the server of Countersign
    (system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.serverAccount" . }}) may write a replay segment
  reason: Forbidden
- expression: >-
    request.operation == 'DELETE' || !has(object.metadata.ownerReferences) ||
    object.metadata.ownerReferences.size() == 0
  message: "metadata.ownerReferences: must be empty: a replay segment would go with its owner"
  reason: Invalid
- expression: >-
    request.operation == 'DELETE' || !has(object.metadata.finalizers) ||
    object.metadata.finalizers.size() == 0
  message: "metadata.finalizers: must be empty: a replay segment must go when it is deleted"
  reason: Invalid
- expression: >-
    request.operation == 'DELETE' || !object.metadata.name.startsWith('anchor-') ||
    timestamp(object.spec.expires) == timestamp('9999-12-30T00:00:00Z')
  message: "spec.expires: must be 9999-12-30T00:00:00Z in an anchor, which does not expire"
  reason: Invalid
- expression: >-
    request.operation == 'DELETE' || object.metadata.name.startsWith('anchor-') ||
    timestamp(object.spec.expires) >= timestamp(object.metadata.creationTimestamp) +
    duration('60s')
  message: "spec.expires: must be at least 60 s after the creation of the replay segment"
  reason: Invalid
- expression: >-
    request.operation == 'DELETE' || object.metadata.name.startsWith('anchor-') ||
    timestamp(object.spec.expires) <= timestamp(object.metadata.creationTimestamp) +
    duration('1800s')
  message: "spec.expires: must be at most 1800 s after the creation of the replay segment"
  reason: Invalid
{{- end }}
{{- define "countersign.policy.status" -}}
{{- if .Values.watchNamespaces -}}
failurePolicy: Fail
matchConstraints:
  namespaceSelector:
    matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: In
      values:
      {{- range .Values.watchNamespaces }}
      - {{ . | quote }}
      {{- end }}
  resourceRules:
  - apiGroups:
    - countersign.dev
    apiVersions:
    - "*"
    operations:
    - CREATE
    - UPDATE
    resources:
    - "*/status"
validations:
- expression: >-
    request.userInfo.username ==
    'system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.controllerAccount" . }}'
  message: >-
    only the controller of Countersign
    (system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.controllerAccount" . }}) may write this status
  reason: Forbidden
{{- else -}}
failurePolicy: Fail
matchConstraints:
  resourceRules:
  - apiGroups:
    - countersign.dev
    apiVersions:
    - "*"
    operations:
    - CREATE
    - UPDATE
    resources:
    - "*/status"
validations:
- expression: >-
    request.userInfo.username ==
    'system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.controllerAccount" . }}'
  message: >-
    only the controller of Countersign
    (system:serviceaccount:{{ include "countersign.namespace" . }}:{{ include "countersign.controllerAccount" . }}) may write this status
  reason: Forbidden
{{- end }}
{{- end }}
