/** The ways by which the checks of this monitor ask others; over a captured machine what was captured answers in their place. */
import {
  type CriClient,
  type CriOptions,
  createCriClient,
  type FindOptions,
  type FoundRuntime,
  findRuntime,
} from '#cri'
import type { FsStat, Host, HostNetwork, UnitLook, UnitOptions } from '#host'
import { type ClientOptions, createKubeClient, findAccess, type KubeAccess, type KubeClient } from '#kube'
import { createKubelet, type Kubelet, type KubeletOptions } from '#kube/kubelet'
import type { SharedContext } from '#monitor-kit'
import {
  type Ask,
  type HttpAnswer,
  type HttpQuestion,
  type Place,
  type Probed,
  probeHttp,
  probeTcp,
  probeTls,
  type TcpAnswer,
  type TlsAnswer,
  type TlsQuestion,
} from '#probe'
import { createTold, type Told } from './node-kubelet/told.ts'

/** What all checks have together. */
export interface Ways {
  /** Where the container runtime listens. */
  findRuntime(host: Host, options: FindOptions): Promise<FoundRuntime>
  /** One look's client of it; to be closed after that. */
  openRuntime(path: string, options: CriOptions): CriClient
  /** A unit of the host's systemd. */
  unit(host: Host, name: string, options: UnitOptions): Promise<UnitLook>
  /** How much room a file system has. @throws HostReadError */
  statfs(host: Host, path: string): Promise<FsStat>
  /** Whether this process is in the node's network: a loopback address is the node's then. */
  hostNetwork(host: Host): Promise<HostNetwork>
  http(ask: Ask, question: HttpQuestion): Promise<Probed<HttpAnswer>>
  tcp(ask: Ask, place: Place): Promise<Probed<TcpAnswer>>
  tls(ask: Ask, question: TlsQuestion): Promise<Probed<TlsAnswer>>
  /** The way to the API server, and who we are there. @throws KubeAccessError where there is none */
  access(): Promise<KubeAccess>
  /** The API server that a way leads to; to be closed. */
  apiServer(options: ClientOptions): Pick<KubeClient, 'readyz' | 'whoAmI' | 'getEndpointSlice' | 'close'>
  /** The kubelet's secured port. */
  kubelet(options: KubeletOptions): Kubelet
  /** What one check has heard, and another need not ask for. */
  readonly told: Told
}

/**
 * The real ones.
 * @param kubeconfig `settings.kubeconfig`, which goes before the pod's own account
 */
export function createWays({ kubeconfig }: Partial<Pick<SharedContext, 'kubeconfig'>> = {}): Ways {
  let found: Promise<KubeAccess> | undefined
  return {
    findRuntime,
    openRuntime: createCriClient,
    unit: (host, name, options) => host.units.unit(name, options),
    statfs: (host, path) => host.files.statfs(path),
    hostNetwork: (host) => host.network.hostNetwork(),
    http: probeHttp,
    tcp: probeTcp,
    tls: probeTls,
    access() {
      found ??= findAccess({ kubeconfig, env: process.env }).catch((err: unknown) => {
        // It may be there the next time.
        found = undefined
        throw err
      })
      return found
    },
    apiServer: createKubeClient,
    kubelet: createKubelet,
    told: createTold(),
  }
}
