/** The way to EndpointSlices: with the token that was mounted for that, or what a fixture has in its place. */
import type { Clock } from '#clock'
import {
  createKubeClient,
  type EndpointSlice,
  findAccess,
  KubeAccessError,
  KubeStatusError,
  KubeUnreachableError,
} from '#kube'
import { type Unobserved, unobserved } from '#monitor-kit/evaluate'

/** Where a pod’s token lies; the container of this monitor has none by default. */
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'
const TIMEOUT_MS = 3_000

/** Reads EndpointSlices; to be closed. Each call is one request. @throws as a KubeClient */
export interface SliceReader {
  /** Of the account; "" where it says none. */
  readonly namespace: string
  names(namespace: string, service: string, signal: AbortSignal): Promise<readonly string[]>
  /** undefined: there is none of this name. */
  slice(namespace: string, name: string, signal: AbortSignal): Promise<EndpointSlice | undefined>
  close(): void
}

/** Opens it, without a request. @throws KubeAccessError where there is no token */
export type OpenSlices = (clock: Clock, nodeName: string) => Promise<SliceReader>

/**
 * The API server of the pod that this is.
 * @param env where Kubernetes says where that is
 * @param accountDir another one in tests
 */
export function createOpenSlices(
  env: Readonly<Record<string, string | undefined>>,
  accountDir = TOKEN_FOLDER,
): OpenSlices {
  return async (clock, nodeName) => {
    // Never the kubeconfig of whoever started it: it would be asked with all of his rights.
    const access = await findAccess({ kubeconfig: '', env, accountDir, clock })
    const userAgent = `node-doctor (network-monitor; ${nodeName})`
    const client = createKubeClient({ access, userAgent, timeoutMs: TIMEOUT_MS, clock })
    return {
      namespace: access.namespace,
      names: (namespace, service, signal) => client.listEndpointSliceNames(namespace, service, { signal }),
      slice: (namespace, name, signal) => client.getEndpointSlice(namespace, name, { signal }),
      close: () => client.close(),
    }
  }
}

function hasSlices(shared: unknown): shared is { readonly openSlices: OpenSlices } {
  return typeof shared === 'object' && shared !== null && 'openSlices' in shared
}

/**
 * That of the monitor, where it has one; else the API server itself.
 * @param accountDir where the token lies; default the pod's
 */
export function openSlicesOf(shared: unknown, accountDir?: string): OpenSlices {
  return hasSlices(shared) ? shared.openSlices : createOpenSlices(process.env, accountDir)
}

const MEANS = `mount the token of an account that may get and list EndpointSlices at ${TOKEN_FOLDER} of the container network, read-only (kustomize: component peers; Helm: network.peers=true)`

/**
 * Why they could not be read; undefined: that is a fault of this program.
 * @param what is not known then
 * @param means what to do where there is no token
 */
export function whyNoSlices(
  err: unknown,
  what = 'who the peers are is not known',
  means = MEANS,
): Unobserved | undefined {
  if (err instanceof KubeAccessError) return unobserved('NoCredentials', `${what}: ${err.fault}; ${means}`)
  if (err instanceof KubeUnreachableError)
    return unobserved(err.isUnverified ? 'CertificateUnverified' : 'APIServerUnreachable', err.message)
  if (err instanceof KubeStatusError) return unobserved('APIServerRefuses', err.message)
  return undefined
}
