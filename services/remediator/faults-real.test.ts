/** Faults of the Go Node Doctor with repairs, as `faults.test.ts` has them, which show over restarts, on a bus, or before an API server. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { fakeClock } from '../../libs/clock/testing.ts'
import { keepLog } from '../../libs/service/testing.ts'
import { drainNode } from './drain/drain-node.ts'
import { createPlace, type Place } from './drain/testing-pods.ts'
import { judge } from './gates/judge.ts'
import { createFleetLease, DURATION_MS } from './lease/fleet-lease.ts'
import { openSafety } from './safety/safety.ts'
import { LIMITS, OPENING, question, RUNG, SIGHT } from './testing/questions.ts'
import { nodesOfTests } from './testing-node.ts'

const POLL = { timeout: 20_000, interval: 20 }
const HOUR_MS = 3_600_000

describe('4.2 state in memory alone', () => {
  let dir = ''
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-faults-'))
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const REBOOT = { ...RUNG.act, strategy: 'node-reboot', target: 'node' }
  const rung = { ...RUNG, act: REBOOT, cooldownMs: 30 * 60_000, maxAttempts: 100 }

  /** A life of the remediator in a boot, as long as it was up. */
  async function life(bootId: string, upMs: number) {
    const clock = fakeClock()
    await clock.advance(upMs)
    const { log } = keepLog('remediator')
    return openSafety({
      dir,
      machineId: 'm1',
      version: '1',
      bootId,
      clock,
      log,
      onRecord: () => undefined,
      segmentBytes: 65_536,
    })
  }

  it('a reboot does not forget itself: while its problem stays there is no other one, whatever process or boot asks', async () => {
    const first = await life('b1', 10 * HOUR_MS)
    const limits = { number: 1, of: 100, cooldownMs: rung.cooldownMs, verifyWithinMs: 600_000 }
    await first.write({ kind: 'began', version: '1' })
    await first.write({ kind: 'started', attempt: 'r', problem: SIGHT, act: REBOOT, mode: 'act', ...limits })
    await first.close()
    const words: string[] = []
    for (const [boot, upMs] of [
      ['b2', 5 * 60_000],
      ['b2', 2 * HOUR_MS],
      ['b3', 20 * HOUR_MS],
    ] as const) {
      const next = await life(boot, upMs)
      const nowMs = next.nowMs()
      const problem = { ...question().truth.problem, sight: { ...SIGHT, opening: OPENING }, lookedAtMs: nowMs } as never
      const truth = { ...question().truth, problem, nodeUpMs: upMs }
      const { state } = next
      const asked = { rung, limits: LIMITS, state, ledger: state.ledgers.act, nowMs, truth }
      words.push(judge(question(asked)).refusal?.gate ?? 'nothing')
      await next.write({
        kind: 'ended',
        attempt: 'r',
        outcome: 'succeeded',
        message: '',
        output: '',
        isOutputCut: false,
        durationMs: 1,
        figures: [],
      })
      await next.write({ kind: 'verified', attempt: 'r', verdict: 'not-observed', message: '' })
      await next.close()
    }
    // Not settled; then its day, which is counted in the time that boots were up.
    expect(words).toEqual(['cooldown', 'budget', 'budget'])
  })
})

describe('4.6 one slow action stalls everything', () => {
  const nodeOf = nodesOfTests()

  it('while an act hangs everything is seen, told and answered, and a person is heard', async () => {
    const node = await nodeOf()
    const { promise, resolve } = Promise.withResolvers<void>()
    node.runner.ways.until = promise
    const ask = () =>
      node.detector.client.call(DetectorService.check, { monitor: 'tiny', check: 'lamp' }, { timeoutMs: 5_000 })
    await expect
      .poll(
        () =>
          ask().then(
            () => true,
            () => false,
          ),
        POLL,
      )
      .toBe(true)
    node.lamp.isBroken = true
    await ask()
    await expect.poll(() => node.runner.begun.length, POLL).toBe(1)
    // The lamp shines by itself, and that is known at once; what runs goes on.
    node.lamp.isBroken = false
    const beganMs = performance.now()
    await ask()
    await expect.poll(() => node.problem(), POLL).toBeUndefined()
    await node.client.call(RemediatorService.pause, { by: 'ann', why: 'it hangs', forMs: 0 }, { timeoutMs: 2_000 })
    const { records } = await node.client.call(RemediatorService.history, { limit: 10, fingerprint: '', before: 0 })
    expect(records.length).toBeGreaterThan(1)
    await node.client.call(RemediatorService.plan, { problem: '' }, { timeoutMs: 2_000 })
    expect(performance.now() - beganMs).toBeLessThan(5_000)
    expect(await node.last('ended')).toBeUndefined()
    resolve()
    await expect.poll(() => node.last('verified'), POLL).toMatchObject({ verdict: 'proven' })
  }, 60_000)
})

describe('before an API server', () => {
  const signal = new AbortController().signal
  let at: Place
  let trueMs = 0
  beforeEach(async () => {
    at = await createPlace()
    trueMs = 1_000_000
    for (const name of ['w3', 'w4', 'w5', 'w6']) at.api.addNode(name)
  })
  afterEach(() => at.close())

  const leaseOf = (node: string) =>
    createFleetLease({
      ...{ calls: at.client, namespace: 'kube-system', node, nowMs: () => trueMs },
      wallClock: () => new Date('2026-05-12T03:14:20Z'),
    })

  it('4.5 an eviction that a PodDisruptionBudget refuses never becomes a delete, nor a drained node', async () => {
    await at.makePod({ name: 'db' })
    await at.api.refuseEviction('default', 'db')
    const clock = fakeClock()
    const drained = drainNode(at.client, clock, {
      ...{ node: 'w1', attempt: 'a-1', mode: 'act', isForced: true, deletesEmptyDir: true, signal },
      ...{ onStep: () => Promise.resolve(), tell: () => undefined },
    })
    let result: Awaited<typeof drained> | undefined
    void drained.then((value) => {
      result = value
    })
    while (result === undefined) {
      await clock.advance(5_000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(result.kind).toBe('failed')
    expect(at.api.requests.filter(({ verb, resource }) => verb === 'delete' && resource === 'pods')).toEqual([])
    // Nor is the node left cordoned.
    expect(at.api.node('w1')?.spec?.unschedulable ?? false).toBe(false)
  }, 60_000)

  it('4.8 a lease is had by the protocol of the server itself, by one; who is denied holds none', async () => {
    const all = ['w1', 'w2', 'w3'].map(leaseOf)
    const taken = await Promise.all(all.map((one, index) => one.take(`${index}`, signal)))
    expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(1)
    expect(all.filter((one) => one.holds())).toHaveLength(1)
    const winner = all.find((one) => one.holds())
    // Denied as often as you like: the next is free the moment that it is given back, not minutes later.
    for (const one of all) if (one !== winner) await one.take('again', signal)
    await winner?.give(signal)
    expect((await leaseOf('w5').take('next', signal)).kind).toBe('taken')
  })

  it('4.8 nobody gives himself leave while there is nobody to ask', async () => {
    const lease = leaseOf('w1')
    await at.close()
    const said = await lease.take('a', signal).then(
      ({ kind }) => kind,
      () => 'rejected',
    )
    expect(said).not.toBe('taken')
    expect(lease.holds()).toBe(false)
    const refusal = judge(question({ isDisruptive: true, lease: { kind: 'not-known', text: 'silent' } })).refusal
    expect(refusal?.gate).toBe('lease')
    at = await createPlace()
  }, 30_000)

  it('4.8 a lease lasts so long and no longer, whatever its holder would like, and is nobody’s who fell silent not Ready', async () => {
    const [one, two] = [leaseOf('w1'), leaseOf('w2')]
    await one.take('a', signal)
    await two.look(signal)
    trueMs += DURATION_MS + 1
    expect(one.holds()).toBe(false)
    expect((await two.take('b', signal)).kind).toBe('taken')
  })
})
