/** A node that is well, for monitors to be measured on: its root is a folder, its kubelet, runtime and API server listen on loopback. */
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../libs/bus/testing.ts'
import { DEFAULT_CHECKS } from '../../../libs/config/layers/default-checks.ts'
import { containerList, sandboxList, startFakeRuntime } from '../../../libs/cri/testing.ts'
import { createAuthority } from '../../../libs/probe/tls/testing-certificates.ts'
import { ENDPOINT } from '../../e2e/network-chain.ts'
import { startFakeApiServer } from '../../fakes/kube-apiserver/server.ts'
import { startFakeKubelet } from '../../fakes/kubelet/kubelet.ts'

/** Below what a node takes by default, which would be a problem. */
const PODS = 90
const CONTAINERS = 250
const NODE = 'bench-node'
/** Of the account of the fake API server that may do everything, and which the fake kubelet knows. */
const TOKEN = 'admin'

export interface BenchNode extends AsyncDisposable {
  readonly hostRoot: string
  /** Names the API server, and the authority by which its certificate and the kubelet's are. */
  readonly kubeconfig: string
  /** All checks of both monitors by default, and one endpoint. */
  readonly monitors: readonly object[]
}

/** What a kubelet says that lists its pods and renews its lease; as large as a real one's. */
function metricsOf(seconds: number): string {
  const rest = Array.from({ length: 2500 }, (_, index) => `apiserver_bench_seconds_bucket{le="${index}"} ${seconds}\n`)
  return `kubelet_pleg_relist_duration_seconds_sum ${seconds * 0.002}
kubelet_pleg_relist_duration_seconds_count ${seconds}
rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} ${10 + seconds}
process_start_time_seconds 1796013889.39
${rest.join('')}`
}

async function layRoot(resolvConf: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'nd-bench-root-'))
  for (const folder of ['etc/kubernetes/manifests', 'run/containerd', 'var/lib/kubelet'])
    await mkdir(join(root, folder), { recursive: true })
  for (const name of ['proc', 'sys', 'dev']) await symlink(`/${name}`, join(root, name))
  await copyFile(resolvConf, join(root, 'etc/resolv.conf'))
  await writeFile(join(root, 'var/lib/kubelet/config.yaml'), 'maxPods: 110\n')
  return root
}

function entriesOf(configs: Readonly<Record<string, object>>): readonly object[] {
  const checks = [...(DEFAULT_CHECKS['network'] ?? []), ...(DEFAULT_CHECKS['kubernetes'] ?? [])]
  const { address, port } = ENDPOINT
  const endpoint = { name: 'endpoint', type: 'network-connectivity-check', config: { url: `tcp://${address}:${port}` } }
  return [...checks.map((check) => ({ ...check, config: configs[check.type] ?? check.config ?? {} })), endpoint]
}

/** @param resolvConf of the node's network, in which this process is */
export async function layBenchNode(resolvConf: string): Promise<BenchNode> {
  await using stack = new AsyncDisposableStack()
  const hostRoot = await layRoot(resolvConf)
  stack.defer(() => rm(hostRoot, { recursive: true, force: true }))
  const authority = createAuthority(hostRoot)
  const issued = authority.issue({ names: `DNS:${NODE},DNS:localhost,IP:127.0.0.1` })
  const began = performance.now()
  const answers = { configz: { maxPods: 110 }, metrics: () => [metricsOf((performance.now() - began) / 1000)] }
  const kubelet = stack.use(await startFakeKubelet({ ...issued, token: TOKEN, answers }))
  stack.use(
    await startFakeRuntime(join(hostRoot, 'run/containerd/containerd.sock'), {
      listPodSandbox: sandboxList(PODS),
      listContainers: containerList(CONTAINERS),
    }),
  )
  const api = await startFakeApiServer({ nodes: [NODE], tls: { ...issued, ca: authority.cert } })
  stack.defer(() => api.close())
  const kubeconfig = join(hostRoot, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  const metricsURL = `https://127.0.0.1:${kubelet.securePort}/metrics`
  const configs = {
    'kubernetes-kubelet-check': { metricsURL, healthzURL: `http://127.0.0.1:${kubelet.healthzPort}/healthz` },
    'kubernetes-capacity-check': { metricsURL },
    'kubernetes-certificates': { metricsURL },
    // A kube-proxy is a pod, and the fake runtime has none.
    'kubernetes-kube-proxy': { livezURL: `http://127.0.0.1:${await freePort()}/livez` },
  }
  const kept = stack.move()
  return {
    hostRoot,
    kubeconfig,
    monitors: entriesOf(configs),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
