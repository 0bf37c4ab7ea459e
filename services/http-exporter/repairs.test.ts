import { describe, expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import type { NodeView } from '#view'
import { startTestRemediator } from '../../libs/bus/testing-remediator.ts'
import { someProblem } from '../../libs/view/testing.ts'
import { ended, refused, sightOf, started, verified } from '../../libs/view/testing-repairs.ts'
import { scratchFolder } from './testing.ts'
import { openStream, startTestExporter, startTestNode, until } from './testing-exporter.ts'

const ON = 'remediation: { enabled: true }\n'

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}

interface History {
  readonly count: number
  readonly limit: number
  readonly running: boolean
  readonly text: string
  readonly history: readonly {
    readonly state: string
    readonly success: boolean
    readonly attempt?: { output: string }
  }[]
}

/** Of this machine: records of other boots are told again. */
const bootId = () => createHost({ root: '' }).bootId()

/** What of these is not 0. */
async function counted(url: string | undefined): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.matchAll(/^node_doctor_(remediations_\w+_total(?:\{[^}]*\})?) (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, name = '', value]) => [name, Number(value)]).filter(([, n]) => n !== 0))
}

const ALL = {
  'remediations_attempted_total{strategy="disk-cleanup"}': 1,
  'remediations_succeeded_total{strategy="disk-cleanup"}': 1,
  'remediations_refused_total{gate="cooldown"}': 1,
}

describe('repairs, from the journal to people', () => {
  it('are said to be held up at the top of every answer, with no problem open too', async () => {
    const { bus, detector, url } = await startTestNode(onTestFinished, { document: ON })
    detector.heartbeat()
    const remediator = startTestRemediator(bus, 'j1', await bootId())
    onTestFinished(() => remediator.stop())
    const attention = async () => (await get<NodeView>(`${url}/status`)).remediation.attention
    const tell = (well: number, up: number) =>
      remediator.samples([
        { name: 'remediator_journal_well', labels: {}, value: well },
        { name: 'remediator_runner_up', labels: { runner: 'host-actions' }, value: up },
      ])
    await until(async () => {
      tell(0, 0)
      return (await attention())?.length === 2
    })
    const said =
      'The journal of repairs cannot be used: nothing is repaired by itself. "node-doctor history" says why, and what ends it. No answer from host-actions: nothing that it would do is done.'
    expect((await attention())?.join(' ')).toBe(said)
    const text = await (await fetch(`${url}/`, { headers: { accept: 'text/plain' } })).text()
    expect(text.split('\n')).toContain(`Repairs: ${said}`)
    await until(async () => {
      tell(1, 1)
      return (await attention()) === undefined
    })
  })

  it('stand at their problem, in the history, in the stream and in the metrics', async () => {
    const { bus, detector, exporter, url } = await startTestNode(onTestFinished, { document: ON })
    const problem = someProblem({ opened: new Date(Date.now() - 5000) })
    detector.heartbeat()
    await detector.problem(problem)
    const stream = await openStream(url)
    onTestFinished(() => stream.close())
    expect(await get<History>(`${url}/remediation/history`)).toMatchObject({ count: 0, limit: 100, running: false })
    const remediator = startTestRemediator(bus, 'j1', await bootId())
    onTestFinished(() => remediator.stop())
    await until(async () => {
      remediator.samples()
      return (await get<NodeView>(`${url}/status`)).remediation.running
    })
    const about = { problem: sightOf(problem) }
    remediator.says(refused(about))
    remediator.says(started(about))
    const running = await stream.next(
      (message) => message.kind === 'node' && message.node.problems[0]?.repair?.state === 'running',
    )
    expect(running).toMatchObject({ node: { remediation: { now: { text: 'clean up /var/log' } } } })
    remediator.says(ended())
    remediator.says(verified())
    await until(async () => (await get<NodeView>(`${url}/status`)).problems[0]?.repair?.state === 'repaired')
    const history = await get<History>(`${url}/remediation/history?limit=2`)
    expect(history).toMatchObject({ count: 2, limit: 2, running: true })
    expect(history.history.map(({ state }) => state).toSorted()).toEqual(['held-back', 'repaired'])
    expect((await fetch(`${url}/remediation/history?limit=0`)).status).toBe(400)
    await expect.poll(() => counted(exporter.prometheus()), { timeout: 5000 }).toEqual(ALL)
    const text = await (await fetch(`${exporter.prometheus()}/metrics`)).text()
    expect(text).toContain('node_doctor_remediations_failed_total{strategy="systemd-restart"} 0\n')
    expect(text).toContain('node_doctor_remediator_up 1\n')
    expect(text).toContain('node_doctor_circuit_breaker_state{problem="",strategy=""} 0\n')
  })

  it('are known after a restart of the exporter, and none is counted again', async () => {
    const { bus, exporter, url } = await startTestNode(onTestFinished, { document: ON })
    const remediator = startTestRemediator(bus, 'j1', await bootId())
    onTestFinished(() => remediator.stop())
    for (const what of [refused(), started(), ended()]) remediator.says(what)
    await until(async () => (await get<History>(`${url}/remediation/history`)).count === 2)
    await until(
      async () => (await counted(exporter.prometheus()))['remediations_attempted_total{strategy="disk-cleanup"}'] === 1,
    )
    await exporter.stop()
    const again = await startTestExporter({
      document: ON,
      runDir: bus.dir,
      stateDir: exporter.stateDir,
      onTestFinished,
    })
    await until(() => again.service.readiness().ready)
    await until(async () => (await get<History>(`${again.http()}/remediation/history`)).count === 2)
    expect(await counted(again.prometheus())).toEqual({})
    remediator.says(verified())
    await until(async () => Object.keys(await counted(again.prometheus())).length > 0)
    expect(await counted(again.prometheus())).toEqual({ 'remediations_succeeded_total{strategy="disk-cleanup"}': 1 })
  })

  it('that a new store is told again are counted once, also by an exporter that was started anew', async () => {
    const { bus, detector, exporter, url } = await startTestNode(onTestFinished, { document: ON })
    const remediator = startTestRemediator(bus, 'j1', await bootId())
    onTestFinished(() => remediator.stop())
    for (const what of [refused(), started(), ended(), verified()]) remediator.says(what)
    await until(
      async () => (await counted(exporter.prometheus()))['remediations_succeeded_total{strategy="disk-cleanup"}'] === 1,
    )
    await detector.writer.ensureStore({ node: 'worker-7', bootId: 'b2' })
    await until(() => remediator.publication.status().told === 8)
    remediator.says(started({ attempt: '3f2a91c0-2' }))
    const attempted = 'remediations_attempted_total{strategy="disk-cleanup"}'
    await until(async () => (await counted(exporter.prometheus()))[attempted] === 2)
    await expect.poll(() => counted(exporter.prometheus())).toEqual({ ...ALL, [attempted]: 2 })
    expect((await get<History>(`${url}/remediation/history`)).count).toBe(3)
    await exporter.stop()
    await detector.writer.ensureStore({ node: 'worker-7', bootId: 'b3' })
    const again = await startTestExporter({
      document: ON,
      runDir: bus.dir,
      stateDir: exporter.stateDir,
      onTestFinished,
    })
    await until(() => again.service.readiness().ready && remediator.publication.status().told === 14)
    await until(async () => (await get<History>(`${again.http()}/remediation/history`)).count === 3)
    remediator.says(started({ attempt: '3f2a91c0-3' }))
    await until(async () => (await counted(again.prometheus()))[attempted] === 1)
    expect(await counted(again.prometheus())).toEqual({ [attempted]: 1 })
  })

  it('of an earlier boot are not counted by who has forgotten what was', async () => {
    const stateDir = `${await scratchFolder(onTestFinished)}/state`
    const { bus, exporter, url } = await startTestNode(onTestFinished, { document: ON, stateDir })
    const remediator = startTestRemediator(bus, 'j1', 'an earlier boot')
    onTestFinished(() => remediator.stop())
    for (const what of [started(), ended(), verified()]) remediator.says(what)
    await until(async () => (await get<History>(`${url}/remediation/history`)).count === 1)
    await remediator.told()
    expect(await counted(exporter.prometheus())).toEqual({})
  })
})
