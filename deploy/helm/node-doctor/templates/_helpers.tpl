{{- define "node-doctor.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "node-doctor.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "node-doctor.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "node-doctor.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "node-doctor.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* Of everything. */}}
{{- define "node-doctor.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
app.kubernetes.io/name: {{ include "node-doctor.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: node-doctor
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Of the agent's pods; never changes. */}}
{{- define "node-doctor.selector" -}}
app.kubernetes.io/name: {{ include "node-doctor.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: agent
{{- end -}}

{{- define "node-doctor.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "node-doctor.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "node-doctor.configMapName" -}}
{{- default (printf "%s-config" (include "node-doctor.fullname" .)) .Values.existingConfigMap -}}
{{- end -}}

{{/* Of the files of node-problem-detector; empty where there are none. */}}
{{- define "node-doctor.npdConfigMap" -}}
{{- if .Values.npd.files -}}{{- printf "%s-npd" (include "node-doctor.fullname" .) -}}{{- else -}}{{- .Values.npd.configMap -}}{{- end -}}
{{- end -}}

{{/* The user that plug-ins run as. */}}
{{- define "node-doctor.pluginUser" -}}
{{- dig "runAsUser" 65107 .Values.customPlugin.securityContext -}}
{{- end -}}

{{/* Values of an older release have not what this chart has more: nothing is rendered of a part that is missing. */}}
{{- define "node-doctor.ofThisChart" -}}
{{- range list "network" "kubernetes" "echo" "externalExporter" "gpu" "remediation" -}}
{{- if not (hasKey $.Values .) -}}
{{- fail (printf "the values have no %q: they are of an older release of this chart (helm upgrade --reuse-values); expected --reset-then-reuse-values, which takes what is new from the chart" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The user that the monitor of the network runs as: a capability is root's alone. */}}
{{- define "node-doctor.networkUser" -}}
{{- include "node-doctor.ofThisChart" . -}}
{{- ternary 0 65105 (not (empty .Values.network.capabilities)) -}}
{{- end -}}

{{/* Whether the monitor of GPUs is a container of the agent's pod. */}}
{{- define "node-doctor.gpuSidecar" -}}
{{- if and .Values.gpu.enabled (eq .Values.gpu.mode "sidecar") -}}true{{- end -}}
{{- end -}}

{{/* Nodes that somebody has labelled as those with a GPU of NVIDIA. */}}
{{- define "node-doctor.gpuAffinity" -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      # The GPU operator, and GPU feature discovery.
      - matchExpressions: [{ key: nvidia.com/gpu.present, operator: In, values: ["true"] }]
      # Node feature discovery: a device of NVIDIA, a 3D controller, a display controller.
      - matchExpressions: [{ key: feature.node.kubernetes.io/pci-10de.present, operator: In, values: ["true"] }]
      - matchExpressions: [{ key: feature.node.kubernetes.io/pci-0302_10de.present, operator: In, values: ["true"] }]
      - matchExpressions: [{ key: feature.node.kubernetes.io/pci-0300_10de.present, operator: In, values: ["true"] }]
      # GKE, EKS, AKS.
      - matchExpressions: [{ key: cloud.google.com/gke-accelerator, operator: Exists }]
      - matchExpressions: [{ key: k8s.amazonaws.com/accelerator, operator: Exists }]
      - matchExpressions: [{ key: kubernetes.azure.com/accelerator, operator: In, values: [nvidia] }]
      - matchExpressions: [{ key: accelerator, operator: In, values: [nvidia] }]
      # Yours.
      - matchExpressions: [{ key: node-doctor.io/gpu, operator: Exists }]
{{- end -}}

{{/* The user that the monitor of GPUs runs as: the kernel's log is for root with SYSLOG. */}}
{{- define "node-doctor.gpuUser" -}}
{{- include "node-doctor.ofThisChart" . -}}
{{- ternary 0 65111 .Values.gpu.kernelLog -}}
{{- end -}}

{{/* The configuration: who deploys the monitor of GPUs expects it. */}}
{{- define "node-doctor.config" -}}
{{- include "node-doctor.ofThisChart" . -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.gpu.enabled -}}
{{- $detector := $config.detector | default dict -}}
{{- $expect := $detector.expect | default list -}}
{{- if not (has "gpu" $expect) -}}{{- $expect = append $expect "gpu" -}}{{- end -}}
{{- $_ := set $config "detector" (set $detector "expect" $expect) -}}
{{- $isWatched := or (not (hasKey $config "defaultMonitors")) (has "gpu" ($config.defaultMonitors | default list)) -}}
{{- range $config.monitors -}}
{{- if and (kindIs "map" .) (hasPrefix "gpu-" (.type | default "")) -}}{{- $isWatched = true -}}{{- end -}}
{{- end -}}
{{- if not $isWatched -}}
{{- fail "gpu.enabled: config.defaultMonitors leaves out \"gpu\", and config.monitors has no check of it: nobody would watch the GPUs; add gpu to config.defaultMonitors" -}}
{{- end -}}
{{- end -}}
{{- if .Values.remediation.enabled -}}
{{- $repairs := $config.remediation | default dict -}}
{{- if not (or (hasKey $repairs "enabled") (hasKey ($config.settings | default dict) "enableRemediation")) -}}
{{- $_ := set $config "remediation" (set $repairs "enabled" true) -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Folders of the host that host-actions may delete from, as JSON: those that the configuration names. */}}
{{- define "node-doctor.cleanRoots" -}}
{{- $logs := dig "remediation" "diskCleanup" "logRoots" (list "/var/log") .Values.config -}}
{{- $temp := dig "remediation" "diskCleanup" "tempRoots" (list "/tmp" "/var/tmp") .Values.config -}}
{{- concat $logs $temp | uniq | toJson -}}
{{- end -}}

{{/* "/var/log" → "clean-var-log", the name of its volume. */}}
{{- define "node-doctor.cleanVolume" -}}
{{- printf "clean-%s" (regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trimAll "-") | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Whether the monitor of Kubernetes has the token of its account. */}}
{{- define "node-doctor.kubernetesToken" -}}
{{- include "node-doctor.ofThisChart" . -}}
{{- if and .Values.kubernetes.token (eq .Values.layout "separate") -}}true{{- end -}}
{{- end -}}

{{/* The image of a container: (list root overrides). A digest wins; without one and without a tag: the chart's release. */}}
{{- define "node-doctor.image" -}}
{{- $root := index . 0 -}}
{{- $own := index . 1 | default dict -}}
{{- $repository := default $root.Values.image.repository $own.repository -}}
{{- $digest := $own.digest -}}
{{- if and (not $own.tag) (not $digest) (not $own.repository) -}}{{- $digest = $root.Values.image.digest -}}{{- end -}}
{{- if $digest -}}
{{- printf "%s@%s" $repository $digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default (default $root.Chart.AppVersion $root.Values.image.tag) $own.tag) -}}
{{- end -}}
{{- end -}}

{{- define "node-doctor.metricsPort" -}}
{{- dig "exporters" "prometheus" "port" 9100 .Values.config -}}
{{- end -}}

{{/* A file under `files`, by its name. */}}
{{- define "node-doctor.hasHttpExporter" -}}
{{- if or .Values.httpExporter.enabled (eq .Values.layout "compact") -}}true{{- end -}}
{{- end -}}

{{- define "node-doctor.token" -}}
- name: token
  projected:
    # 0440
    defaultMode: 288
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3607 }
      - configMap:
          name: kube-root-ca.crt
          items: [{ key: ca.crt, path: ca.crt }]
      - downwardAPI:
          items: [{ path: namespace, fieldRef: { fieldPath: metadata.namespace } }]
{{- end -}}

{{/* Of the monitor of GPUs. Its name is that of its socket, in whichever pod. */}}
{{- define "node-doctor.refusals.gpu" -}}
{{- range .Values.pluginDaemonSets -}}
{{- if eq .name "gpu" -}}{{- fail "pluginDaemonSets: \"gpu\" is the monitor of GPUs, which is part of the image (gpu.enabled); expected another name" -}}{{- end -}}
{{- end -}}
{{- if include "node-doctor.gpuSidecar" . -}}
{{- range list "nodeSelector" "affinity" "tolerations" "priorityClassName" -}}
{{- if get $.Values.gpu . -}}{{- fail (printf "gpu.%s places a pod of its own, and gpu.mode=sidecar has none; use %s, which places the agent's pod" . .) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Of repairs. */}}
{{- define "node-doctor.refusals.remediation" -}}
{{- $isNamed := or (dig "remediation" "enabled" false .Values.config) (and (dig "settings" "enableRemediation" false .Values.config) (dig "remediation" "enabled" true .Values.config)) -}}
{{- if and $isNamed (not .Values.remediation.enabled) -}}
{{- fail "config.remediation.enabled switches repairs on, and no pod does them; set remediation.enabled=true" -}}
{{- end -}}
{{- if and .Values.remediation.enabled (not .Values.hostNetwork) (not (dig "bus" "url" "" .Values.config)) -}}
{{- fail "remediation.enabled needs hostNetwork=true: its pod reads the bus, which is on the loopback of the agent's; or a NATS server of yours (config.bus.url)" -}}
{{- end -}}
{{- end -}}

{{/* Values that contradict each other, which a schema cannot say. */}}
{{- define "node-doctor.refusals" -}}
{{- $names := list "prepare" "detector" "system" "network" "kubernetes" "log" "custom-plugin" "http-exporter" "k8s-exporter" "external-exporter" "gpu" "remediator" "host-actions" "monitors" "exporters" -}}
{{- range .Values.pluginSidecars -}}
{{- if has .name $names -}}{{- fail (printf "pluginSidecars: %q is the name of another container of the pod; expected another name" .name) -}}{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $sets := list (include "node-doctor.fullname" .) -}}
{{- $_ := include "node-doctor.refusals.gpu" . -}}
{{- $_ := include "node-doctor.refusals.remediation" . -}}
{{- $sets = append $sets (printf "%s-remediation" (include "node-doctor.fullname" .)) -}}
{{- range .Values.pluginDaemonSets -}}
{{- if has .name $sets -}}{{- fail (printf "pluginDaemonSets: %q is the name of another DaemonSet of this release; expected another name" .name) -}}{{- end -}}
{{- $sets = append $sets .name -}}
{{- end -}}
{{- if hasKey .Values.extraConfigFiles "config.yaml" -}}{{- fail "extraConfigFiles: config.yaml is the configuration itself; write it under config" -}}{{- end -}}
{{- if and .Values.recursiveReadOnly (semverCompare "<1.31.0-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "recursiveReadOnly is known to Kubernetes 1.31 and newer, and this is %s" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if and .Values.busTls.secretName (not .Values.existingConfigMap) (not (dig "bus" "tls" "ca" "" .Values.config)) -}}
{{- fail "busTls.secretName is mounted and nothing reads it; set config.bus.tls.ca to /etc/node-doctor-bus/ca.crt" -}}
{{- end -}}
{{- if and (dig "exporters" "external" list .Values.config) (not .Values.externalExporter.enabled) -}}
{{- fail "config.exporters.external names exporters, and no container tells them; set externalExporter.enabled=true" -}}
{{- end -}}
{{- if and .Values.npd.files .Values.npd.configMap -}}
{{- fail "npd.files and npd.configMap are both set; expected one: the files, or the ConfigMap of yours that has them" -}}
{{- end -}}
{{- $named := list -}}
{{- range $key := list "systemLogMonitors" "customPluginMonitors" "systemStatsMonitors" -}}
{{- $named = concat $named (dig "npd" $key list $.Values.config) -}}
{{- end -}}
{{- with dig "npd" "dir" "" .Values.config -}}{{- $named = append $named . -}}{{- end -}}
{{- if not (or .Values.existingConfigMap .Values.extraVolumes) -}}
{{- range $named -}}
{{- $path := clean (ternary . (printf "/%s" .) (hasPrefix "/" .)) -}}
{{- $isOurs := and (hasPrefix "/etc/node-doctor/" $path) (hasKey $.Values.extraConfigFiles (base $path)) -}}
{{- $isNpd := and (include "node-doctor.npdConfigMap" $) (or (eq $path $.Values.npd.mountPath) (hasPrefix (printf "%s/" $.Values.npd.mountPath) $path)) -}}
{{- if not (or $isOurs $isNpd (contains "${" .)) -}}
{{- fail (printf "config.npd names %q, which not every container has; expected a file of npd.files or npd.configMap, in %s" . $.Values.npd.mountPath) -}}
{{- end -}}
{{- if and $isNpd $.Values.npd.files (ne $path $.Values.npd.mountPath) (not (hasKey $.Values.npd.files (base $path))) -}}
{{- fail (printf "config.npd names %q, and npd.files has no %q; it has %s" . (base $path) (keys $.Values.npd.files | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.layout "compact") .Values.log.kmsg -}}
{{- fail "log.kmsg makes the container log a privileged one, and layout=compact has none of that name; use layout=separate" -}}
{{- end -}}
{{- if and (eq .Values.layout "compact") .Values.network.peers -}}
{{- fail "network.peers gives the container network a token, and layout=compact has none of that name, but one that runs plug-ins; use layout=separate" -}}
{{- end -}}
{{- if and (eq .Values.layout "compact") .Values.network.capabilities -}}
{{- fail "network.capabilities are of the container network, which is root with them, and layout=compact has none of that name; use layout=separate" -}}
{{- end -}}
{{- if and (eq .Values.layout "compact") .Values.customPlugin.securityContext -}}
{{- fail "customPlugin.securityContext is of the container custom-plugin, and layout=compact has none of that name; use layout=separate" -}}
{{- end -}}
{{- if and (eq .Values.layout "compact") (not .Values.httpExporter.enabled) -}}
{{- fail "httpExporter.enabled=false has no effect with layout=compact, where both exporters are one process; use layout=separate" -}}
{{- end -}}
{{- end -}}
