{{/* What no container of ours goes without. */}}
{{- define "node-doctor.locked" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
{{- end -}}

{{/* The security context of a container of a service: user and group, and over it what differs. */}}
{{- define "node-doctor.context" -}}
{{- $over := .over | default dict -}}
{{- $own := dict "runAsUser" .user "runAsGroup" .group "readOnlyRootFilesystem" true "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) -}}
{{- if eq (int (dig "runAsUser" .user $over)) 0 -}}{{- $_ := set $own "runAsNonRoot" false -}}{{- end -}}
{{- /* Kubernetes takes no privileged container that may not gain privilege. */ -}}
{{- if $over.privileged -}}{{- $_ := set $own "allowPrivilegeEscalation" true -}}{{- $own = omit $own "capabilities" -}}{{- end -}}
{{- mergeOverwrite $own (deepCopy $over) | toYaml -}}
{{- end -}}

{{/*
A container of a service: dict of root, values (its own), name, user, group, probe (the folder of its socket), ready
(folders whose services must be ready), env and mounts (text); over: what of its security context is otherwise (dict).
*/}}
{{- define "node-doctor.container" -}}
- name: {{ .name }}
  image: {{ include "node-doctor.image" (list .root .values.image) | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: [{{ .name }}]
  env:
    - name: NODE_NAME
      valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
    - { name: NODE_DOCTOR_CONFIG, value: /etc/node-doctor/config.yaml }
    - { name: NODE_DOCTOR_LOG_FORMAT, value: json }
    {{- with .env }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with .values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .envLast }}
    {{- . | nindent 4 }}
    {{- end }}
  securityContext:
    {{- include "node-doctor.context" . | nindent 4 }}
  {{- with .values.resources }}
  resources: {{- toYaml . | nindent 4 }}
  {{- end }}
  startupProbe:
    exec: { command: [/opt/node-doctor/bin/alive.sh, {{ .probe }}, --start] }
    initialDelaySeconds: 3
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 60
  livenessProbe:
    exec: { command: [/opt/node-doctor/bin/alive.sh, {{ .probe }}] }
    periodSeconds: 60
    timeoutSeconds: 5
    failureThreshold: 2
  readinessProbe:
    exec: { command: [test, -e, {{ join "/ready, -a, -e, " .ready }}/ready] }
    periodSeconds: 60
    timeoutSeconds: 5
  volumeMounts:
    - { name: config, mountPath: /etc/node-doctor, readOnly: true }
    {{- if include "node-doctor.npdConfigMap" .root }}
    - { name: npd, mountPath: {{ .root.Values.npd.mountPath }}, readOnly: true }
    {{- end }}
    - { name: tmp-{{ .name }}, mountPath: /tmp }
    {{- .mounts | trim | nindent 4 }}
    {{- with .values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "node-doctor.mounts.detector" -}}
- { name: run-detector, mountPath: /run/node-doctor/detector }
- { name: run-system, mountPath: /run/node-doctor/monitors/system, readOnly: true }
- { name: run-network, mountPath: /run/node-doctor/monitors/network, readOnly: true }
- { name: run-kubernetes, mountPath: /run/node-doctor/monitors/kubernetes, readOnly: true }
- { name: run-log, mountPath: /run/node-doctor/monitors/log, readOnly: true }
- { name: run-custom-plugin, mountPath: /run/node-doctor/monitors/custom-plugin, readOnly: true }
# It writes each exporter's key for the bus there.
- { name: run-http-exporter, mountPath: /run/node-doctor/http-exporter }
- { name: run-k8s-exporter, mountPath: /run/node-doctor/k8s-exporter }
{{- if .Values.externalExporter.enabled }}
- { name: run-external-exporter, mountPath: /run/node-doctor/external-exporter }
{{- end }}
{{- if include "node-doctor.gpuSidecar" . }}
- { name: run-gpu, mountPath: /run/node-doctor/monitors/gpu, readOnly: true }
{{- end }}
{{- if .Values.remediation.enabled }}
- { name: run-remediator, mountPath: /run/node-doctor/remediator }
{{- end }}
- { name: host-bus, mountPath: /run/node-doctor/bus }
- { name: host-monitors, mountPath: /run/node-doctor/plugins, readOnly: true }
- { name: host-state-detector, mountPath: /var/lib/node-doctor/detector }
{{- include "node-doctor.mounts.bus" . }}
{{- range .Values.pluginSidecars }}
- { name: run-{{ .name }}, mountPath: /run/node-doctor/monitors/{{ .name }}, readOnly: true }
{{- end }}
{{- end -}}

{{- define "node-doctor.mounts.system" -}}
- { name: run-system, mountPath: /run/node-doctor/monitors/system }
- { name: host-state-system, mountPath: /var/lib/node-doctor/monitors/system }
{{- end -}}

{{- define "node-doctor.mounts.network" -}}
- { name: run-network, mountPath: /run/node-doctor/monitors/network }
- { name: host-state-network, mountPath: /var/lib/node-doctor/monitors/network }
{{- end -}}

{{- define "node-doctor.mounts.kubernetes" -}}
- { name: run-kubernetes, mountPath: /run/node-doctor/monitors/kubernetes }
- { name: host-state-kubernetes, mountPath: /var/lib/node-doctor/monitors/kubernetes }
{{- end -}}

{{- define "node-doctor.mounts.log" -}}
- { name: run-log, mountPath: /run/node-doctor/monitors/log }
- { name: host-state-log, mountPath: /var/lib/node-doctor/monitors/log }
{{- end -}}

{{/* The host's logs, where the host has them: files name them so. */}}
{{- define "node-doctor.mounts.logs" -}}
{{- $later := ternary ", recursiveReadOnly: IfPossible" ", mountPropagation: HostToContainer" .Values.recursiveReadOnly }}
- { name: host-var-log, mountPath: /var/log, readOnly: true{{ $later }} }
- { name: host-run-log, mountPath: /run/log, readOnly: true{{ $later }} }
# Else the kubelet mounts the file that the containers of a pod share, root's to write.
- { name: host-hosts, mountPath: /etc/hosts, readOnly: true }
{{- if .Values.log.kmsg }}
- { name: host-kmsg, mountPath: /dev/kmsg, readOnly: true }
{{- end }}
{{- end -}}

{{/* The host as a monitor sees it. */}}
{{- define "node-doctor.mounts.host" -}}
{{- /* Kubernetes takes one of both. */}}
{{- $below := ternary ", recursiveReadOnly: IfPossible" "" .Values.recursiveReadOnly }}
{{- $later := default ", mountPropagation: HostToContainer" $below }}
- { name: host-root, mountPath: /host, readOnly: true{{ $later }} }
# Of their own: below a read-only mount the mounts of others stay writable.
- { name: host-proc, mountPath: /host/proc, readOnly: true{{ $below }} }
- { name: host-sys, mountPath: /host/sys, readOnly: true{{ $below }} }
- { name: host-dir-run, mountPath: /host/run, readOnly: true{{ $later }} }
- { name: host-dir-tmp, mountPath: /host/tmp, readOnly: true{{ $later }} }
- { name: host-dir-shm, mountPath: /host/dev/shm, readOnly: true{{ $below }} }
{{- end -}}

{{- define "node-doctor.mounts.custom-plugin" -}}
- { name: run-custom-plugin, mountPath: /run/node-doctor/monitors/custom-plugin }
- { name: host-state-custom-plugin, mountPath: /var/lib/node-doctor/monitors/custom-plugin }
{{- if .Values.pluginScripts }}
- { name: scripts, mountPath: /etc/node-doctor-scripts, readOnly: true }
{{- end }}
{{- end -}}

{{- define "node-doctor.mounts.http-exporter" -}}
- { name: run-http-exporter, mountPath: /run/node-doctor/http-exporter }
- { name: host-history, mountPath: /var/lib/node-doctor/history }
{{- if eq .Values.layout "separate" }}{{ include "node-doctor.mounts.bus" . }}{{ end }}
{{- end -}}

{{- define "node-doctor.mounts.k8s-exporter" -}}
- { name: run-k8s-exporter, mountPath: /run/node-doctor/k8s-exporter }
- { name: host-locks, mountPath: /run/node-doctor/locks }
- { name: host-state-k8s-exporter, mountPath: /var/lib/node-doctor/k8s-exporter }
- { name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
{{- include "node-doctor.mounts.bus" . }}
{{- end -}}

{{- define "node-doctor.mounts.external-exporter" -}}
- { name: run-external-exporter, mountPath: /run/node-doctor/external-exporter }
- { name: host-exporters, mountPath: /run/node-doctor/exporters, readOnly: true }
- { name: host-state-external-exporter, mountPath: /var/lib/node-doctor/external-exporter }
{{- include "node-doctor.mounts.bus" . }}
{{- end -}}

{{/* Of the node: processes, modules and PCI alone. */}}
{{- define "node-doctor.mounts.gpu" -}}
{{- $below := ternary ", recursiveReadOnly: IfPossible" "" .Values.recursiveReadOnly -}}
- { name: run-gpu, mountPath: /run/node-doctor/monitors/gpu }
- { name: host-state-gpu, mountPath: /var/lib/node-doctor/monitors/gpu }
- { name: host-proc, mountPath: /host/proc, readOnly: true{{ $below }} }
- { name: host-sys, mountPath: /host/sys, readOnly: true{{ $below }} }
# Else the kubelet mounts the file that the containers of a pod share, root's to write.
- { name: host-hosts, mountPath: /etc/hosts, readOnly: true }
{{- end -}}

{{/* The container of the monitor of GPUs, the same in the agent's pod and in one of its own: (list root group). */}}
{{- define "node-doctor.gpu" -}}
{{- $root := index . 0 -}}
{{- $values := $root.Values.gpu -}}
{{- $isRoot := dict "capabilities" (dict "drop" (list "ALL") "add" (list "SYSLOG")) -}}
{{- include "node-doctor.container" (dict "root" $root "values" $values "name" "gpu" "user" (include "node-doctor.gpuUser" $root | int) "group" (index . 1)
  "over" (ternary $isRoot dict $values.kernelLog)
  "probe" "/run/node-doctor/monitors/gpu" "ready" (list "/run/node-doctor/monitors/gpu")
  "env" (include "node-doctor.env.gpu" $root) "mounts" (include "node-doctor.mounts.gpu" $root)
  "envLast" "- { name: NODE_DOCTOR_GPUS_ASKED, value: $(NVIDIA_VISIBLE_DEVICES) }") -}}
{{- end -}}

{{- define "node-doctor.mounts.remediator" -}}
- { name: run-remediator, mountPath: /run/node-doctor/remediator }
- { name: run-host-actions, mountPath: /run/node-doctor/host-actions, readOnly: true }
- { name: run-detector, mountPath: /run/node-doctor/detector, readOnly: true }
- { name: host-remediator-lock, mountPath: /run/node-doctor/remediator-lock }
- { name: host-state-remediator, mountPath: /var/lib/node-doctor/remediator }
# Whose journal it is.
- { name: host-machine-id, mountPath: /etc/machine-id, readOnly: true }
- { name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
{{- include "node-doctor.mounts.bus" . }}
{{- end -}}

{{/* The host as host-actions has it: read-only, but for what may be cleaned up. */}}
{{- define "node-doctor.mounts.host-actions" -}}
{{- $below := ternary ", recursiveReadOnly: IfPossible" "" .Values.recursiveReadOnly -}}
{{- $later := default ", mountPropagation: HostToContainer" $below -}}
# At the same place as on the host: programs of the host leave there what they wrote.
- { name: run-host-actions, mountPath: /run/node-doctor/host-actions }
# Whether a reboot would lose the journal.
- { name: host-state-remediator, mountPath: /var/lib/node-doctor/remediator, readOnly: true }
- { name: host-root, mountPath: /host, readOnly: true{{ $later }} }
- { name: host-proc, mountPath: /host/proc, readOnly: true{{ $below }} }
- { name: host-sys, mountPath: /host/sys, readOnly: true{{ $below }} }
# With the folders of D-Bus and of the container runtime: a socket that is made anew is another file.
- { name: host-dir-run, mountPath: /host/run, readOnly: true{{ $later }} }
- { name: host-dir-shm, mountPath: /host/dev/shm, readOnly: true{{ $below }} }
# What may be cleaned up: `remediation.diskCleanup` of the configuration, `logRoots` and `tempRoots`.
{{- range include "node-doctor.cleanRoots" . | fromJsonArray }}
- { name: {{ include "node-doctor.cleanVolume" . }}, mountPath: /host{{ . }} }
{{- end }}
# Else the kubelet mounts the file that the containers of a pod share, root's to write.
- { name: host-hosts, mountPath: /etc/hosts, readOnly: true }
{{- end -}}

{{/* Of every container that speaks to the bus. */}}
{{- define "node-doctor.mounts.bus" -}}
{{- if .Values.busTls.secretName }}
- { name: bus-tls, mountPath: /etc/node-doctor-bus, readOnly: true }
{{- end }}
{{- end -}}

{{- define "node-doctor.env.http-exporter" -}}
- name: HOST_IP
  valueFrom: { fieldRef: { fieldPath: {{ ternary "status.hostIP" "status.podIP" .Values.hostNetwork }} } }
- { name: NODE_DOCTOR_SET__exporters__prometheus__bindAddress, value: $(HOST_IP) }
{{- end -}}

{{- define "node-doctor.env.remediator" -}}
# Which pod a drain leaves alone, and where the Leases are.
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
{{- end -}}

{{/* What the runtime of NVIDIA brings into the container: the devices of all GPUs, nvidia-smi and its library. */}}
{{- define "node-doctor.env.gpu" -}}
- { name: NODE_DOCTOR_HOST_ROOT, value: /host }
- { name: NVIDIA_VISIBLE_DEVICES, value: all }
- { name: NVIDIA_DRIVER_CAPABILITIES, value: utility }
{{- end -}}

{{- define "node-doctor.env.k8s-exporter" -}}
# Stands in the lock, for a second copy on this node to name.
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
# With the name above what marks the conditions of this installation.
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
{{- end -}}

{{/* A plug-in's container: (dict root plugin volume group). Its socket is <name>.sock in a folder of its own, mode 0660. */}}
{{- define "node-doctor.plugin" -}}
- name: {{ .plugin.name }}
  image: {{ .plugin.image | quote }}
  imagePullPolicy: {{ .plugin.pullPolicy | default .root.Values.image.pullPolicy }}
  {{- with .plugin.command }}
  command: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .plugin.args }}
  args: {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    - name: NODE_NAME
      valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
    - { name: SOCKET, value: /run/node-doctor/monitors/{{ .plugin.name }}/{{ .plugin.name }}.sock }
    {{- with .plugin.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  securityContext:
    {{- $own := dict "runAsUser" 65110 "runAsGroup" .group "readOnlyRootFilesystem" true "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) }}
    {{- mergeOverwrite $own (deepCopy (.plugin.securityContext | default dict)) | toYaml | nindent 4 }}
  resources:
    {{- .plugin.resources | default (dict "requests" (dict "cpu" "5m" "memory" "32Mi") "limits" (dict "memory" "128Mi")) | toYaml | nindent 4 }}
  volumeMounts:
    - { name: {{ .volume }}, mountPath: /run/node-doctor/monitors/{{ .plugin.name }} }
    {{- with .plugin.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* Who writes which folder of the host, where that is not as prepare.sh has it. */}}
{{- define "node-doctor.prepareEnv" -}}
{{- if eq .Values.layout "compact" }}
# The page's history is of the user of both exporters here.
- { name: HISTORY_USER, value: "65104" }
# And what monitors keep of the user of all of them.
- { name: MONITORS_USER, value: "65102" }
{{- end }}
{{- if include "node-doctor.gpuSidecar" . }}
- { name: GPU_USER, value: {{ include "node-doctor.gpuUser" . | quote }} }
{{- end }}
{{- if eq .Values.layout "separate" }}
{{- if ne (include "node-doctor.pluginUser" .) "65107" }}
- { name: PLUGIN_USER, value: {{ include "node-doctor.pluginUser" . | quote }} }
{{- end }}
{{- if ne (include "node-doctor.networkUser" .) "65105" }}
- { name: NETWORK_USER, value: {{ include "node-doctor.networkUser" . | quote }} }
{{- end }}
{{- end }}
{{- if .Values.remediation.enabled }}
- { name: REMEDIATION, value: "1" }
{{- end }}
{{- end -}}
