/** The slice of the configuration that this exporter works by. Pure. */
import type { NodeDoctorConfig } from '#config'

export interface K8sExporterConfig {
  readonly kubernetes: NodeDoctorConfig['exporters']['kubernetes']
  readonly kubeconfig: string | undefined
  /** Where the node's name comes from, for people: "environment, NODE_NAME". */
  readonly nameOrigin: string
}

/** Outside of a pod: a service of the host. */
const STANDALONE = 'standalone'

/**
 * What marks the conditions of this installation: as configured, else namespace and name of the DaemonSet, which the name of
 * its pod begins with.
 */
export function installationOf(configured: string, env: Readonly<Record<string, string | undefined>>): string {
  if (configured !== '') return configured
  const [namespace = '', pod = ''] = [env['POD_NAMESPACE'], env['POD_NAME']]
  const name = pod.replace(/-[a-z0-9]{5}$/, '')
  return namespace === '' || name === '' ? STANDALONE : `${namespace}/${name}`
}

export function k8sExporterConfig({
  exporters,
  plugins,
  settings,
  settingsInForce,
}: NodeDoctorConfig): K8sExporterConfig {
  const name = settingsInForce.set.find(({ key }) => key === 'settings.nodeName')
  // Whoever writes down a plug-in's types waits for them on the node, as for those of node-problem-detector.
  const named = plugins.flatMap(({ conditions }) => conditions.map(({ type }) => type))
  const always = [...exporters.kubernetes.conditions.always, ...named]
  return {
    kubernetes: { ...exporters.kubernetes, conditions: { ...exporters.kubernetes.conditions, always } },
    kubeconfig: settings.kubeconfig,
    nameOrigin: name?.origin.text ?? "the host's own name",
  }
}
