/** The slice of the configuration that this exporter works by. Pure. */
import { type NodeDoctorConfig, type NpdTold, npdTold } from '#config'
import { ANNOTATIONS, type MarkKey } from '#kube'

export interface K8sExporterConfig {
  readonly kubernetes: NodeDoctorConfig['exporters']['kubernetes']
  /** What files of node-problem-detector say: it is told word by word. */
  readonly npd: NpdTold
  /** Bugs of node-problem-detector that are brought back. */
  readonly npdCompat: readonly string[]
  readonly kubeconfig: string | undefined
  /** Where the node's name comes from, for people: "environment, NODE_NAME". */
  readonly nameOrigin: string
}

/** Which annotation of the node lists what is written. */
export function markKeyOf({ scope }: Pick<K8sExporterConfig['kubernetes'], 'scope'>): MarkKey {
  return scope === 'npd' ? ANNOTATIONS.npdConditions : ANNOTATIONS.conditions
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

/**
 * Whose notes on the node are of an earlier configuration of ours. Services of a host are called alike: of those, who tells
 * files of node-problem-detector alone cannot tell its own from another's beside it; undefined then.
 */
export function earlierInstallation(
  { installation, scope }: Pick<K8sExporterConfig['kubernetes'], 'installation' | 'scope'>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = installationOf(installation, env)
  return scope === 'npd' && own === STANDALONE ? undefined : own
}

export function k8sExporterConfig({
  exporters,
  monitors,
  npd,
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
    npd: npdTold({ monitors, plugins, npd }),
    npdCompat: npd.compat,
    kubeconfig: settings.kubeconfig,
    nameOrigin: name?.origin.text ?? "the host's own name",
  }
}
