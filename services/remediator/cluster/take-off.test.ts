import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import type { Remediation } from '#model'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import type { Mute } from '../gates/types.ts'
import { replay } from '../state/fold.ts'
import { EMPTY_STATE } from '../state/types.ts'
import { LIMITS, SIGHT } from '../testing/questions.ts'
import { createTakeOff, type TakeOffOptions } from './take-off.ts'

/** What is otherwise than that all is well and every gate allows. */
interface Otherwise {
  readonly cordoned?: true
  readonly held?: true
  readonly paused?: true
  readonly off?: true
  readonly disabled?: true
  readonly dryRun?: true
  readonly deaf?: true
  readonly troubled?: true
}

const drain: Remediation = {
  ...{ kind: 'started', attempt: 'a-1', problem: SIGHT, mode: 'act', number: 1, of: 1, cooldownMs: 1 },
  verifyWithinMs: 1,
  act: { strategy: 'drain', target: 'node', parameters: {}, text: 'drain' },
}
const ended = (outcome: 'succeeded' | 'failed'): Remediation => ({
  ...{ kind: 'ended', attempt: 'a-1', outcome, message: '', output: '', isOutputCut: false, durationMs: 1 },
  figures: [],
})
const paused: Remediation = { kind: 'paused', by: 'ada', why: 'stop' }

function nodeOf({ cordoned }: Otherwise): KubeNode {
  return {
    metadata: {
      ...{ name: 'w1', uid: 'u', resourceVersion: '1' },
      annotations: cordoned ? { 'node-doctor.io/cordoned': 'a-1' } : {},
    },
    spec: cordoned ? { unschedulable: true } : {},
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  } as unknown as KubeNode
}

/** A turn of it. @returns what was done with the lease */
async function turn(is: Otherwise): Promise<readonly string[]> {
  const whats = [drain, ended(is.cordoned ? 'succeeded' : 'failed'), ...(is.paused ? [paused] : [])]
  const told = whats.map((what, at) => ({
    time: new Date(0),
    bootId: 'b1',
    monoMs: at,
    what,
    journal: 'j',
    sequence: at + 1,
  }))
  const done: string[] = []
  let isHeld = is.held ?? false
  const lease: TakeOffOptions['lease'] = {
    get isHeld() {
      return isHeld
    },
    async take() {
      done.push('taken')
      isHeld = true
      return { kind: 'free' }
    },
    async giveBack() {
      done.push('given back')
      isHeld = false
      return true
    },
  }
  const node = nodeOf(is)
  const mute: Mute = { annotation: is.off ? 'off' : 'on', holds: [], disruptiveHolds: [] }
  const takeOff = createTakeOff({
    node: { name: 'w1', client: undefined, word: () => ({ node, api: 'speaks' }), whyAnother: () => '' } as never,
    safety: {
      state: { ...replay(EMPTY_STATE, told), nodeUid: 'u' },
      trouble: is.troubled ? 'the journal is damaged' : undefined,
      ring: { all: () => told } as never,
      nowMs: () => 1_000,
      write: async () => undefined,
    } as never,
    lease,
    limits: {
      ...LIMITS,
      ...(is.disabled && { enabled: { isOn: false, why: 'remediation.enabled is false' } }),
      ...(is.dryRun && { dryRun: { isOn: true, why: 'remediation.dryRun is true' } }),
    },
    mute: () => mute,
    known: {
      detector: () => ({
        ...{ heartbeatAgeMs: is.deaf ? undefined : 1_000, waitingMs: 0, behindMs: new Map(), nodeUpMs: 1e9 },
        isGoingDown: false,
      }),
      problem: () => undefined,
      isWatching: () => true,
      isAbsent: () => true,
      around: () => ({ problem: undefined, condition: undefined, look: undefined }),
    },
    clock: fakeClock(),
    log: keepLog().log,
    signal: new AbortController().signal,
  })
  await takeOff.turn()
  return done
}

const HOLDING = ['paused', 'off', 'disabled', 'dryRun', 'deaf', 'troubled'] as const

describe('the lease of the fleet', () => {
  it('is taken again where the node stands drained, and given back where nothing stands', async () => {
    expect(await turn({ cordoned: true })).toEqual(['taken'])
    expect(await turn({ cordoned: true, held: true })).toEqual([])
    expect(await turn({ held: true })).toEqual(['given back'])
  })

  it.each(HOLDING)('is so also where nothing may be changed: %s', async (why) => {
    expect(await turn({ cordoned: true, [why]: true })).toEqual(['taken'])
    expect(await turn({ held: true, [why]: true })).toEqual(['given back'])
  })
})
