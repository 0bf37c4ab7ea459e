/** Where the API server of this node is, as far as the node itself says. */
import { isIP } from 'node:net'
import { type Host, HostReadError } from '#host'
import type { HostActs } from '#host/acts'

/** Where kubelets have it (kubeadm, k3s and rke2, EKS, GKE, k0s, MicroK8s, RKE). */
const PLACES = [
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/kubeconfig',
  '/etc/kubernetes/ssl/kubecfg-kube-node.yaml',
  '/var/lib/kubelet/kubeconfig',
  '/var/lib/k0s/kubelet.conf',
  '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
  '/var/snap/microk8s/current/credentials/kubelet.config',
] as const
/** Where API servers listen, if nobody says it. */
const PORTS = [443, 6443] as const

const SERVER = /^\s*server:\s*["']?https?:\/\/\[?([^\]/\s"']+?)\]?(?::(\d+))?\/?["']?\s*$/m

/** A server as a kubeconfig has it. */
export interface ServerPlace {
  /** An address, or a name. */
  readonly host: string
  readonly port: number
}

/** A kubeconfig's first server; undefined where none is written. Pure. */
export function serverOf(kubeconfig: string): ServerPlace | undefined {
  const [, host, port = '443'] = SERVER.exec(kubeconfig) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}

async function placesOf({ files }: Host): Promise<readonly ServerPlace[]> {
  const found: ServerPlace[] = []
  for (const place of PLACES) {
    try {
      const server = serverOf(await files.readText(place))
      if (server !== undefined) found.push(server)
    } catch (err) {
      if (!(err instanceof HostReadError && (err.code === 'ENOENT' || err.code === 'ENOTDIR'))) throw err
    }
  }
  return found
}

/** A proxy of the node itself (k3s, rke2): behind it is somebody else. */
function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** What is known of where the API server is. */
export type ApiServers =
  | { readonly kind: 'known'; readonly addresses: readonly string[] }
  /** There is one, and nobody says where. */
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * Addresses of the API server; undefined: this machine knows of none. Where a name or a proxy of the node is written, or nothing is and this is
 * a pod (the service's address leads everywhere), it is whoever the machine is connected to on such a port: nobody is asked for the name.
 * @param serviceHost KUBERNETES_SERVICE_HOST; "" where this is no pod
 * @throws HostReadError
 */
export async function apiServersOf(
  host: Host,
  acts: Pick<HostActs, 'peersOn'>,
  serviceHost: string,
): Promise<ApiServers | undefined> {
  const places = await placesOf(host)
  if (places.length === 0 && serviceHost === '') return undefined
  const named = places.filter(({ host: name }) => isIP(name) === 0 || isLoopback(name))
  const addresses = places.filter((place) => !named.includes(place)).map(({ host: address }) => address)
  if (places.length > 0 && named.length === 0) return { kind: 'known', addresses }
  const ports = [...named.filter(({ host: name }) => !isLoopback(name)).map(({ port }) => port), ...PORTS]
  const peers = await acts.peersOn(new Set(ports))
  if (peers.size > 0) return { kind: 'known', addresses: [...addresses, ...peers] }
  const who = named.map(({ host: name, port }) => `${name}:${port}`).join(', ') || 'the API server'
  return { kind: 'unknown', why: `the machine has no connection to ${who}` }
}
