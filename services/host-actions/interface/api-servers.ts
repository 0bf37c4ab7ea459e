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

/** In a block, in a line of its own or not, and in JSON; with what stands behind its port nobody is reached. */
const SERVER = /(?:^|[\s,{])["']?server["']?\s*:\s*["']?https?:\/\/(?:\[([^\]\s]+)\]|([^\s"'/:,}\]]+))(?::(\d+))?/gim
const COMMENT = /^[ \t]*#.*$/gm

/** A server as a kubeconfig has it. */
export interface ServerPlace {
  /** An address, or a name. */
  readonly host: string
  readonly port: number
}

/** All servers of a kubeconfig: which of them is asked says its context. None: none is written, or not as anybody writes it. Pure. */
export function serversOf(kubeconfig: string): readonly ServerPlace[] {
  return [...kubeconfig.replace(COMMENT, '').matchAll(SERVER)].map(([, v6, host = v6 ?? '', port = '443']) => ({
    host: host.replace(/%.*$/, ''),
    port: Number(port),
  }))
}

/** Of each file that is there. @throws HostReadError */
async function writtenServers({ files }: Host): Promise<readonly (readonly ServerPlace[])[]> {
  const found: (readonly ServerPlace[])[] = []
  for (const place of PLACES) {
    try {
      found.push(serversOf(await files.readText(place)))
    } catch (err) {
      if (!(err instanceof HostReadError && (err.code === 'ENOENT' || err.code === 'ENOTDIR'))) throw err
    }
  }
  return found
}

/** A proxy of the node itself (k3s, rke2, Kubespray): behind it is somebody else. */
function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Somebody who is known by connections on these ports alone. */
interface Sought {
  /** For people. */
  readonly who: string
  readonly ports: ReadonlySet<number>
}

/** @param written of each file */
function soughtOf(written: readonly (readonly ServerPlace[])[]): readonly Sought[] {
  const named = written.flat().filter(({ host }) => isIP(host) === 0 || isLoopback(host))
  const sought = named.map(({ host, port }) => ({
    who: `${host}:${port}`,
    // Where a name is written so is its port: on others it is somebody else. Behind a proxy it may be another one.
    ports: new Set(isLoopback(host) ? [port, ...PORTS] : [port]),
  }))
  const isUnsaid = written.length === 0 || written.some((servers) => servers.length === 0)
  return isUnsaid ? [...sought, { who: 'the API server', ports: new Set(PORTS) }] : sought
}

/** What is known of where the API server is. */
export type ApiServers =
  | { readonly kind: 'known'; readonly addresses: readonly string[] }
  /** There is one, and nobody says where. */
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * Addresses of the API server; undefined: this machine knows of none. Where a name or a proxy of the node is written, or nothing is that is
 * understood, or this is a pod (the service's address leads everywhere), it is whoever the machine is connected to on such a port: nobody is asked
 * for the name. Of several each has to be known.
 * @param serviceHost KUBERNETES_SERVICE_HOST; "" where this is no pod
 * @throws HostReadError
 */
export async function apiServersOf(
  host: Host,
  acts: Pick<HostActs, 'peersOn'>,
  serviceHost: string,
): Promise<ApiServers | undefined> {
  const written = await writtenServers(host)
  if (written.length === 0 && serviceHost === '') return undefined
  const addresses = written.flatMap((servers) => servers.map((server) => server.host))
  const known = new Set(addresses.filter((address) => isIP(address) !== 0 && !isLoopback(address)))
  for (const { who, ports } of soughtOf(written)) {
    const peers = [...(await acts.peersOn(ports))].filter((peer) => !isLoopback(peer))
    if (peers.length === 0) return { kind: 'unknown', why: `the machine has no connection to ${who}` }
    for (const peer of peers) known.add(peer)
  }
  return { kind: 'known', addresses: [...known] }
}
