/** Asks kube-proxy whether it lives; where nobody listens, the container runtime whether it has a pod here. */
import type { Clock } from '#clock'
import type { Host, HostNetwork } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import type { Ask, HttpAnswer, Probed, Stopwatch } from '#probe'
import { hasKubelet } from '../../here.ts'
import { findNodeRuntime, socketOf } from '../../node-kubelet/node-runtime.ts'
import { bothFamilies, placeOf } from '../../node-kubelet/place.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** One look at kube-proxy. */
export interface KubeProxyReading {
  /** A folder of a kubelet is on this machine: on others somebody else may listen there. */
  readonly isNode: boolean
  readonly network: HostNetwork
  /** Undefined: not in the node's network. */
  readonly livez: Probed<HttpAnswer> | undefined
  /** Whether it has a pod on this node, running or not. Undefined: not asked, since somebody listens. */
  readonly hasPod: Reading<boolean> | undefined
}

/** How one look is made. */
export interface KubeProxyLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
}

/** As kubeadm and the managed clusters call its pods: "kube-proxy-x7k2p". */
const POD = /^kube-proxy(?:-|$)/

async function livezOf({ ways, config, clock, stopwatch, signal }: KubeProxyLook): Promise<Probed<HttpAnswer>> {
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.httpTimeout }
  const get = (url: URL) => ways.http(ask, { method: 'GET', url, route: { kind: 'address', place: placeOf(url) } })
  let first: Probed<HttpAnswer> | undefined
  for (const url of bothFamilies(config.livezURL)) {
    const probed = await get(url)
    first ??= probed
    if (!probed.ok && probed.failure.kind === 'refused') continue
    // Before Kubernetes 1.28 there is healthz alone.
    return probed.ok && probed.answer.status === 404 ? get(new URL('/healthz', url)) : probed
  }
  return first as Probed<HttpAnswer>
}

async function podOf({ ways, host, clock, signal, config }: KubeProxyLook): Promise<Reading<boolean>> {
  const socket = socketOf(await findNodeRuntime({ ways, host, clock, signal }, config.criSocket))
  if (!socket.ok) return socket
  const cri = ways.openRuntime(socket.value.path, { clock, timeoutMs: config.httpTimeout, place: socket.value.place })
  try {
    const listed = await cri.sandboxes({ signal })
    if (!listed.ok) return unobserved('RuntimeNotAsked', listed.failure.message)
    return observed(
      listed.answer.some(
        ({ name, namespace, source }) => source !== '' && namespace === 'kube-system' && POD.test(name),
      ),
    )
  } finally {
    cri.close()
  }
}

/** Looks once. On a machine that is no node nobody is asked. */
export async function readKubeProxy(look: KubeProxyLook): Promise<KubeProxyReading> {
  const isNode = await hasKubelet(look.host)
  const network = await look.ways.hostNetwork(look.host)
  const around = { isNode, network }
  if (!isNode) return { ...around, livez: undefined, hasPod: undefined }
  if (network.kind !== 'same') return { ...around, livez: undefined, hasPod: await podOf(look) }
  const livez = await livezOf(look)
  const isSilent = !livez.ok && livez.failure.kind === 'refused'
  return { ...around, livez, hasPod: isSilent ? await podOf(look) : undefined }
}
