/** Killed between every two steps: nothing is asked for twice, and what it was is known. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import type { Attempt } from '../acts/types.ts'
import { endedAs, type Order, type TryingCarrier } from '../carry/types.ts'
import { CORDONED, REBOOTING } from '../drain/cordon.ts'
import { createPlace, type Place } from '../drain/testing-pods.ts'
import type { ToldStep } from '../state/types.ts'
import { SIGHT } from '../testing/questions.ts'
import { planRebooting } from './mark.ts'
import { createRebootCarrier } from './proof.ts'
import { createRebootAct } from './reboot.ts'
import { mayCome } from './steps.ts'

const ACT = { strategy: 'node-reboot', target: 'node', parameters: {}, text: 'drain and reboot the node' }
const [ATTEMPT, BOOT, MINUTE_MS] = ['3f2a91c0-7', 'boot-1', 60_000]

let at: Place
let clock: FakeClock
beforeEach(async () => {
  at = await createPlace()
  clock = fakeClock()
})
afterEach(() => at.close())

/** Who asks logind: once for an attempt, whoever comes how often, as host-actions does. */
function createHost() {
  const asked: string[] = []
  return {
    asked,
    host: {
      fit: () => Promise.resolve({ refusal: '' }),
      run: ({ attempt }: Pick<Order, 'attempt'>) => {
        if (asked.includes(attempt))
          return Promise.resolve(endedAs('lost', 'a reboot was asked for, and did not come yet'))
        asked.push(attempt)
        return Promise.resolve(endedAs('succeeded', 'logind has taken the reboot'))
      },
    },
  }
}

type Host = ReturnType<typeof createHost>['host']
const actOf = (host: Host) =>
  createRebootAct({
    ...{ client: at.client, node: 'w1', clock, host, bootId: BOOT },
    lookAgain: () => Promise.resolve({ word: 'allows', text: 'seen 1 s ago' }),
    nowMs: () => clock.monotonicMs(),
  })

/** One life of the process: killed before or after the record of this number is written, or never. */
async function live(
  host: Host,
  journal: ToldStep[],
  isFirst: boolean,
  killAt?: { number: number; isWritten: boolean },
) {
  const process = new AbortController()
  let number = 0
  const given: Attempt = {
    ...{ attempt: ATTEMPT, act: ACT, problem: SIGHT, mode: 'act', timeoutMs: 25 * MINUTE_MS, signal: process.signal },
    before: isFirst ? undefined : [...journal],
    onStep: (step, detail) => {
      process.signal.throwIfAborted()
      const isEnd = number++ === killAt?.number
      if (!isEnd || killAt?.isWritten === true) journal.push({ step, detail, atMs: clock.monotonicMs() })
      if (isEnd) process.abort(new Error('killed'))
      return isEnd ? Promise.reject(new Error('killed')) : Promise.resolve()
    },
  }
  return actOf(host).run(given)
}

const standing = () => {
  const { spec, metadata } = at.api.node('w1') ?? {}
  return [spec?.unschedulable === true, metadata?.annotations?.[CORDONED], metadata?.annotations?.[REBOOTING]]
}
const STEPS = ['cordoning', 'cordoned', 'evicting', 'drained', 'looking', 'looked', 'asking', 'asked']
const kills = STEPS.flatMap((step, number) => [false, true].map((isWritten) => ({ step, number, isWritten })))

describe('a reboot', () => {
  it.each(kills)('killed at $step (written: $isWritten) is gone on with, and asked for once', async (kill) => {
    const { host, asked } = createHost()
    const journal: ToldStep[] = []
    await expect(live(host, journal, true, kill)).rejects.toThrow('killed')
    const second = live(host, journal, false)
    await expect.poll(() => journal.at(-1)?.step).toBe('asked')
    expect([asked, standing()]).toEqual([[ATTEMPT], [true, ATTEMPT, BOOT]])
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0)
    await clock.advance(10 * MINUTE_MS)
    expect(await second).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/^no other boot id within 10 min/),
    })
    expect([asked, standing()[0], mayCome(journal)]).toEqual([[ATTEMPT], true, true])
  })

  it('waits for its 10 minutes from when it was first asked for, over a kill', async () => {
    const { host } = createHost()
    const journal: ToldStep[] = []
    await expect(live(host, journal, true, { number: 6, isWritten: true })).rejects.toThrow('killed')
    await clock.advance(9 * MINUTE_MS)
    const second = live(host, journal, false)
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0)
    await clock.advance(MINUTE_MS - 1)
    expect(await Promise.race([second, Promise.resolve('waits')])).toBe('waits')
    await clock.advance(1)
    expect((await second).outcome).toBe('failed')
  })

  it('of which nobody knows whether it was asked for is waited for, whatever is said later', async () => {
    const { host } = createHost()
    const declining = { ...host, run: () => Promise.resolve(endedAs('declined', 'backup blocks a shutdown')) }
    const journal: ToldStep[] = []
    await expect(live(host, journal, true, { number: 6, isWritten: true })).rejects.toThrow('killed')
    const second = live(declining, journal, false)
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0)
    expect(standing()[0]).toBe(true)
    await clock.advance(10 * MINUTE_MS)
    expect((await second).message).toContain('no other boot id')
  })

  it('that was not asked for is put back after a kill', async () => {
    const { host, asked } = createHost()
    const declining = { ...host, run: () => Promise.resolve(endedAs('declined', 'backup blocks a shutdown')) }
    const journal: ToldStep[] = []
    await expect(live(declining, journal, true, { number: 7, isWritten: true })).rejects.toThrow('killed')
    expect(journal.at(-1)?.step).toBe('not-asked')
    expect(await live(host, journal, false)).toMatchObject({ outcome: 'failed' })
    expect([asked, standing(), mayCome(journal)]).toEqual([[], [false, undefined, undefined], false])
  })

  it('is proven by another boot id, and by nothing else; no API server is asked for that', async () => {
    const asked: string[] = []
    const byApi = { join: () => Promise.resolve(void asked.push('same boot')) } as unknown as TryingCarrier
    const carrier = createRebootCarrier({ byApi, bootId: BOOT, clock, nowMs: () => clock.monotonicMs() })
    const steps: string[] = []
    const order = {
      ...{ attempt: ATTEMPT, act: ACT, problem: SIGHT, deadlineMs: 1 },
      onStep: async (step: string) => void steps.push(step),
    }
    const join = (bootId: string, before: readonly string[], atMs = -10 * MINUTE_MS) =>
      carrier.join(order, new AbortController().signal, {
        bootId,
        steps: before.map((step) => ({ step, detail: '', atMs })),
        mayGoOn: () => Promise.resolve(''),
      })
    expect(await join(BOOT, STEPS)).toBeUndefined()
    expect(asked).toEqual(['same boot'])
    expect(await join('boot-0', STEPS)).toMatchObject({
      outcome: 'succeeded',
      message: 'the machine was rebooted: its boot id is boot-1, and was boot-0',
    })
    expect(await join('boot-0', STEPS.slice(0, 3))).toMatchObject({
      message: 'the machine came up anew before a reboot was asked for: its boot id is boot-1, and was boot-0',
    })
    expect([steps, asked]).toEqual([['other-boot', 'other-boot'], ['same boot']])
  })

  it.each([
    ['its time is over', STEPS, 10],
    ['its step cannot be written down', STEPS, 10],
    ['its time is over before it was asked for', STEPS.slice(0, -2), 0],
    ['it was not asked for', [...STEPS.slice(0, -1), 'not-asked'], 0],
  ])('that may have been asked for has no end before its 10 minutes: %s', async (how, steps, minutes) => {
    const ends = async (order: Order | undefined) => {
      for (const step of order === undefined ? [] : steps) await order?.onStep(step, '')
      if (how.includes('written')) throw new Error(how)
      return endedAs('failed', how)
    }
    const byApi = { run: ends, join: () => ends(undefined) } as unknown as TryingCarrier
    const carrier = createRebootCarrier({ byApi, bootId: BOOT, clock, nowMs: () => clock.monotonicMs() })
    const order = { attempt: ATTEMPT, act: ACT, problem: SIGHT, deadlineMs: 1, onStep: () => Promise.resolve() }
    const process = new AbortController()
    const before = {
      bootId: BOOT,
      steps: steps.map((step) => ({ step, detail: '', atMs: clock.monotonicMs() })),
      mayGoOn: () => Promise.resolve(''),
    }
    const words = (end: Promise<{ readonly message: string } | undefined>) =>
      end.then(
        (ended) => ended?.message,
        (err: Error) => err.message,
      )
    const over = [words(carrier.run(order, process.signal)), words(carrier.join(order, process.signal, before))]
    if (minutes > 0) {
      await expect.poll(() => clock.sleeping).toBe(2)
      await clock.advance(minutes * MINUTE_MS - 1)
      expect(await Promise.race([...over, Promise.resolve('waits')])).toBe('waits')
      await clock.advance(1)
    }
    expect(await Promise.all(over)).toEqual([how, how])
  })

  it('that may have been asked for is left to the next process where this one leaves', async () => {
    const process = new AbortController()
    const run = async ({ onStep }: Order) => {
      for (const step of STEPS) await onStep(step, '')
      return endedAs('failed', 'its time is over')
    }
    const byApi = { run } as unknown as TryingCarrier
    const carrier = createRebootCarrier({ byApi, bootId: BOOT, clock, nowMs: () => clock.monotonicMs() })
    const order = { attempt: ATTEMPT, act: ACT, problem: SIGHT, deadlineMs: 1, onStep: () => Promise.resolve() }
    const over = carrier.run(order, process.signal)
    await expect.poll(() => clock.sleeping).toBe(1)
    process.abort(new Error('this process leaves'))
    await expect(over).rejects.toThrow('this process leaves')
  })

  it('is marked on a node that is cordoned for it, and on no other', () => {
    const nodeWith = (mark: string | undefined, unschedulable: boolean, boot?: string) =>
      ({
        metadata: {
          name: 'w1',
          resourceVersion: '7',
          annotations: {
            ...(mark !== undefined && { [CORDONED]: mark }),
            ...(boot !== undefined && { [REBOOTING]: boot }),
          },
        },
        spec: unschedulable ? { unschedulable } : {},
      }) as Parameters<typeof planRebooting>[0]
    const kind = (node: Parameters<typeof planRebooting>[0]) => planRebooting(node, ATTEMPT, BOOT).kind
    expect([
      kind(nodeWith(ATTEMPT, true)),
      kind(nodeWith(ATTEMPT, true, BOOT)),
      kind(nodeWith(ATTEMPT, true, 'boot-0')),
      kind(nodeWith(ATTEMPT, false)),
      kind(nodeWith('3f2a91c0-6', true)),
      kind(nodeWith(undefined, true)),
    ]).toEqual(['patch', 'nothing', 'patch', 'refused', 'refused', 'refused'])
  })
})
