{{/* What is wrong with the values beyond their schema: a list of sentences in YAML. */}}
{{- define "countersign.faults" -}}
{{- $faults := list -}}
{{- $namespace := include "countersign.namespace" . -}}
{{- if has $namespace (list "kube-system" "kube-public" "kube-node-lease") -}}
{{- $faults = append $faults (printf "The namespace %s belongs to Kubernetes: install into one of its own, such as countersign-system." $namespace) -}}
{{- end -}}
{{- if .Chart.IsRoot -}}
{{- range $key := keys .Values.global | sortAlpha -}}
{{- if not (has $key (list "imageRegistry" "imagePullSecrets" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "logLevel" "logFormat" "bindAddress" "clusterDomain" "compatibility")) -}}
{{- $faults = append $faults (printf "global.%s: there is no such value." $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $faults = concat $faults (include "countersign.faults.tls" . | fromYamlArray) (include "countersign.faults.server" . | fromYamlArray) (include "countersign.faults.pods" . | fromYamlArray) (include "countersign.faults.rest" . | fromYamlArray) -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "countersign.faults.tls" -}}
{{- $faults := list -}}
{{- with .Values.tls -}}
{{- if eq .mode "auto" -}}
{{- if .secretName -}}
{{- $faults = append $faults "tls.secretName: in tls.mode auto the Secret is always countersign-tls; choose tls.mode secret to bring your own." -}}
{{- end -}}
{{- if .caBundle -}}
{{- $faults = append $faults "tls.caBundle: in tls.mode auto the controller publishes its own CA; choose tls.mode secret or certManager." -}}
{{- end -}}
{{- else -}}
{{- if eq (include "countersign.tlsSecretName" $) "countersign-tls" -}}
{{- $faults = append $faults "tls.secretName: countersign-tls is the name that tls.mode auto uses; choose another." -}}
{{- end -}}
{{- end -}}
{{- if and (eq .mode "secret") (not .secretName) -}}
{{- $faults = append $faults "tls.secretName: tls.mode secret needs the name of your Secret." -}}
{{- end -}}
{{- if and (eq .mode "secret") .extraDNSNames -}}
{{- $faults = append $faults "tls.extraDNSNames: in tls.mode secret the certificate is yours; put the names there." -}}
{{- end -}}
{{- if and (eq .mode "certManager") (not .certManager.issuerRef.name) -}}
{{- $faults = append $faults "tls.certManager.issuerRef.name: tls.mode certManager needs an issuer." -}}
{{- end -}}
{{- if ne .mode "secret" -}}
{{- range list (include "countersign.issuer" $) (include "countersign.endpoint" $) -}}
{{- $host := include "countersign.hostOf" . -}}
{{- if regexMatch "^[0-9.]+$|^\\[" $host -}}
{{- $faults = append $faults (printf "%s: a certificate for an address can only be brought along, with tls.mode secret." .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "countersign.faults.server" -}}
{{- $faults := list -}}
{{- with .Values.server -}}
{{- if not (or .ownNamespaceResources .protectedResources) -}}
{{- $faults = append $faults "server.protectedResources: without any, and without server.ownNamespaceResources, no token could be asked for." -}}
{{- end -}}
{{- if and .ownNamespaceResources (not (has "ES256" $.Values.signingKeys.algorithms)) -}}
{{- $faults = append $faults "signingKeys.algorithms: tokens for server.ownNamespaceResources are signed with ES256." -}}
{{- end -}}
{{- range .protectedResources -}}
{{- $algorithm := .algorithm | default "ES256" -}}
{{- if not (has $algorithm $.Values.signingKeys.algorithms) -}}
{{- $faults = append $faults (printf "signingKeys.algorithms: %s wants tokens signed with %s." .identifier $algorithm) -}}
{{- end -}}
{{- end -}}
{{- if and (or .ingress.enabled .gatewayAPI.enabled) (not .issuer) -}}
{{- $faults = append $faults "server.issuer: server.ingress and server.gatewayAPI need the public URL here; the default is a name inside of the cluster." -}}
{{- end -}}
{{- if and .gatewayAPI.enabled (not .gatewayAPI.parentRefs) -}}
{{- $faults = append $faults "server.gatewayAPI.parentRefs: a route needs a gateway." -}}
{{- end -}}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) -}}
{{- $faults = append $faults "server.autoscaling.minReplicas: must not be more than maxReplicas." -}}
{{- end -}}
{{- if lt (int .terminationGracePeriodSeconds) (add 20 .drainSeconds | int) -}}
{{- $faults = append $faults "server.terminationGracePeriodSeconds: must be at least server.drainSeconds and 20 more, or requests are cut off." -}}
{{- end -}}
{{- if and (eq .service.trafficDistribution "PreferSameNode") (semverCompare "<1.35.0-0" $.Capabilities.KubeVersion.Version) -}}
{{- $faults = append $faults "server.service.trafficDistribution: PreferSameNode needs Kubernetes 1.35." -}}
{{- end -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "countersign.faults.pods" -}}
{{- $faults := list -}}
{{- range $component := list "server" "controller" -}}
{{- with get $.Values $component -}}
{{- if not (or .serviceAccount.create .serviceAccount.name) -}}
{{- $faults = append $faults (printf "%s.serviceAccount.name: which account, if none is made?" $component) -}}
{{- end -}}
{{- $least := toString .podDisruptionBudget.minAvailable -}}
{{- if and .podDisruptionBudget.enabled (regexMatch "^[0-9]+$" $least) (gt (int .replicaCount) 1) (ge (int $least) (int .replicaCount)) -}}
{{- $faults = append $faults (printf "%s.podDisruptionBudget.minAvailable: with as many replicas no node could ever be drained." $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq (include "countersign.serverAccount" .) (include "countersign.controllerAccount" .) -}}
{{- $faults = append $faults "controller.serviceAccount.name: must not be the server's account: what one may write, the other must not." -}}
{{- end -}}
{{- if and .Values.controller.keyFetching.caBundle.configMap.name .Values.controller.keyFetching.caBundle.secret.name -}}
{{- $faults = append $faults "controller.keyFetching.caBundle: either a ConfigMap or a Secret." -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "countersign.faults.rest" -}}
{{- $faults := list -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- $faults = append $faults "metrics.podMonitor.enabled: together with metrics.serviceMonitor everything would be scraped twice." -}}
{{- end -}}
{{- if and .Values.tracing.enabled (not .Values.tracing.endpoint) -}}
{{- $faults = append $faults "tracing.endpoint: tracing needs the URL of a collector." -}}
{{- end -}}
{{- if and .Values.audit.enabled (eq .Values.audit.sink "file") (not .Values.audit.file) -}}
{{- $faults = append $faults "audit.file: audit.sink file needs a path." -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}
