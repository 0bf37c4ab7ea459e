import { describe, expect, it } from 'vitest'
import { createBusReader } from '#bus/nats'
import { createMetrics, readTold } from '#service'
import { createExporterMetrics } from './metrics.ts'
import { scenesOfTests } from './testing-scene.ts'

const { onTestFinished, scene } = scenesOfTests()

async function toldOf(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const { samples } = await readTold(metrics)
  return samples.map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`)
}

describe('what the k8s-exporter counts', () => {
  it('is 0 before it counted, not absent: an alert on its rise needs the first one', async () => {
    const metrics = createMetrics()
    createExporterMetrics(metrics)
    expect(await toldOf(metrics)).toEqual([
      ...['created', 'counted', 'held_back', 'failed', 'expired'].map((action) => `kube_events_total ${action} 0`),
      ...['change', 'message', 'heartbeat', 'drift', 'clean'].map((cause) => `kube_condition_patches_total ${cause} 0`),
      'kube_condition_changes_total  0',
      'kube_condition_delay_seconds_total  0',
      'kube_missed_total  0',
      'kube_undecodable_total  0',
      'kube_away_seconds  0',
      'kube_pending  0',
      'kube_conditions_left_out  0',
      'kube_foreign_conditions  0',
      'kube_foreign_annotations  0',
    ])
  })

  it('rises with what happens, and is read where it is now', async () => {
    const metrics = createMetrics()
    const counted = createExporterMetrics(metrics)
    counted.request({ verb: 'patch', resource: 'nodes/status', result: 'ok', durationMs: 250 })
    counted.patched('change', 500)
    counted.patched('heartbeat', undefined)
    counted.event('created', 2)
    counted.missed(3)
    counted.undecodable()
    counted.read(() => ({ awayMs: 1500, pending: 2, foreign: 1, foreignAnnotations: 5, leftOut: 4 }))
    expect((await toldOf(metrics)).filter((line) => !line.endsWith(' 0'))).toEqual([
      'kube_requests_total patch nodes/status ok 1',
      'kube_request_seconds_total patch nodes/status 0.25',
      'kube_events_total created 2',
      'kube_condition_patches_total change 1',
      'kube_condition_patches_total heartbeat 1',
      'kube_condition_changes_total  1',
      'kube_condition_delay_seconds_total  0.5',
      'kube_missed_total  3',
      'kube_undecodable_total  1',
      'kube_away_seconds  1.5',
      'kube_pending  2',
      'kube_conditions_left_out  4',
      'kube_foreign_conditions  1',
      'kube_foreign_annotations  5',
    ])
  })

  it('is told on the bus, with what it is', async () => {
    const at = await scene()
    const abort = new AbortController()
    onTestFinished(async () => abort.abort())
    const connection = at.bus.consumer('http-exporter')
    await connection.connected(AbortSignal.timeout(5000))
    const reader = createBusReader(connection, { signal: abort.signal })
    const heard = Promise.withResolvers<{ readonly help: string; readonly kind: string }[]>()
    reader.onMetrics(({ monitor, described }) => {
      if (monitor === 'k8s-exporter') heard.resolve(described.filter(({ name }) => name === 'kube_missed_total'))
    })
    // The server has the subscription.
    await connection.connection('a test').flush()
    // The last of it is told at the end, over the bus that it has by then.
    await expect.poll(() => at.exporter.service.readiness().ready).toBe(true)
    await at.exporter.stop()
    expect(await heard.promise).toMatchObject([
      { help: 'Facts that left the bus before they were sent.', kind: 'counter' },
    ])
  })
})
