import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../libs/bus/testing.ts'
import { someCondition, someMonitor } from '../../../libs/view/testing.ts'
import { startTestNode, until } from '../testing-exporter.ts'

const TOLD = {
  files: [{ monitor: 'log', check: 'kernel-monitor', source: 'kernel-monitor' }],
  outside: [],
  types: ['KernelDeadlock'],
  monitors: ['log'],
  metrics: ['problem_counter', 'problem_gauge'],
}

async function ask(port: number, path: string, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

describe('the ports of node-problem-detector', () => {
  it('answer as there, and are the only ones where the others are switched off', async () => {
    const [port, prometheusPort] = [await freePort(), await freePort()]
    const off = { enabled: false } as const
    const npd = { enabled: true, port, prometheusPort }
    const { detector, exporter } = await startTestNode(onTestFinished, {
      http: off,
      prometheus: off,
      npd,
      npdTold: TOLD,
    })
    expect(await ask(port, '/conditions')).toEqual({ status: 200, type: 'application/json', body: 'null' })
    expect(await ask(port, '/healthz')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: 'ok' })
    expect(await ask(port, '/metrics')).toMatchObject({ status: 404, body: '404 page not found\n' })
    expect(await ask(prometheusPort, '/metrics?x=1', 'POST')).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
      body: '',
    })
    detector.heartbeat()
    const statusSince = new Date('2026-05-12T03:14:20Z')
    const words = { reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock', statusSince }
    await detector.condition(someCondition({ type: 'KernelDeadlock', entity: '', status: 'False', ...words }))
    await until(async () => (await ask(port, '/conditions')).body !== 'null')
    expect((await ask(port, '/conditions')).body).toBe(
      '[{"type":"KernelDeadlock","status":"False","transition":"2026-05-12T03:14:20Z","reason":"KernelHasNoDeadlock","message":"kernel has no deadlock"}]',
    )
    const described = [{ name: 'problem_counter', help: 'Times.', kind: 'counter', unit: '1', title: '' }] as const
    const other = { name: 'disk_used_ratio', labels: {}, value: 1 }
    detector.metrics(
      'log',
      [{ name: 'problem_counter', labels: { reason: 'OOMKilling' }, value: 2, check: 'a' }, other],
      described,
    )
    detector.metrics(
      'log',
      [{ name: 'problem_counter', labels: { reason: 'OOMKilling' }, value: 1, check: 'b' }],
      described,
    )
    detector.metrics('foreign', [{ name: 'problem_counter', labels: { reason: 'Forged' }, value: 9 }], described)
    await until(async () => (await ask(prometheusPort, '/metrics')).body.includes(' 3'))
    expect((await ask(prometheusPort, '/metrics')).body).toBe(
      '# HELP problem_counter Times.\n# TYPE problem_counter counter\nproblem_counter{reason="OOMKilling"} 3\n',
    )
    await detector.monitor(someMonitor({ name: 'log', health: 'unreachable' }))
    await until(async () => (await ask(port, '/healthz')).status === 503)
    expect((await ask(port, '/healthz')).body).toBe('monitor log does not answer\n')
    expect(exporter.service.readiness().ready).toBe(true)
  })

  it('are not there unless they are asked for', async () => {
    const { exporter } = await startTestNode(onTestFinished, { npdTold: TOLD })
    expect(exporter.log.lines.filter(({ message }) => message === 'listening')).toHaveLength(2)
  })
})
