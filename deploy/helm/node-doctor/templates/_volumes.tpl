{{/* Folders in memory and of the host; prepare makes what is below host-run and host-state. */}}
{{- define "node-doctor.volumes" -}}
- name: config
  configMap: { name: {{ include "node-doctor.configMapName" . }} }
{{- if .Values.pluginScripts }}
# 0555
- name: scripts
  configMap: { name: {{ include "node-doctor.fullname" . }}-scripts, defaultMode: 365 }
{{- end }}
{{- with include "node-doctor.npdConfigMap" . }}
# 0555: plug-ins may be among them.
- name: npd
  configMap: { name: {{ . }}, defaultMode: 365 }
{{- end }}
{{- with .Values.busTls.secretName }}
# 0440
- name: bus-tls
  secret: { secretName: {{ . }}, defaultMode: 288 }
{{- end }}
{{- $sockets := list "detector" "system" "network" "kubernetes" "log" "custom-plugin" "http-exporter" "k8s-exporter" }}
{{- if .Values.externalExporter.enabled }}{{ $sockets = append $sockets "external-exporter" }}{{ end }}
{{- if include "node-doctor.gpuSidecar" . }}{{ $sockets = append $sockets "gpu" }}{{ end }}
{{- range .Values.pluginSidecars }}{{ $sockets = append $sockets .name }}{{ end }}
{{- if .Values.remediation.enabled }}
{{- $sockets = without $sockets "detector" }}
# Where the agent and the remediator meet.
- { name: run-detector, hostPath: { path: /run/node-doctor/detector, type: DirectoryOrCreate } }
- { name: run-remediator, hostPath: { path: /run/node-doctor/remediator, type: DirectoryOrCreate } }
{{- end }}
{{- range $sockets }}
- { name: run-{{ . }}, emptyDir: { medium: Memory, sizeLimit: 1Mi } }
{{- end }}
{{- $services := list "detector" "system" "network" "kubernetes" "log" "custom-plugin" "k8s-exporter" }}
{{- if .Values.httpExporter.enabled }}{{ $services = append $services "http-exporter" }}{{ end }}
{{- if eq .Values.layout "compact" }}{{ $services = list "detector" "monitors" "exporters" }}{{ end }}
{{- if .Values.externalExporter.enabled }}{{ $services = append $services "external-exporter" }}{{ end }}
{{- if include "node-doctor.gpuSidecar" . }}{{ $services = append $services "gpu" }}{{ end }}
{{- range $services }}
- { name: tmp-{{ . }}, emptyDir: { medium: Memory, sizeLimit: 4Mi } }
{{- end }}
- { name: host-run, hostPath: { path: /run/node-doctor, type: DirectoryOrCreate } }
- { name: host-state, hostPath: { path: /var/lib/node-doctor, type: DirectoryOrCreate } }
- { name: host-bus, hostPath: { path: /run/node-doctor/bus, type: DirectoryOrCreate } }
- { name: host-monitors, hostPath: { path: /run/node-doctor/monitors, type: DirectoryOrCreate } }
- { name: host-locks, hostPath: { path: /run/node-doctor/locks, type: DirectoryOrCreate } }
- { name: host-state-detector, hostPath: { path: /var/lib/node-doctor/detector, type: DirectoryOrCreate } }
- { name: host-state-system, hostPath: { path: /var/lib/node-doctor/monitors/system, type: DirectoryOrCreate } }
- { name: host-state-network, hostPath: { path: /var/lib/node-doctor/monitors/network, type: DirectoryOrCreate } }
- { name: host-state-kubernetes, hostPath: { path: /var/lib/node-doctor/monitors/kubernetes, type: DirectoryOrCreate } }
- { name: host-state-log, hostPath: { path: /var/lib/node-doctor/monitors/log, type: DirectoryOrCreate } }
- { name: host-state-custom-plugin, hostPath: { path: /var/lib/node-doctor/monitors/custom-plugin, type: DirectoryOrCreate } }
{{- if include "node-doctor.hasHttpExporter" . }}
- { name: host-history, hostPath: { path: /var/lib/node-doctor/history, type: DirectoryOrCreate } }
{{- end }}
- { name: host-state-k8s-exporter, hostPath: { path: /var/lib/node-doctor/k8s-exporter, type: DirectoryOrCreate } }
{{- if .Values.externalExporter.enabled }}
# Sockets of exporters of others, which may come later than this pod.
- { name: host-exporters, hostPath: { path: /run/node-doctor/exporters, type: DirectoryOrCreate } }
- { name: host-state-external-exporter, hostPath: { path: /var/lib/node-doctor/external-exporter, type: DirectoryOrCreate } }
{{- end }}
{{- if include "node-doctor.gpuSidecar" . }}
- { name: host-state-gpu, hostPath: { path: /var/lib/node-doctor/monitors/gpu, type: DirectoryOrCreate } }
{{- end }}
{{- if or (eq .Values.layout "separate") (include "node-doctor.gpuSidecar" .) }}
- { name: host-hosts, hostPath: { path: /etc/hosts, type: File } }
{{- end }}
- { name: host-root, hostPath: { path: /, type: Directory } }
- { name: host-proc, hostPath: { path: /proc, type: Directory } }
- { name: host-sys, hostPath: { path: /sys, type: Directory } }
- { name: host-dir-run, hostPath: { path: /run, type: Directory } }
- { name: host-dir-tmp, hostPath: { path: /tmp, type: Directory } }
- { name: host-dir-shm, hostPath: { path: /dev/shm, type: Directory } }
{{- if eq .Values.layout "separate" }}
- { name: host-var-log, hostPath: { path: /var/log, type: Directory } }
# Not there without journald.
- { name: host-run-log, hostPath: { path: /run/log, type: DirectoryOrCreate } }
{{- if .Values.log.kmsg }}
- { name: host-kmsg, hostPath: { path: /dev/kmsg, type: CharDevice } }
{{- end }}
{{- end }}
# What an automatic mount would give every container, for the one that speaks to the API server.
{{ include "node-doctor.token" . }}
{{- if include "node-doctor.kubernetesToken" . }}
# Of an account that may read metrics and nothing else. Without it nothing is lost but what is read with it. 0440
- { name: kubernetes-token, secret: { secretName: {{ include "node-doctor.fullname" . }}-kubernetes, optional: true, defaultMode: 288 } }
{{- end }}
{{- if .Values.network.peers }}
# Of an account that may read EndpointSlices of this namespace and nothing else. 0440
- { name: peers-token, secret: { secretName: {{ include "node-doctor.fullname" . }}-peers, optional: true, defaultMode: 288 } }
{{- end }}
{{- if and .Values.echo.enabled (ne .Values.layout "compact") }}
# Of an account that may read EndpointSlices of this namespace and nothing else. 0440
- { name: echo-token, secret: { secretName: {{ include "node-doctor.fullname" . }}-echo-reader, optional: true, defaultMode: 288 } }
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
