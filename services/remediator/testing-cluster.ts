/** A node of a cluster, for tests of the whole service: a fake API server with five nodes, scenes that talk to it, and what is asked of both. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import type { Remediation } from '#model'
import { CORDONED, REBOOTING } from './drain/cordon.ts'
import { createPlace, type Place } from './drain/testing-pods.ts'
import { type Life, type Scene, type SceneSetting, scenesOfTests } from './testing-scene.ts'

/** The node that is repaired. */
export const NODE = 'worker-7'
/** As vitest's poll wants it. */
export const POLL = { timeout: 20_000, interval: 50 }
/** What stands on a node that nobody holds. */
export const NOTHING = { isCordoned: false, mark: undefined, boot: undefined }
/** Where it is held. */
export const LEASE = { namespace: 'kube-system', name: 'node-doctor-remediation-0' } as const

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** What the journal says, of one kind. */
export async function whats<K extends Remediation['kind']>(
  scene: Scene,
  life: Life,
  kind: K,
): Promise<readonly Kind<K>[]> {
  const records = await scene.records(life).catch(() => [])
  return records.flatMap(({ what }) => (what.kind === kind ? [what as Kind<K>] : []))
}

/** How attempts ended: "failed: a person has uncordoned the node". */
export const ends = (scene: Scene, life: Life) =>
  expect.poll(
    async () => (await whats(scene, life, 'ended')).map(({ outcome, message }) => `${outcome}: ${message}`),
    POLL,
  )

/** What held repairs back: "mute: the API server is silent". */
export const refusals = (scene: Scene, life: Life) =>
  expect.poll(async () => (await whats(scene, life, 'refused')).map(({ gate, reason }) => `${gate}: ${reason}`), POLL)

/** The steps of all attempts. */
export const stepsOf = async (scene: Scene, life: Life): Promise<readonly string[]> =>
  (await whats(scene, life, 'step')).map(({ step }) => step)

/** The problem is proven gone. */
export const well = (scene: Scene) =>
  scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'healthy-checks', proofText: 'two looks' })

/** Each test of the file has a cluster of its own. Called once in a file. @param usual what every scene is made with */
export function clusterOfTests(usual: SceneSetting = {}) {
  let place: Place
  // Before the scenes' own: a scene ends before the server that it talks to.
  afterEach(() => place.close())
  const scenes = scenesOfTests()
  beforeEach(async () => {
    place = await createPlace()
    for (const name of [NODE, 'w3', 'w4', 'w5', 'w6']) place.api.addNode(name)
  })
  const at: Pick<Place, 'api' | 'client' | 'makePod' | 'moved'> = {
    get api() {
      return place.api
    },
    get client() {
      return place.client
    },
    makePod: (pod) => place.makePod(pod),
    moved: () => place.moved(),
  }
  return {
    at,
    /** Of a machine without a cluster. */
    scenes,
    async sceneOf(section = '', setting: SceneSetting = {}): Promise<Scene> {
      const kubeconfig = join(process.env['TMPDIR'] ?? '/tmp', `nd-rem-kubeconfig-${at.api.port}`)
      await at.api.writeKubeconfig(kubeconfig)
      const scene = await scenes(`  lease: { namespace: kube-system }\n${section}`, {
        ...usual,
        kubeconfig,
        ...setting,
      })
      // What disturbs wants a look that is younger than the asking.
      scene.onCheck = scene.look
      return scene
    },
    /** What stands on the node. */
    standing() {
      const { spec, metadata } = at.api.node(NODE) ?? {}
      const { [CORDONED]: mark, [REBOOTING]: boot } = metadata?.annotations ?? {}
      return { isCordoned: spec?.unschedulable === true, mark, boot }
    },
    /** @param value undefined: it is taken off */
    annotate: (key: string, value: string | undefined) =>
      at.api.setNode(NODE, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, ...(value !== undefined && { [key]: value }) }
        if (value === undefined) delete metadata.annotations[key]
      }),
    /** Changes of nodes, as they were asked for. */
    patches: () => at.api.requests.filter(({ verb, resource }) => verb === 'patch' && resource === 'nodes'),
    /** Of the lease; undefined: there was never one; "": it was given back. */
    async holder(): Promise<string | undefined> {
      const lease = await at.client.getLease(LEASE.namespace, LEASE.name)
      return lease && (lease.spec.holderIdentity ?? '')
    },
  }
}
