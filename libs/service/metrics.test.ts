import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { addProcessMetrics, createMetrics } from './metrics.ts'

describe('metrics', () => {
  it('carry the namespace, and belong to their own registry alone', async () => {
    const [one, other] = [createMetrics('node_doctor'), createMetrics('node_doctor')]
    one.counter('reports_total', 'Reports.', ['monitor']).inc({ monitor: 'system' }, 3)
    other.counter('reports_total', 'Reports.', ['monitor'])
    one.gauge('queue_length', 'Waiting.', [], (gauge) => gauge.set(7))
    one.histogram('check_duration_seconds', 'Duration.', [0.1, 1]).observe(0.5)
    expect(await one.registry.metrics()).toBe(
      [
        '# HELP node_doctor_reports_total Reports.',
        '# TYPE node_doctor_reports_total counter',
        'node_doctor_reports_total{monitor="system"} 3',
        '',
        '# HELP node_doctor_queue_length Waiting.',
        '# TYPE node_doctor_queue_length gauge',
        'node_doctor_queue_length 7',
        '',
        '# HELP node_doctor_check_duration_seconds Duration.',
        '# TYPE node_doctor_check_duration_seconds histogram',
        'node_doctor_check_duration_seconds_bucket{le="0.1"} 0',
        'node_doctor_check_duration_seconds_bucket{le="1"} 1',
        'node_doctor_check_duration_seconds_bucket{le="+Inf"} 1',
        'node_doctor_check_duration_seconds_sum 0.5',
        'node_doctor_check_duration_seconds_count 1',
        '',
      ].join('\n'),
    )
    expect(await other.registry.metrics()).not.toContain('system')
  })

  it('of the process are read when they are asked for', async () => {
    const metrics = createMetrics('node_doctor')
    addProcessMetrics(metrics)
    const read = async (name: string) => {
      const metric = await metrics.registry.getSingleMetric(`node_doctor_${name}`)?.get()
      return metric?.values[0]?.value ?? Number.NaN
    }
    expect(await read('process_resident_memory_bytes')).toBeGreaterThan(1e7)
    expect(await read('process_start_time_seconds')).toBeCloseTo(Date.now() / 1000 - process.uptime(), -1)
    const before = await read('process_cpu_seconds_total')
    for (const end = process.cpuUsage().user + 20_000; process.cpuUsage().user < end; );
    const grown = (await read('process_cpu_seconds_total')) - before
    expect(grown).toBeGreaterThan(0.01)
    expect(grown).toBeLessThan(10)
  })

  it.skipIf(spawnSync('promtool', ['--version']).error !== undefined)('pass promtool', async () => {
    const metrics = createMetrics('node_doctor')
    addProcessMetrics(metrics)
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: await metrics.registry.metrics() })
    expect([checked.status, String(checked.stderr)]).toEqual([0, ''])
  })
})
