import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HistoryView } from '#view'
import { diskCheck, memoryCheck, withChecks } from './checks.ts'
import { type Constellation, readStream, socketsBelow, startConstellation, until } from './constellation.ts'
import { canMount, createDisk, type Disk } from './disk.ts'

/** One real machine, one real disk, every process real: what a user gets from `make run`. */
describe.skipIf(!canMount)('a node with a disk that fills', () => {
  let c: Constellation
  let disk: Disk
  const entity = () => `disk:${disk.mount}`

  beforeAll(async () => {
    disk = await createDisk()
    c = await startConstellation({
      config: withChecks(diskCheck(disk.mount), memoryCheck()),
    })
    await c.ready()
    await until('the disk is proven well', async () => (await c.condition('DiskFull', entity()))?.health === 'healthy')
  }, 60_000)
  afterAll(async () => {
    await c?.stop()
    await disk?.remove()
  }, 60_000)

  // How fast that is stands in test/bench/reports.ts; here a busy machine may take its time.
  it('shows the problem as soon as a check saw it, and resolves it when it is freed', async () => {
    const stream = readStream(c.url)
    await until('the stream begins', () => stream.messages.length > 0)
    await disk.fill(0.95)
    const seen = await until('the stream tells the problem', () =>
      stream.messages.find(
        ({ message }) =>
          message.kind === 'change' && message.problems.some((p) => p.type === 'DiskFull' && p.phase !== 'resolved'),
      ),
    )
    const view = await c.status()
    const run = view.monitors.find(({ name }) => name === 'system')?.checks.find(({ check }) => check === 'disk')
    const toldAt = performance.timeOrigin + seen.atMs
    expect(run).toBeDefined()
    // A look in the middle of the filling finds less first, which is a warning.
    const problem = await until('it is as bad as it is', async () => {
      const now = await c.problem('DiskFull', entity())
      return now?.severity === 'critical' && now
    })
    expect(problem).toMatchObject({ monitor: 'system', check: 'disk' })
    expect(toldAt - Date.parse(problem.opened)).toBeLessThan(2000)
    expect(problem.evidence?.value).toBeGreaterThan(90)
    await disk.free()
    await until('it is resolved', async () =>
      (await c.status()).resolved.some(
        (p) => p.type === 'DiskFull' && p.entity === entity() && p.proof === 'healthy-checks',
      ),
    )
    expect(await c.problem('DiskFull', entity())).toBeUndefined()
    stream.close()
  })

  it('answers on every endpoint', async () => {
    const json = [
      '/health',
      '/healthz',
      '/ready',
      '/status',
      '/conditions',
      '/events',
      '/remediation/history',
      '/history?range=1h',
    ]
    for (const path of json) {
      const response = await fetch(c.url + path)
      expect([path, response.headers.get('content-type')]).toEqual([path, expect.stringContaining('application/json')])
      expect([200, 503]).toContain(response.status)
      await response.json()
    }
    const history = await c.json<HistoryView>('/history?range=1h')
    expect(history.lanes.some(({ label }) => label.includes(disk.mount))).toBe(true)
    const plain = await (await fetch(c.url)).text()
    expect(plain).not.toContain('<html')
    const html = await fetch(c.url, { headers: { accept: 'text/html' } })
    expect(html.headers.get('content-type')).toContain('text/html')
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('has metrics that promtool finds nothing to say about', async () => {
    const metrics = await until('the detector’s own counters are there', async () => {
      const text = await (await fetch(c.metricsUrl)).text()
      return /^node_doctor_monitor_checks_total\{/m.test(text) && text
    })
    const said = execFileSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' })
    expect(said).toBe('')
  })

  it('serves its own protocol, health and reflection on every process’s socket', async () => {
    const sockets = (await socketsBelow(c.runDir)).sort()
    expect(sockets.map((path) => path.slice(c.runDir.length))).toEqual([
      '/detector/detector.sock',
      '/http-exporter/http-exporter.sock',
      '/monitors/system/system.sock',
    ])
    for (const socket of sockets) {
      const listed = buf(['--list-services', '--unix-socket', socket, 'http://localhost'])
      expect(listed).toContain('grpc.health.v1.Health')
      expect(buf(['-d', '{}', '--unix-socket', socket, 'http://localhost/grpc.health.v1.Health/Check'])).toContain(
        'SERVING',
      )
    }
    const node = JSON.parse(
      buf([
        '-d',
        '{}',
        '--unix-socket',
        `${c.runDir}/detector/detector.sock`,
        'http://localhost/nodedoctor.v1.Detector/GetNode',
      ]),
    ) as { node: { name: string; conditions: unknown[] } }
    expect(node.node.name).toBe('test-node')
    expect(node.node.conditions.length).toBeGreaterThan(0)
    const status = buf([
      '-d',
      '{}',
      '--unix-socket',
      `${c.runDir}/monitors/system/system.sock`,
      'http://localhost/npd.external.v1.ExternalMonitor/CheckHealth',
    ])
    expect(status).toContain('CONDITION_STATUS_FALSE')
  })
})

function buf(args: readonly string[]): string {
  return execFileSync('node_modules/.bin/buf', ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...args], {
    encoding: 'utf8',
  })
}
