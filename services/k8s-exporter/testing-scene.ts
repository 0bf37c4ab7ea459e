/** The exporter with a real bus and the strict fake; test/kube runs the same against a real API server where that can be. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { Clock } from '#clock'
import type { NpdTold } from '#config'
import { type FakeApiServer, type Rule, startFakeApiServer } from '../../test/fakes/kube-apiserver/server.ts'
import { startTestNode, type TestNode } from './testing-exporter.ts'

export const NODE = 'worker-7'

/** Types that the tests want to see, well or not. */
export const ALWAYS = [
  'DiskFull',
  'Other',
  'Stays',
  'First',
  'Second',
  ...Array.from({ length: 20 }, (_, i) => `Type${i}`),
]

export interface Scene extends TestNode {
  readonly api: FakeApiServer
}

export type SceneOptions = Parameters<typeof startTestNode>[1]['kubernetes']

/** What a scene may have beside its configuration. */
export interface SceneSetting {
  readonly nodes?: readonly string[]
  readonly npd?: NpdTold
  readonly npdCompat?: readonly string[]
  /** What the exporter may do; default: everything. */
  readonly rules?: readonly Rule[]
  /** Of the exporter. Default: the system's */
  readonly clock?: Clock
}

/** @param onFinished is handed what ends a part of it, in the order of their starts */
export async function startScene(
  onFinished: (work: () => Promise<void>) => void,
  kubernetes: SceneOptions = {},
  { nodes = [NODE], npd, npdCompat, rules, clock }: SceneSetting = {},
): Promise<Scene> {
  const api = await startFakeApiServer({ nodes: [...nodes] })
  onFinished(() => api.close())
  const kubeconfig = join(tmpdir(), `nd-kubeconfig-${api.port}`)
  const user = rules && (await api.addUser(rules))
  await api.writeKubeconfig(kubeconfig, user?.token)
  const node = await startTestNode(onFinished, {
    kubeconfig,
    nodeName: NODE,
    ...(npd && { npd }),
    ...(clock && { clock }),
    ...(npdCompat && { npdCompat }),
    kubernetes: { updateIntervalMs: 50, conditions: { enabled: true, always: ALWAYS, never: [] }, ...kubernetes },
  })
  return { ...node, api }
}

/** Scenes of a test file: what a test began is ended after it, the last first. */
export function scenesOfTests(): {
  readonly onTestFinished: (work: () => Promise<void>) => void
  readonly scene: (kubernetes?: SceneOptions, setting?: SceneSetting) => Promise<Scene>
} {
  const finished: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const work of finished.splice(0).reverse()) await work()
  })
  const onTestFinished = (work: () => Promise<void>) => void finished.push(work)
  return { onTestFinished, scene: (kubernetes, setting) => startScene(onTestFinished, kubernetes, setting) }
}

export const conditionOf = ({ api }: Scene, type: string) =>
  api.node(NODE)?.status?.conditions?.find((condition) => condition.type === type)
export const eventsOf = ({ api }: Scene) =>
  api.events().map(({ reason, message, count, type }) => `${type} ${reason} x${count}: ${message}`)
export const patches = ({ api }: Scene) =>
  api.requests.filter(({ verb, resource }) => verb === 'patch' && resource === 'nodes/status')
