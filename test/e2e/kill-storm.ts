/** A detector that is killed again and again in a storm of events: a few times in test/e2e, often in test/soak. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type FakeApiServer, startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { startConstellation, until } from './constellation.ts'
import { startStormMonitor } from './storm-monitor.ts'

const NODE = 'test-node'

export interface KillStorm {
  readonly kills: number
  /** Occurrences a second, of five reasons. */
  readonly perSecond: number
  /** What passes between two kills beside the way back to an acknowledgement: up to this long, drawn each time. */
  readonly pauseMs: number
}

/** Occurrences that stand in the events of the storm at the API server. */
function counted(api: FakeApiServer): number {
  return api.events(({ reason = '' }) => reason.startsWith('Storm')).reduce((sum, { count = 1 }) => sum + count, 0)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Every occurrence that the detector acknowledged is counted at the API server, and none twice. */
export async function killInStorm(finished: (() => Promise<void>)[], storm: KillStorm): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-storm-'))
  finished.push(() => rm(dir, { recursive: true, force: true }))
  const api = await startFakeApiServer({ nodes: [NODE] })
  finished.push(() => api.close())
  const kubeconfig = join(dir, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  const c = await startConstellation({
    dir,
    services: ['detector', 'http-exporter', 'k8s-exporter'],
    config: { settings: { kubeconfig, logLevel: 'info' }, monitors: [], exporters: { kubernetes: { enabled: true } } },
  })
  finished.push(() => c.stop())
  await c.ready()
  const monitor = await startStormMonitor(c.runDir, { reasons: 5, perSecond: storm.perSecond })
  finished.push(() => monitor.close())

  for (let kill = 0; kill < storm.kills; kill++) {
    const before = monitor.acknowledged
    await until('the storm is acknowledged', () => monitor.acknowledged > before + storm.perSecond / 2, 60_000)
    await sleep(Math.random() * storm.pauseMs)
    c.kill('detector')
  }
  monitor.hush()
  await until('every report is acknowledged', () => monitor.waiting === 0, 60_000)
  await until('every acknowledged occurrence is counted', () => counted(api) >= monitor.acknowledged, 60_000).catch(
    (err: unknown) => {
      throw new Error(`${counted(api)} of ${monitor.acknowledged} occurrences are counted`, { cause: err })
    },
  )
  expect(counted(api)).toBe(monitor.told)
}
