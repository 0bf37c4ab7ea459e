import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HistoryView, NodeView, StreamMessage } from '#view'
import { someCondition, someEvent, someMonitor, someProblem } from '../../libs/view/testing.ts'
import { scratchFolder } from './testing.ts'
import { openStream, startTestExporter, startTestNode, until } from './testing-exporter.ts'

const run = promisify(execFile)

async function get<T>(url: string): Promise<{ status: number; body: T }> {
  const response = await fetch(url)
  return { status: response.status, body: (await response.json()) as T }
}

function now(secondsAgo = 0): Date {
  return new Date(Date.now() - secondsAgo * 1000)
}

const critical = () =>
  someCondition({ health: 'problem', status: 'True', severity: 'critical', since: now(1), observed: now() })
const criticalProblem = () => someProblem({ opened: now(1), changed: now(1), lastSeen: now() })
const healthy = () => someCondition({ since: now(600), observed: now() })

function hasProblem(message: StreamMessage): boolean {
  return message.kind === 'change' && message.problems.length > 0
}

describe('the http-exporter on a real bus', () => {
  it('shows what the detector writes: verdict, conditions, problems, events', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    expect((await get<{ status: string }>(`${url}/health`)).status).toBe(503)
    detector.heartbeat()
    await detector.monitor(someMonitor({ lastReport: now() }))
    await detector.condition(healthy())
    await until(async () => (await get<NodeView>(`${url}/status`)).body.verdict.level === 'healthy')
    expect(await get(`${url}/health`)).toMatchObject({
      status: 200,
      body: {
        status: 'healthy',
        healthy: true,
        verdict: 'All right. 1 condition proven in the last 60 s.',
        problems: 0,
        conditions: 1,
      },
    })
    await detector.condition(critical())
    await detector.problem(criticalProblem())
    await detector.event(someEvent({ firstSeen: now(), lastSeen: now() }))
    await until(async () => (await get<{ events: unknown[] }>(`${url}/events`)).body.events.length === 1)
    expect(await get(`${url}/health`)).toMatchObject({ status: 503, body: { status: 'critical', healthy: false } })
    expect((await get<NodeView>(`${url}/status`)).body).toMatchObject({
      node: { name: 'worker-7', bootId: 'b1' },
      problems: [{ summary: '/var is 96 % full', condition: 'system/DiskFull/disk:/var' }],
      monitors: [{ name: 'system', level: 'healthy' }],
      settings: {
        set: expect.arrayContaining([{ key: 'settings.nodeName', value: 'worker-7', origin: 'config.yaml, line 4' }]),
      },
    })
    expect(await get(`${url}/conditions`)).toMatchObject({ body: { conditions: [{ type: 'DiskFull' }] } })
    expect(await get(`${url}/remediation/history`)).toMatchObject({
      status: 200,
      body: { running: false, text: expect.stringContaining('No remediator runs'), count: 0, history: [] },
    })
  })

  it('shows which keys of the configuration have no effect', async () => {
    const { url } = await startTestNode(onTestFinished, { document: 'reload: { enabled: true }\n' })
    expect((await get<NodeView>(`${url}/status`)).body.settings).toMatchObject({
      refused: [
        {
          key: 'reload',
          text: 'has no effect: a change of the file takes effect with the next start; restart the pod',
          origin: 'config.yaml, line 5',
        },
      ],
      refusedCount: 1,
    })
  })

  it('streams a change within 100 ms of its being written, and resumes where a reader was', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    detector.heartbeat()
    await detector.condition(healthy())
    const reader = await openStream(url)
    await reader.next(({ kind }) => kind === 'node')
    const written = Date.now()
    await detector.condition(critical())
    await detector.problem(criticalProblem())
    const message = await reader.next(hasProblem)
    expect(Date.now() - written).toBeLessThan(1000)
    expect(message).toMatchObject({ verdict: { level: 'critical', title: '1 problem on worker-7' } })
    const { lastId } = reader
    reader.close()
    await detector.problem({ ...criticalProblem(), phase: 'changed', revision: 2, severity: 'warning' })
    await until(async () => (await get<NodeView>(`${url}/status`)).body.problems[0]?.revision === 2)
    const back = await openStream(url, lastId())
    expect(await back.next(() => true)).toMatchObject({ kind: 'change', problems: [{ revision: 2 }] })
    back.close()
    const fresh = await openStream(url, 'another-1')
    expect(await fresh.next(() => true)).toMatchObject({ kind: 'node' })
    fresh.close()
  })

  it('tells a replayed problem and event only once', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    detector.heartbeat()
    await detector.condition(critical())
    const event = someEvent({ firstSeen: now(), lastSeen: now() })
    const problem = criticalProblem()
    const reader = await openStream(url)
    await detector.problem(problem)
    await detector.event(event)
    await reader.next((message) => message.kind === 'change' && message.events.length > 0)
    await detector.problem(problem)
    await detector.event(event)
    await detector.event({ ...event, id: 'last' })
    await reader.next((message) => message.kind === 'change' && message.events.some(({ id }) => id === 'last'))
    const told = reader.messages.flatMap((message) => (message.kind === 'change' ? message.events : []))
    expect(told.map(({ id }) => id)).toEqual([event.id, 'last'])
    const problems = reader.messages.flatMap((message) => (message.kind === 'change' ? message.problems : []))
    expect(problems).toHaveLength(1)
    reader.close()
  })

  it('keeps its history over a restart and fills in what happened meanwhile', async () => {
    const first = await startTestNode(onTestFinished)
    const { detector, bus } = first
    detector.heartbeat()
    await detector.condition(critical())
    await detector.event(someEvent({ entity: 'disk:/var', firstSeen: now(), lastSeen: now() }))
    const lanes = async (url: string) => (await get<HistoryView>(`${url}/history?range=1h`)).body.lanes
    await until(async () => ((await lanes(first.url))[0]?.ticks.length ?? 0) > 0)
    await first.exporter.stop()
    await detector.condition(someCondition({ since: now(), observed: now() }))
    const past = { type: 'InodesLow', fingerprint: 'system.InodesLow.x', label: '/var inodes' }
    await detector.problem(someProblem({ ...past, phase: 'resolved', revision: 2, opened: now(2), resolved: now(1) }))
    const { stateDir } = first.exporter
    const second = await startTestExporter({ runDir: bus.dir, stateDir, onTestFinished })
    await until(async () => (await lanes(second.http() ?? '')).length === 2)
    const both = await lanes(second.http() ?? '')
    expect(
      both
        .map(({ id, intervals, ticks }) => [id, intervals.length, ticks.length])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual([
      ['system/DiskFull/disk:/var', 1, 1],
      ['system/InodesLow/disk:/var', 1, 1],
    ])
    expect(both.flatMap(({ intervals }) => intervals).every(({ to }) => to !== undefined)).toBe(true)
    expect((await get<{ events: { id: string }[] }>(`${second.http()}/events`)).body.events).toHaveLength(1)
  })

  it('comes back by itself when the bus was away, and is not ready meanwhile', async () => {
    const { bus, detector, exporter, url } = await startTestNode(onTestFinished)
    detector.heartbeat()
    await detector.condition(healthy())
    await until(async () => (await get<NodeView>(`${url}/status`)).body.conditions.length === 1)
    const pid = bus.server.pid
    expect(pid).toBeGreaterThan(0)
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => !exporter.service.readiness().ready)
    expect((await get<{ reason: string }>(`${url}/ready`)).status).toBe(503)
    expect((await get(`${url}/status`)).status).toBe(200)
    await until(() => exporter.service.readiness().ready)
    await detector.connection.connected(AbortSignal.timeout(10_000))
    await detector.condition(critical())
    await until(async () => (await get<NodeView>(`${url}/status`)).body.conditions[0]?.health === 'problem')
  })

  it('sends samples to the stream and to scrapers, and forgets those of a monitor that is lost', async () => {
    const { detector, exporter, url } = await startTestNode(onTestFinished)
    detector.heartbeat()
    const drawn = (name: string, title: string) => ({ name, title, help: '', kind: 'gauge' as const, unit: '' })
    const metrics = [drawn('cpu_load_per_core', 'Load per core'), drawn('disk_used_ratio', '{path} used')]
    await detector.monitor(someMonitor({ metrics }))
    await until(async () => (await get<NodeView>(`${url}/status`)).body.monitors.length > 0)
    const reader = await openStream(url)
    detector.metrics('system', [
      { name: 'cpu_load_per_core', labels: {}, value: 0.57 },
      { name: 'disk_used_ratio', labels: { path: '/var' }, value: 0.962 },
    ])
    detector.metrics('detector', [
      { name: 'monitor_checks_total', labels: { monitor: 'system', check: 'disk', result: 'success' }, value: 3 },
    ])
    expect(await reader.next(({ kind }) => kind === 'samples')).toMatchObject({
      values: { cpu_load_per_core: 0.57, 'disk_used_ratio{path="/var"}': 96.2 },
    })
    reader.close()
    const scrape = async () => (await fetch(`${exporter.prometheus()}/metrics`)).text()
    await until(async () => (await scrape()).includes('node_doctor_monitor_checks_total{'))
    const text = await scrape()
    expect(text).toContain('node_doctor_disk_used_ratio{monitor="system",path="/var"} 0.962\n')
    expect(text).toContain('node_doctor_monitor_checks_total{monitor="system",check="disk",result="success"} 3\n')
    expect(text).toContain('node_doctor_monitor_duration_seconds_count{monitor="system",check="disk"} 1\n')
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('node_doctor_cpu_load_per_core')
    await detector.monitor(someMonitor({ health: 'unreachable' }))
    await until(async () => !(await scrape()).includes('node_doctor_cpu_load_per_core'))
  })

  it('has what each process costs by its service, and help and type from who counts', async () => {
    const { detector, exporter, url } = await startTestNode(onTestFinished)
    detector.heartbeat()
    await detector.monitor(someMonitor())
    // One of ours in a pod of its own, and a plug-in that has the name of another.
    const socket = '/run/node-doctor/plugins/gpu/gpu.sock'
    await detector.monitor(someMonitor({ name: 'gpu', origin: 'built-in', socket }))
    await detector.monitor(someMonitor({ name: 'network', origin: 'configured' }))
    await until(async () => (await get<NodeView>(`${url}/status`)).body.monitors.length > 2)
    const reader = await openStream(url)
    const cost = (value: number) => ({ name: 'process_resident_memory_bytes', labels: {}, value })
    detector.metrics('system', [cost(7), { name: 'cpu_load_per_core', labels: {}, value: 0.5 }])
    detector.metrics(
      'detector',
      [cost(8), { name: 'events_shed_total', labels: { monitor: 'gpu' }, value: 3 }],
      [{ name: 'events_shed_total', help: 'Events that were \u202eshed.', kind: 'counter', unit: '', title: '' }],
    )
    detector.metrics('gpu', [cost(5)])
    detector.metrics('network', [cost(6)])
    detector.metrics('evil', [cost(9), { name: 'events_shed_total', labels: { monitor: 'gpu' }, value: 1 }])
    const scrape = async () => (await fetch(`${exporter.prometheus()}/metrics`)).text()
    await until(async () => (await scrape()).includes('monitor_sample{monitor="evil"'))
    const lines = (await scrape()).split('\n')
    expect(lines.filter((line) => line.startsWith('node_doctor_process_resident_memory_bytes')).sort()).toEqual([
      'node_doctor_process_resident_memory_bytes{service="detector"} 8',
      'node_doctor_process_resident_memory_bytes{service="gpu"} 5',
      expect.stringMatching(/^\w+\{service="http-exporter"\} \d{7,}$/),
      'node_doctor_process_resident_memory_bytes{service="system"} 7',
    ])
    expect(lines.filter((line) => line.includes('node_doctor_events_shed_total'))).toEqual([
      '# HELP node_doctor_events_shed_total Events that were shed.',
      '# TYPE node_doctor_events_shed_total counter',
      'node_doctor_events_shed_total{monitor="gpu"} 3',
    ])
    // What a process costs is no graph of the machine.
    reader.close()
    const kept = JSON.stringify((await get<HistoryView>(`${url}/api/history?range=1h`)).body)
    expect(kept).not.toContain('process_')
  })

  it('draws what a plug-in declares with a title, beside what ours declare', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    detector.heartbeat()
    const metrics = [{ name: 'fan_speed', title: 'Fan', help: '', kind: 'gauge' as const, unit: 'rpm' }]
    await detector.monitor(someMonitor({ name: 'fans', origin: 'discovered', metrics }))
    await until(async () => (await get<NodeView>(`${url}/status`)).body.monitors.length > 0)
    const reader = await openStream(url)
    detector.metrics('fans', [
      { name: 'fan_speed', labels: { fan: 'a' }, value: 900 },
      { name: 'fan_age', labels: {}, value: 1 },
    ])
    const told = await reader.next(({ kind }) => kind === 'samples')
    expect(told).toMatchObject({ values: { 'fan_speed{fan="a"}': 900 } })
    reader.close()
  })

  it('is ready before the first look, and says what is awaited', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    const awaited = async () => (await get<{ ready: boolean; awaited?: string }>(`${url}/ready`)).body
    expect(await awaited()).toEqual({
      ready: true,
      awaited: 'the first sign of life of the detector; the first monitor',
    })
    detector.heartbeat()
    await detector.monitor(someMonitor({ name: 'gpu', health: 'awaited', lastReport: undefined }))
    await detector.monitor(someMonitor({ lastReport: undefined }))
    await until(async () => (await awaited()).awaited === 'the first answer of gpu; the first look of system')
    await detector.monitor(someMonitor({ name: 'gpu' }))
    await detector.monitor(someMonitor())
    await until(async () => (await awaited()).awaited === undefined)
    expect(await awaited()).toEqual({ ready: true })
  })

  it('answers over its own socket what it exports where', async () => {
    const { exporter, url } = await startTestNode(onTestFinished)
    const [rpc] = exporter.service.rpc
    const getStatus = rpc?.implementation['getStatus'] as (
      call: unknown,
      callback: (err: unknown, status: unknown) => void,
    ) => void
    const status = await new Promise((resolve) => getStatus({}, (_, answer) => resolve(answer)))
    expect(status).toMatchObject({
      name: 'http-exporter',
      endpoints: [`${url}/`, `${exporter.prometheus()}/`],
      busConnected: true,
      lastError: '',
    })
  })

  it('ends its readers when it stops', async () => {
    const { exporter, url } = await startTestNode(onTestFinished)
    const reader = await openStream(url)
    await reader.next(({ kind }) => kind === 'node')
    await exporter.stop()
    await reader.ended
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})

describe('the http-exporter without a bus', () => {
  it('answers that nothing is known yet, and is not ready', async () => {
    const dir = await scratchFolder(onTestFinished)
    const exporter = await startTestExporter({ runDir: dir, stateDir: join(dir, 'state'), onTestFinished })
    const url = exporter.http() ?? ''
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, body: { status: 'alive' } })
    expect(await get(`${url}/ready`)).toMatchObject({
      status: 503,
      body: { ready: false, reason: expect.stringMatching(/^waiting for the bus for \d+ s/) },
    })
    expect(await get(`${url}/health`)).toMatchObject({
      status: 503,
      body: {
        status: 'unknown',
        verdict: expect.stringMatching(/^Not known yet\. Waiting for the agent for \d+ s\.$/),
      },
    })
  })

  it('says which port is taken, goes on with the other, and takes it when it is free', async () => {
    const dir = await scratchFolder(onTestFinished)
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const exporter = await startTestExporter({
      runDir: dir,
      stateDir: join(dir, 'state'),
      http: { hostPort: port },
      onTestFinished,
    })
    const reason = `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}; end the program that uses it, or set exporters.http.hostPort to a free port`
    expect(exporter.service.readiness()).toEqual({ ready: false, reason })
    expect((await fetch(`${exporter.prometheus()}/metrics`)).status).toBe(200)
    await new Promise((resolve) => squatter.close(resolve))
    const url = `http://127.0.0.1:${port}`
    await until(() =>
      fetch(`${url}/healthz`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
    expect(exporter.service.readiness().reason).not.toContain('EADDRINUSE')
  })

  it('gives metrics that promtool has nothing to say about, with a namespace of its own', async () => {
    const { detector, exporter } = await startTestNode(onTestFinished, { prometheus: { namespace: 'acme_nodes' } })
    detector.heartbeat()
    await detector.condition(critical())
    await detector.problem(criticalProblem())
    await detector.monitor(someMonitor())
    const hostile = 'a"b\\c\n# HELP x\u202e{}'
    detector.metrics('plugin', [
      { name: 'disk_used_ratio', labels: { path: hostile }, value: 1 },
      { name: 'latencyMs', labels: { Camel: hostile }, value: Number.POSITIVE_INFINITY },
      { name: 'process_resident_memory_bytes', labels: {}, value: 1 },
      { name: 'condition', labels: {}, value: 1 },
      { name: 'requests_count', labels: {}, value: 1 },
    ])
    const url = `${exporter.prometheus()}/metrics`
    await until(async () => (await (await fetch(url)).text()).includes('acme_nodes_monitor_sample'))
    const text = await (await fetch(url)).text()
    const checked = run('promtool', ['check', 'metrics'])
    checked.child.stdin?.end(text)
    expect(await checked).toEqual({ stdout: '', stderr: '' })
    expect(text).not.toContain('node_doctor_')
  })
})
