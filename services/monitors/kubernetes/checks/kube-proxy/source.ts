/** Asks kube-proxy whether it lives; where nobody answers, the container runtime whether it has a pod here, else systemd for its unit. */
import type { Clock } from '#clock'
import type { CriClient, Sandbox } from '#cri'
import type { Host, HostNetwork, UnitLook } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import type { Ask, HttpAnswer, Probed, Stopwatch } from '#probe'
import { hasKubelet } from '../../here.ts'
import { askLoopback } from '../../loopback.ts'
import { findNodeRuntime, socketOf } from '../../node-kubelet/node-runtime.ts'
import { placeOf } from '../../node-kubelet/place.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** Its pod on this node: `runs` where its container does, `down` where that does not, or is not told. */
export type ProxyPod = 'none' | 'down' | 'runs'

/** One look at kube-proxy. */
export interface KubeProxyReading {
  /** A folder of a kubelet is on this machine: on others somebody else may listen there. */
  readonly isNode: boolean
  readonly network: HostNetwork
  /** Undefined: not in the node's network. */
  readonly livez: Probed<HttpAnswer> | undefined
  /** Undefined: not asked, since somebody answers. */
  readonly pod: Reading<ProxyPod> | undefined
  /** Its unit, where it has no pod. Undefined: not asked. */
  readonly unit: UnitLook | undefined
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
/** As it is called where it is installed by hand. */
const UNIT = 'kube-proxy.service'
const UNIT_TIMEOUT_MS = 2000

async function livezOf({ ways, config, clock, stopwatch, signal }: KubeProxyLook): Promise<Probed<HttpAnswer>> {
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.httpTimeout }
  const get = (url: URL) => ways.http(ask, { method: 'GET', url, route: { kind: 'address', place: placeOf(url) } })
  const { url, probed } = await askLoopback(config.livezURL, get)
  // Before Kubernetes 1.28 there is healthz alone.
  return probed.ok && probed.answer.status === 404 ? get(new URL('/healthz', url)) : probed
}

/** Whether one of its containers runs. */
async function stateOf(cri: CriClient, pods: readonly Sandbox[], signal: AbortSignal): Promise<ProxyPod> {
  if (pods.length === 0) return 'none'
  const listed = await cri.containers({ signal })
  const isOfIt = (id: string) => pods.some((pod) => pod.id === id)
  const runs = listed.ok && listed.answer.some(({ sandboxId, state }) => state === 'running' && isOfIt(sandboxId))
  return runs ? 'runs' : 'down'
}

async function podOf({ ways, host, clock, signal, config }: KubeProxyLook): Promise<Reading<ProxyPod>> {
  const socket = socketOf(await findNodeRuntime({ ways, host, clock, signal }, config.criSocket))
  if (!socket.ok) return socket
  const cri = ways.openRuntime(socket.value.path, { clock, timeoutMs: config.httpTimeout, place: socket.value.place })
  try {
    const listed = await cri.sandboxes({ signal })
    if (!listed.ok) return unobserved('RuntimeNotAsked', listed.failure.message)
    const pods = listed.answer.filter(
      ({ name, namespace, source }) => source !== '' && namespace === 'kube-system' && POD.test(name),
    )
    return observed(await stateOf(cri, pods, signal))
  } finally {
    cri.close()
  }
}

/** Looks once. On a machine that is no node nobody is asked. */
export async function readKubeProxy(look: KubeProxyLook): Promise<KubeProxyReading> {
  const { ways, host, signal } = look
  const isNode = await hasKubelet(host)
  const network = await ways.hostNetwork(host)
  const around = { isNode, network, livez: undefined, pod: undefined, unit: undefined }
  if (!isNode) return around
  if (network.kind !== 'same') return { ...around, pod: await podOf(look) }
  const livez = await livezOf(look)
  const isSilent = !livez.ok && (livez.failure.kind === 'refused' || livez.failure.kind === 'timeout')
  if (!isSilent) return { ...around, livez }
  const pod = await podOf(look)
  const hasPod = pod.ok && pod.value !== 'none'
  const unit = hasPod ? undefined : await ways.unit(host, UNIT, { timeoutMs: UNIT_TIMEOUT_MS, signal })
  return { ...around, livez, pod, unit }
}
