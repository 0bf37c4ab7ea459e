/** The container runtime of this node: where the configuration says, else where the kubelet asks, else where one listens. */
import { type FoundRuntime, findRuntime, type RuntimeSocket } from '#cri'
import { type Host, HostReadError } from '#host'

/** Where kubelets have it: a file of their own, and flags that kubeadm writes. */
const WRITTEN: readonly (readonly [string, RegExp])[] = [
  ['/var/lib/kubelet/kubeadm-flags.env', /--container-runtime-endpoint[= ]"?([^\s"']+)/],
  ['/var/lib/kubelet/config.yaml', /^containerRuntimeEndpoint:\s*["']?([^\s"'#]+)/m],
]
/** Kubelets of these ask them, whatever lies beneath or beside. */
const OF_KUBELETS: readonly string[] = ['containerd of k3s', 'cri-dockerd']

/** Where the kubelet asks; "" where that is not seen. @throws HostReadError */
async function kubelets({ files }: Host): Promise<string> {
  for (const [path, pattern] of WRITTEN) {
    try {
      const found = pattern.exec(await files.readText(path))?.[1]
      if (found !== undefined) return found
    } catch (err) {
      if (!(err instanceof HostReadError && (err.code === 'ENOENT' || err.code === 'ENOTDIR'))) throw err
    }
  }
  return ''
}

/** The runtime, and the endpoint by which it was looked for; "": by none. */
export interface NodeRuntime {
  readonly found: FoundRuntime
  readonly endpoint: string
}

/** @param configured endpoints that checks of the configuration name @throws HostReadError */
export async function findNodeRuntime(host: Host, configured: readonly string[]): Promise<NodeRuntime> {
  const [only, ...others] = new Set(configured)
  const endpoint = only !== undefined && others.length === 0 ? only : await kubelets(host)
  return { found: await findRuntime(host, { endpoint }), endpoint }
}

/** Which of several it is nobody said: in words; "": it is clear. Pure. */
export function doubtOf({ found, endpoint }: NodeRuntime): string {
  if (endpoint !== '' || found.kind !== 'listening') return ''
  const other = found.others.find(
    ({ name }) => name !== found.name && !(name === 'containerd' && OF_KUBELETS.includes(found.name)),
  )
  if (other === undefined) return ''
  return `${found.name} and ${other.name} listen, and which of them the kubelet asks is not seen; name its socket in criSocket of a kubernetes-runtime-check`
}

/** The socket of the one that listens; or why none is asked, in words. */
export function socketOf(runtime: NodeRuntime): RuntimeSocket | string {
  const { found } = runtime
  if (found.kind !== 'listening') return found.message
  return doubtOf(runtime) || found
}
