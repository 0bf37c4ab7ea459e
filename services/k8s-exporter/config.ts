/** The slice of the configuration that this exporter works by. Pure. */
import type { NodeDoctorConfig } from '#config'

export interface K8sExporterConfig {
  readonly kubernetes: NodeDoctorConfig['exporters']['kubernetes']
  readonly busUrl: string
  readonly kubeconfig: string | undefined
  /** Where the node's name comes from, for people: "environment, NODE_NAME". */
  readonly nameOrigin: string
}

export function k8sExporterConfig({ exporters, bus, settings, settingsInForce }: NodeDoctorConfig): K8sExporterConfig {
  const name = settingsInForce.set.find(({ key }) => key === 'settings.nodeName')
  return {
    kubernetes: exporters.kubernetes,
    busUrl: bus.url,
    kubeconfig: settings.kubeconfig,
    nameOrigin: name?.origin.text ?? "the host's own name",
  }
}
