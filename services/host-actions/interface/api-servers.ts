/** Where the API server of this node is, as far as the node itself says. */
import { isIP } from 'node:net'
import { type Host, HostReadError } from '#host'

/** Where kubelets have it (kubeadm, k3s and rke2, EKS, GKE). */
const PLACES = [
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/kubeconfig',
  '/var/lib/kubelet/kubeconfig',
  '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
] as const

const SERVER = /^\s*server:\s*["']?https?:\/\/\[?([^\]/\s"']+?)\]?(?::\d+)?["']?\s*$/m

/** The host of a kubeconfig's first server; "" where none is written. Pure. */
export function serverOf(kubeconfig: string): string {
  return SERVER.exec(kubeconfig)?.[1] ?? ''
}

/**
 * Addresses of the API server; undefined: this machine knows of none. A name is no address: it is reached as everything is.
 * @param serviceHost KUBERNETES_SERVICE_HOST; "" where this is no pod
 * @throws HostReadError
 */
export async function apiServersOf({ files }: Host, serviceHost: string): Promise<readonly string[] | undefined> {
  const found = serviceHost === '' ? [] : [serviceHost]
  for (const place of PLACES) {
    try {
      const server = serverOf(await files.readText(place))
      if (server !== '') found.push(server)
    } catch (err) {
      if (!(err instanceof HostReadError && (err.code === 'ENOENT' || err.code === 'ENOTDIR'))) throw err
    }
  }
  return found.length === 0 ? undefined : found.filter((each) => isIP(each) !== 0)
}
