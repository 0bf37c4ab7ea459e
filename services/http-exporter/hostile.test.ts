/** Whatever stands in any text of any message of the bus: what this exporter gives away is clean, bounded and whole. */
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NodeView } from '#view'
import { toProtoEvent, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSample } from '#wire'
import type { TestDetector } from '../../libs/bus/testing-detector.ts'
import { someCondition, someEvent, someMonitor, someProblem } from '../../libs/view/testing.ts'
import { startTestNode, until } from './testing-exporter.ts'
import { dirtIn, hostileTexts, pathsOf, spoiled, UNCLEAN } from './testing-hostile.ts'

/** One of each, with everything in it that may be there. */
function messages() {
  const now = new Date()
  const metric = { name: 'n', help: 'h', kind: 'gauge' as const, unit: 'u', title: '{a} t' }
  const sick = { health: 'problem' as const, severity: 'critical' as const, observed: now }
  const { evidence } = someProblem()
  const violations = [{ text: 't', count: 2, lastSeen: now }]
  return {
    condition: toProtoNodeCondition(someCondition({ ...sick, evidence })),
    problem: toProtoProblem(someProblem({ lastSeen: now })),
    over: toProtoProblem(someProblem({ phase: 'resolved', resolved: now, proof: 'operator', fromEvent: true })),
    monitor: toProtoMonitorState(
      someMonitor({ lastError: 'e', lastErrorAt: now, lastViolations: violations, metrics: [metric] }),
    ),
    event: toProtoEvent(someEvent({ firstSeen: now, lastSeen: now })),
    metrics: {
      monitor: 'm',
      time: now,
      samples: [toProtoSample({ name: 'n', labels: { a: 'b' }, value: 1 })],
      described: [metric],
    },
    heartbeat: {
      node: 'n',
      bootId: 'b',
      detectorIncarnation: 7,
      time: now,
      version: 'v',
      sequence: 1,
      waitingMs: 0,
      unstoredMs: 0,
      behind: [],
    },
  }
}

type Messages = ReturnType<typeof messages>

async function publish({ writer }: TestDetector, said: Messages): Promise<void> {
  writer.publishHeartbeat(said.heartbeat)
  writer.publishMetrics(said.metrics)
  await writer.put('node_conditions', said.condition)
  await writer.put('problems', said.problem)
  await writer.publishProblem(said.over)
  await writer.put('monitors', said.monitor)
  await writer.publishEvent(said.event)
}

/** After this, all that was said before it has arrived. */
async function settled(detector: TestDetector, url: string, mark: string): Promise<void> {
  detector.metrics('mark', [{ name: `mark_${mark}`, labels: {}, value: 1 }])
  await detector.condition(someCondition({ type: 'Mark', entity: mark }))
  await detector.problem(someProblem({ fingerprint: `mark.${mark}`, type: 'Mark', entity: mark }))
  await detector.monitor(someMonitor({ name: `mark-${mark}` }))
  await detector.event(someEvent({ id: `mark-${mark}`, lastSeen: new Date() }))
  const body = async (path: string) => (await fetch(`${url}${path}`)).text()
  await until(async () => {
    const status = await body('/status')
    return (
      status.includes(`"entity":"${mark}"`) && status.includes(`"mark.${mark}"`) && status.includes(`"mark-${mark}"`)
    )
  })
  await until(async () => (await body('/events')).includes(`"mark-${mark}"`))
  await until(async () => (await body('/metrics')).includes(`mark_${mark}`))
}

const JSON_PATHS = [
  '/status',
  '/conditions',
  '/events?limit=1000',
  '/health',
  '/ready',
  '/history',
  '/remediation/history',
]

async function expectCleanAnswers(url: string): Promise<void> {
  for (const path of JSON_PATHS) {
    const body = await (await fetch(`${url}${path}`)).text()
    expect(body.trimEnd()).not.toMatch(UNCLEAN)
    expect({ path, dirt: dirtIn(JSON.parse(body)) }).toEqual({ path, dirt: [] })
  }
  const { body: text } = await fetch(url, { headers: { accept: '*/*' } }).then(async (all) => ({
    body: await all.text(),
  }))
  for (const line of text.trimEnd().split('\n')) {
    expect(line).not.toMatch(UNCLEAN)
    expect(line.length).toBeLessThan(4096)
  }
}

const LABELS = '\\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\]|\\\\[\\\\"n])*",?)*\\}'
const SAMPLE = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*(?:${LABELS})?) (?:NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$`)

/** One line is one sample, no sample is there twice, and only families have comments. */
async function expectParseableMetrics(url: string): Promise<void> {
  const text = await (await fetch(`${url}/metrics`)).text()
  expect(text.endsWith('\n')).toBe(true)
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    expect(line).not.toMatch(UNCLEAN)
    expect(line.length).toBeLessThan(4096)
    if (line === '' || /^# (?:HELP|TYPE) node_doctor_[a-z0-9_]+ /.test(line)) continue
    const series = SAMPLE.exec(line)?.[1]
    expect({ line, isSample: series !== undefined, again: seen.has(series ?? '') }).toEqual({
      line,
      isSample: true,
      again: false,
    })
    seen.add(series ?? '')
  }
}

/** Every frame of the stream as it comes over the wire. */
async function openFrames(url: string): Promise<{ readonly frames: string[]; close(): void }> {
  const abort = new AbortController()
  const { body } = await fetch(`${url}/stream`, { signal: abort.signal })
  const frames: string[] = []
  async function read(): Promise<void> {
    let buffer = ''
    const decoder = new TextDecoder()
    for await (const chunk of body ?? []) {
      const parts = (buffer + decoder.decode(chunk, { stream: true })).split('\n\n')
      buffer = parts.pop() ?? ''
      frames.push(...parts)
    }
  }
  void read().catch(() => frames.push('retry: 0'))
  return { frames, close: () => abort.abort() }
}

function expectWholeFrames(frames: readonly string[]): void {
  for (const frame of frames) {
    if (/^retry: \d+$/.test(frame)) continue
    const data = /^(?:id: \w+-\d+\n)?data: (\{[^\n\r]*\})$/.exec(frame)?.[1]
    expect({ frame, isWhole: data !== undefined }).toEqual({ frame, isWhole: true })
    expect(data).not.toMatch(UNCLEAN)
    expect(dirtIn(JSON.parse(data ?? '{}'))).toEqual([])
  }
}

describe('whatever stands in the messages of the bus', () => {
  it('is clean in every answer, breaks no frame of the stream and no line of the metrics', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    const stream = await openFrames(url)
    let runs = 0
    await fc.assert(
      fc.asyncProperty(hostileTexts, async (texts) => {
        await publish(detector, spoiled(messages(), texts))
        await settled(detector, url, `r${++runs}`)
        await expectCleanAnswers(url)
        await expectParseableMetrics(url)
      }),
      { numRuns: 15 },
    )
    await until(() => stream.frames.some((frame) => frame.includes(`"mark-r${runs}"`)))
    stream.close()
    expectWholeFrames(stream.frames)
  }, 60_000)

  it('may be 64 KiB in any one field, and is cut short in what is given away', async () => {
    const { detector, url } = await startTestNode(onTestFinished)
    const stream = await openFrames(url)
    const paths = pathsOf(messages())
    expect(paths.length).toBeGreaterThan(70)
    const long = 'x\u202e\n'.repeat(65_536 / 3)
    for (const [index, path] of paths.entries()) {
      const own = (here: string): string => (here === path ? long : `n${index}`)
      await publish(detector, spoiled(messages(), own))
    }
    await settled(detector, url, 'end')
    const status = (await (await fetch(`${url}/status`)).json()) as NodeView
    expect(status.conditions.length + status.monitors.length + status.problems.length).toBeGreaterThan(100)
    await expectCleanAnswers(url)
    await expectParseableMetrics(url)
    await until(() => stream.frames.some((frame) => frame.includes('"mark-end"')))
    stream.close()
    expectWholeFrames(stream.frames)
  }, 60_000)
})
