/** Which container runtime of a node is the kubelet's: another may listen there, as Docker's does beside k3s. */
import type { FindOptions, FoundRuntime } from '#cri'
import type { Host } from '#host'
import type { Told } from './node-kubelet/told.ts'

type Find = (host: Host, options: FindOptions) => Promise<FoundRuntime>

/** As the configuration in force has it ("unix:///run/containerd/containerd.sock", since 1.27); "": it is not told. */
function endpointIn(configuration: Told['configuration']): string {
  const said = configuration?.['containerRuntimeEndpoint']
  return typeof said === 'string' && said.startsWith('unix://') ? said : ''
}

/**
 * Looks where the kubelet said last that its runtime is, and elsewhere where nothing is to be seen there from here. Where a place is
 * configured that goes before.
 */
export function kubeletsRuntime(told: Pick<Told, 'configuration'>, find: Find): Find {
  return async (host, options) => {
    const endpoint = endpointIn(told.configuration)
    if (endpoint === '' || (options.endpoint ?? '') !== '') return find(host, options)
    const found = await find(host, { endpoint })
    return found.kind === 'none' || found.kind === 'unusable' ? find(host, options) : found
  }
}
