import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import {
  ConditionStatus,
  type ExternalMonitorServer,
  ExternalMonitorService,
} from '#proto/npd/external/v1/external_monitor.ts'
import type { RpcClient } from '#rpc'
import { defineMonitor } from './define.ts'
import { createExternalRpc } from './external-rpc.ts'
import { createLook } from './look.ts'
import { checkOf, healthy, problem, specOf } from './testing/scripted-monitor.ts'
import { closeStage, host, openStage, type Stage, watchMonitor } from './testing/stage.ts'
import type { CheckContext, CheckResult } from './types.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => closeStage(stage))

const ENTRIES = [
  { name: 'heat', type: 'heat-check', timeoutMs: 500 },
  { name: 'fan', type: 'fan-check' },
]

/** It is 80 degrees hot, and the limit is 85 or what a caller says. It counts its looks. */
function heated(more: { look?: (context: CheckContext<unknown>) => Promise<void> } = {}) {
  const seen: Readonly<Record<string, string>>[] = []
  const counts: number[] = []
  async function look(context: CheckContext<unknown>, memory: number): Promise<CheckResult & { memory: number }> {
    const { parameters } = context
    seen.push(parameters)
    counts.push(memory)
    await more.look?.(context)
    const limit = Number(parameters['limit'] ?? 85)
    const finding = limit <= 80 ? problem('Hot', 'gpu:0', `80 degrees, limit ${limit}`) : healthy('Hot', 'gpu:0')
    return {
      findings: [finding],
      events: [{ reason: 'Looked', severity: 'info', message: `limit ${limit}` }],
      memory: memory + 1,
    }
  }
  const heat = checkOf(() => ({ findings: [] }), {
    type: 'heat-check',
    parameters: ['limit'],

    conditions: [specOf('Hot')],
    events: [{ reason: 'Looked', severity: 'info', description: 'looked' }],
    create: ({ memory }) => createLook(memory, { first: 0, look }),
  })
  let fans = 0
  const fan = checkOf(
    () => {
      fans++
      return { findings: [healthy('FanBroken')] }
    },
    { type: 'fan-check', conditions: [specOf('FanBroken')] },
  )
  const definition = defineMonitor({ name: 'tiny', description: '', checks: [heat, fan] })
  return { definition, seen, counts, fans: () => fans }
}

const STATUS = new Map<ConditionStatus, string>([
  [ConditionStatus.TRUE, 'TRUE'],
  [ConditionStatus.FALSE, 'FALSE'],
  [ConditionStatus.UNKNOWN, 'UNKNOWN'],
])

async function ask(client: RpcClient, parameters: Record<string, string> = {}) {
  const { conditions, events } = await client.call(ExternalMonitorService.checkHealth, { parameters, sequence: 1 })
  const words = conditions.map(({ type, status, message }) => `${type} ${STATUS.get(status)} ${message}`)
  return { words, events: events.map(({ message }) => message) }
}

const WELL = ['Hot FALSE gpu:0: 12 % used', 'FanBroken FALSE 12 % used']

describe('parameters of a caller', () => {
  it('reach the check that takes them, for his answer alone: nothing is kept, and nobody else is told', async () => {
    const { definition, seen, counts, fans } = heated()
    const { client } = await host(stage, definition, ENTRIES)
    expect(await ask(client)).toEqual({ words: WELL, events: ['limit 85'] })
    const watch = watchMonitor(stage, client)
    const present = await watch.reports(3)
    const looks = fans()
    expect(await ask(client, { limit: '70', other: 'x' })).toEqual({
      words: ['Hot TRUE gpu:0: 80 degrees, limit 70', 'FanBroken FALSE 12 % used'],
      events: ['limit 70'],
    })
    expect(seen).toEqual([{}, { limit: '70' }])
    expect(fans()).toBe(looks)
    expect(await ask(client)).toEqual({ words: WELL, events: [] })
    // The next that is told is the next run: the one for the answer stands neither there nor in what the check keeps.
    await client.call(MonitorService.check, { check: 'heat' })
    const next = await watch.report()
    expect(next.observations.map(({ message }) => message)).toEqual(['12 % used'])
    expect(present.flatMap(({ observations }) => observations.map(({ message }) => message))).not.toContain(
      '80 degrees, limit 70',
    )
    // Nor does one that is asked for count as a turn: it begins with what the last one began with.
    expect(counts).toEqual([0, 1, 0])
  })

  it('that no check takes change nothing, and ask nothing', async () => {
    const { definition, seen } = heated()
    const { client } = await host(stage, definition, ENTRIES)
    await ask(client)
    expect((await ask(client, { unknown: '1', constructor: 'x' })).words).toEqual(WELL)
    expect(seen).toEqual([{}])
  })

  it('are cut and cleaned', async () => {
    const { definition, seen } = heated()
    const { client } = await host(stage, definition, ENTRIES)
    await ask(client, { limit: `9\u0000\n0${'0'.repeat(400)}` })
    expect(seen.at(-1)?.['limit']?.length).toBeLessThanOrEqual(256)
    expect(seen.at(-1)?.['limit']).toMatch(/^9 ?0+…?$/)
  })

  it('make the answer unknown where the look fails or hangs, and the present state stays as it is', async () => {
    const { definition } = heated({
      look: ({ parameters }) => (parameters['limit'] === undefined ? Promise.resolve() : new Promise(() => undefined)),
    })
    const { client } = await host(stage, definition, ENTRIES)
    await ask(client)
    expect((await ask(client, { limit: '1' })).words).toEqual([
      'Hot UNKNOWN gpu:0: check heat did not answer within 500 ms',
      'FanBroken FALSE 12 % used',
    ])
    // It hangs still: none is started beside it, and what is known is the answer.
    expect((await ask(client, { limit: '1' })).words).toEqual(WELL)
    expect((await ask(client)).words).toEqual(WELL)
  })

  it('of many at once are looked at one after another, and who comes too late has the common answer', async () => {
    const { definition, seen } = heated()
    const { client } = await host(stage, definition, ENTRIES)
    await ask(client)
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(client, { limit: '70' })))
    const own = answers.filter(({ words }) => words[0] !== WELL[0])
    expect(own.length).toBeGreaterThanOrEqual(1)
    expect(seen.length - 1).toBe(own.length)
    expect(own.length).toBeLessThanOrEqual(12)
  })

  it('leave what the look does not name as it is known', async () => {
    const look = (context: CheckContext<unknown>): CheckResult =>
      Object.keys(context.parameters).length > 0
        ? { findings: [problem('Hot', 'gpu:1')], withdrawn: [{ type: 'Hot', entity: 'gpu:0' }] }
        : { findings: [problem('Hot', 'gpu:0', 'as known'), healthy('Hot', 'gpu:1'), problem('Dusty', '', 'as known')] }
    const conditions = [specOf('Hot'), specOf('Dusty'), specOf('Silent')]
    const heat = checkOf(look, { type: 'heat-check', parameters: ['limit'], conditions })
    const definition = defineMonitor({ name: 'tiny', description: '', checks: [heat] })
    const { client } = await host(stage, definition, [{ name: 'heat', type: 'heat-check' }])
    const known = await client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })
    const answer = await client.call(ExternalMonitorService.checkHealth, { parameters: { limit: '1' }, sequence: 2 })
    expect(answer.conditions.map(({ type, message }) => `${type} ${message}`)).toEqual([
      'Hot gpu:1: 96 % used',
      'Dusty as known',
    ])
    expect(answer.conditions[1]).toEqual(known.conditions[1])
  })

  it('that no answer can be made of are an error for who asks, and for nobody else', async () => {
    const { service } = createExternalRpc({
      name: 'tiny',
      metadata: () => ({}) as never,
      present: () => [],
      firstRuns: () => Promise.resolve(),
      answer: () => Promise.reject(new Error('no room')),
      mayTake: () => false,
      onAsked: () => undefined,
      onAnswered: () => expect.unreachable(),
      onStop: () => undefined,
    })
    const { checkHealth } = service.implementation as ExternalMonitorServer
    const said = new Promise((resolve) => {
      checkHealth({ request: { parameters: {}, sequence: 1 } } as never, (err) => resolve(err))
    })
    expect(await said).toEqual({ code: 13, details: 'no room' })
  })
})

describe('a caller who has hung up before his answer', () => {
  it('takes nothing of what happened: the next who asks is told it', async () => {
    const looked = Promise.withResolvers<void>()
    const looking = Promise.withResolvers<void>()
    const { definition } = heated({
      look: ({ parameters }) => {
        if (parameters['limit'] === undefined) return Promise.resolve()
        looking.resolve()
        return looked.promise
      },
    })
    const { client } = await host(stage, definition, [{ name: 'heat', type: 'heat-check' }, ENTRIES[1] ?? {}])
    const metadata = () => client.call(ExternalMonitorService.getMetadata, {})
    await client.call(MonitorService.check, { check: 'heat' })
    const gone = new AbortController()
    const request = { parameters: { limit: '70' }, sequence: 1 }
    const hangsUp = client.call(ExternalMonitorService.checkHealth, request, { signal: gone.signal })
    await looking.promise
    gone.abort()
    await expect(hangsUp).rejects.toMatchObject({ code: 'CANCELLED' })
    // Over the same connection: the monitor has heard of the other before.
    await metadata()
    looked.resolve()
    await metadata()
    expect((await ask(client)).events).toContain('limit 85')
  })

  it('moves no cursor', async () => {
    const { service, happened } = createExternalRpc({
      name: 'tiny',
      metadata: () => ({}) as never,
      present: () => [],
      firstRuns: () => Promise.resolve(),
      answer: () => undefined,
      mayTake: () => true,
      onAsked: () => undefined,
      onAnswered: () => expect.unreachable(),
      onStop: () => undefined,
    })
    const { checkHealth } = service.implementation as ExternalMonitorServer
    happened([], true)
    const said = new Promise((resolve) => {
      const call = { request: { parameters: {}, sequence: 1 }, cancelled: true }
      checkHealth(call as never, (err) => resolve(err))
    })
    expect(await said).toMatchObject({ code: 1 })
  })
})
