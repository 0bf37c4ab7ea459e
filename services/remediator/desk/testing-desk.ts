/**
 * For tests of the desk: a machine with a disk that takes its time, a bus and a detector that may be away, an API server, and who carries
 * acts out. On it lives one remediator after another: the desk itself, with the state that its journal comes to. A life that is killed does
 * nothing from there on, and what was on its way to the disk may be there or not.
 */
import type { Clock } from '#clock'
import { isOpen, type Problem, type Remediation, type RemediationRecord } from '#model'
import type { LadderRung, Limits } from '#remedies'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { someProblem } from '../../../libs/view/testing.ts'
import type { RemediatorAct } from '../acts/types.ts'
import { createApiCarrier } from '../carry/by-api.ts'
import { type ActEnded, type Carrier, endedAs, type Order } from '../carry/types.ts'
import { CORDONED } from '../drain/cordon.ts'
import type { Mute } from '../gates/types.ts'
import { createLookAgain } from '../know/look-again.ts'
import { openingOf } from '../know/truth.ts'
import { createRing } from '../safety/ring.ts'
import type { Safety } from '../safety/safety.ts'
import { fold } from '../state/fold.ts'
import { journalTime } from '../state/time.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { LIMITS, RUNG } from '../testing/questions.ts'
import { createDesk, type Desk } from './desk.ts'
import type { DeskOptions, Known } from './types.ts'

/** What is done to the machine, as whoever carries it out sees it. */
export interface Deed {
  /** Of the true time that nobody in it knows. */
  readonly trueMs: number
  readonly attempt: string
  readonly fingerprint: string
  readonly strategy: string
  readonly target: string
  /** As it was at that moment, whatever the desk knew. */
  readonly wasPaused: boolean
  readonly wasOff: boolean
  readonly wasOpen: boolean
  /** Others that ran at that moment. */
  readonly beside: readonly string[]
}

/** How acts end. */
export interface Ways {
  outcome: ActEnded['outcome']
  /** How long one takes. */
  lastsMs: number
  /** It is called off then, hears nothing, and goes on for so long. 0: it ends. */
  deafMs: number
}

/** One life of a remediator. */
export interface DeskLife {
  readonly desk: Desk
  readonly options: DeskOptions
  readonly safety: Safety
  /** As SIGKILL: nothing of it happens any more. */
  kill(): void
}

/** Of what strategy, and what else is other than usual. */
export function rungOf(strategy: LadderRung['strategy'], other: Partial<LadderRung> = {}): LadderRung {
  const by = strategy === 'drain' || strategy === 'cordon' ? 'remediator' : 'host'
  return {
    ...RUNG,
    ...{ strategy, by, isDisruptive: strategy === 'drain', timeoutMs: 120_000, given: {}, refusal: '' },
    act: { strategy, target: by === 'host' ? 'unit:kubelet.service' : 'node', parameters: {}, text: strategy },
    ...other,
  }
}

/** A problem that has just opened, seen by a check that looks. */
export function openProblem(now: Date, other: Partial<Problem> = {}): Problem {
  return someProblem({ phase: 'opened', opened: now, changed: now, lastSeen: now, ...other })
}

const UP_MS = 600_000
const NODE_UID = 'uid-1'
const OWN_STEPS = ['cordoning', 'cordoned', 'evicting', 'drained'] as const

/** A machine on which nothing lives yet. It has been up for ten minutes. */
export function createMachine(setting: { readonly limits?: Partial<Limits>; readonly rungs: readonly LadderRung[] }) {
  const clock = fakeClock()
  const bornMs = clock.monotonicMs()
  const records: { readonly record: RemediationRecord; readonly sequence: number }[] = []
  const problems = new Map<string, Problem>()
  const looks = new Map<string, number>()
  const deeds: Deed[] = []
  /** By attempt: how it comes to its end, at whoever carries it out. */
  const runs = new Map<string, Promise<ActEnded>>()
  const under = new Set<string>()
  const machine = {
    clock,
    records,
    problems,
    deeds,
    ways: { outcome: 'succeeded', lastsMs: 1_000, deafMs: 0 } as Ways,
    limits: { ...LIMITS, ...setting.limits } as Limits,
    rungs: setting.rungs,
    annotation: 'on' as Mute['annotation'],
    /** A write takes so long. */
    diskMs: 5,
    hasBus: true,
    beats: true,
    hasApi: true,
    hasMonitor: true,
    /** Its checks tell when they looked. */
    hasRuns: true,
    isGoingDown: false,
    /** The journal's disk has no room: what may wait is written behind, and counts. */
    isFull: false,
    boot: 1,
    bootedMs: bornMs - UP_MS,
    suspendedMs: 0,
    life: undefined as DeskLife | undefined,
    /** Whose cordon stands on the node; "": none does. */
    cordon: '',
    trueMs: () => clock.monotonicMs() - bornMs,
    /** Opens a problem, or the same anew. */
    opens(fingerprint: string, other: Partial<Problem> = {}): Problem {
      const before = problems.get(fingerprint)
      const generation = (before?.generation ?? 0) + 1
      const problem = openProblem(clock.now(), { fingerprint, generation, ...other })
      problems.set(fingerprint, problem)
      looked(fingerprint)
      return problem
    },
    resolves(fingerprint: string): void {
      const before = problems.get(fingerprint)
      if (before === undefined) return
      problems.set(fingerprint, { ...before, phase: 'resolved', resolved: clock.now(), proof: 'healthy-checks' })
      looked(fingerprint)
    },
    /** Every check has looked now. */
    look(): void {
      for (const fingerprint of problems.keys()) looked(fingerprint)
    },
    /** What is told of one kind, the oldest first. */
    told<K extends Remediation['kind']>(kind: K) {
      return records.flatMap(({ record: { what } }) =>
        what.kind === kind ? [what as Extract<Remediation, { kind: K }>] : [],
      )
    },
    begin,
    reboot(): void {
      machine.life?.kill()
      runs.clear()
      under.clear()
      machine.boot++
      machine.bootedMs = clock.monotonicMs()
      machine.suspendedMs = 0
    },
    suspend(ms: number): void {
      clock.pass(ms)
      machine.suspendedMs += ms
    },
  }
  const nowMs = () => machine.life?.safety.nowMs() ?? 0
  const seenAt = new Map<string, number>()
  function looked(fingerprint: string): void {
    looks.set(fingerprint, clock.monotonicMs())
    seenAt.set(fingerprint, nowMs())
  }

  function did({ attempt, act, problem }: Pick<Order, 'attempt' | 'act' | 'problem'>): void {
    const { fingerprint } = problem.opening
    const { paused } = stateOnDisk()
    const problemNow = problems.get(fingerprint)
    deeds.push({
      ...{ trueMs: machine.trueMs(), attempt, fingerprint, strategy: act.strategy, target: act.target },
      wasPaused: paused !== undefined && (paused.untilMs === undefined || paused.untilMs > nowMs()),
      wasOff: machine.annotation !== 'on' || !machine.limits.enabled.isOn || machine.limits.dryRun.isOn,
      wasOpen: problemNow !== undefined && isOpen(problemNow),
      beside: [...under].filter((other) => other !== attempt),
    })
  }

  function stateOnDisk(): SafetyState {
    return records.reduce<SafetyState>((state, { record }) => fold(state, record), EMPTY_STATE)
  }

  /** Whoever runs programs of the host: they go on whoever asked for them lives or not. */
  function runnerOf(alive: <T>(promise: Promise<T>) => Promise<T>): Carrier {
    function runOf(order: Order): Promise<ActEnded> {
      const { outcome, lastsMs, deafMs } = machine.ways
      did(order)
      under.add(order.attempt)
      const { boot } = machine
      const over = () => {
        if (boot === machine.boot) under.delete(order.attempt)
      }
      return clock.sleep(lastsMs).then((): ActEnded => {
        if (deafMs > 0) {
          clock.after(deafMs, over)
          return { ...endedAs('lost', 'it was called off, and may run still'), mayRun: true }
        }
        over()
        return endedAs(outcome, 'done')
      })
    }
    const orLeave = (run: Promise<ActEnded>, signal: AbortSignal) =>
      alive(
        new Promise<ActEnded>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          run.then(resolve, reject)
        }),
      )
    return {
      fit: () => alive(Promise.resolve({ refusal: '' })),
      run(order, signal) {
        const run = runOf(order)
        runs.set(order.attempt, run)
        return orLeave(run, signal)
      },
      isOver: ({ attempt }) => alive(Promise.resolve(under.has(attempt) ? '' : 'it says that it has ended')),
      async join({ attempt }, signal) {
        const run = runs.get(attempt)
        return run === undefined ? alive(Promise.resolve(undefined)) : orLeave(run, signal)
      },
    }
  }

  /** What goes through the API server: this process's own, which ends with it. Each step takes a second. */
  function ownActs(life: Clock): readonly RemediatorAct[] {
    return (['drain', 'cordon'] as const).map((strategy) => ({
      strategy,
      isDisruptive: () => strategy === 'drain',
      canRun: () => Promise.resolve(machine.hasApi ? { refusal: '' } : undefined),
      async run({ attempt, act, problem, mode, before, signal, onStep }) {
        for (const step of OWN_STEPS.slice(0, strategy === 'drain' ? 4 : 2)) {
          if (before?.some((one) => one.step === step) === true) continue
          await onStep(step, attempt)
          if (mode === 'dry-run') continue
          if (step === 'cordoned') machine.cordon = attempt
          did({ attempt, act, problem })
          under.add(attempt)
          try {
            await life.sleep(1_000, signal)
          } finally {
            under.delete(attempt)
          }
        }
        const { outcome } = machine.ways
        const how = outcome === 'lost' ? 'failed' : outcome
        return { outcome: how, message: strategy, output: '', isOutputCut: false, figures: [] }
      },
    }))
  }

  function createSafety(life: Clock, alive: <T>(promise: Promise<T>) => Promise<T>): Safety {
    const ring = createRing('journal-1')
    let state = stateOnDisk()
    for (const { record, sequence } of records) ring.add(record, sequence)
    let queue: Promise<unknown> = Promise.resolve()
    const moment = () => ({ bootId: `b${machine.boot}`, monoMs: life.monotonicMs() })
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const done = queue.then(work)
      queue = done.catch(() => undefined)
      return alive(done)
    }
    async function written(what: Remediation) {
      if (machine.isFull && what.kind !== 'ended' && what.kind !== 'verified') throw new Error('ENOSPC: no space left')
      const record = { ...moment(), time: life.now(), what }
      await life.sleep(machine.diskMs)
      const sequence = records.length + 1
      records.push({ record, sequence })
      state = fold(state, record)
      return ring.add(record, sequence)
    }
    return {
      ...{ ring, isFailing: false, distrust: () => undefined },
      get trouble() {
        return machine.isFull ? 'the journal cannot be written: ENOSPC' : undefined
      },
      get isFull() {
        return machine.isFull
      },
      startOf: ring.startOf,
      writeBehind: () => Promise.resolve(false),
      get state() {
        return state
      },
      nowMs: () => journalTime(state, moment()),
      write: (what) => inTurn(() => written(what)),
      writeIf: (what, may) => inTurn(async () => (may(state) ? written(what) : undefined)),
      renew: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }
  }

  function knownOf(life: Clock, safety: Safety, alive: <T>(promise: Promise<T>) => Promise<T>): Known {
    // What is heard of the bus stays as it was while it is away.
    let heard = new Map<string, Problem>()
    const now = () => {
      if (machine.hasBus) heard = new Map(problems)
      return heard
    }
    return {
      isKnown: () => now().size > 0 || machine.hasBus,
      problems: () => now().values(),
      problem: (fingerprint) => now().get(fingerprint),
      around(problem) {
        const agoMs = clock.monotonicMs() - (looks.get(problem.fingerprint) ?? 0)
        if (!machine.hasRuns) return { problem, condition: undefined, look: undefined }
        return { problem, condition: undefined, look: { atMs: safety.nowMs() - agoMs, intervalMs: 30_000 } }
      },
      isWatching: () => machine.hasMonitor,
      isAbsent: () => machine.hasMonitor,
      detector: () => ({
        heartbeatAgeMs: machine.hasBus && machine.beats ? 500 : 60_000,
        waitingMs: 0,
        behindMs: new Map(),
        nodeUpMs: life.monotonicMs(),
        isGoingDown: machine.isGoingDown,
      }),
      async askNow(fingerprint) {
        await alive(life.sleep(1))
        if (!machine.hasBus) throw new Error('the bus is away')
        return problems.get(fingerprint)
      },
    }
  }

  /** Begins a life; the one before is killed. */
  function begin(changes: Partial<DeskOptions> = {}): DeskLife {
    machine.life?.kill()
    const state = { isDead: false }
    const alive = <T>(promise: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        promise.then(
          (value) => state.isDead || resolve(value),
          (err: unknown) => state.isDead || reject(err),
        )
      })
    const life: Clock = {
      ...clock,
      monotonicMs: () => clock.monotonicMs() - machine.bootedMs - machine.suspendedMs,
      sleep: (ms, signal) => alive(clock.sleep(ms, signal)),
      after: (ms, run) => clock.after(ms, () => state.isDead || run()),
    }
    const began = { kind: 'began', version: '1' } as const
    const record = { time: life.now(), bootId: `b${machine.boot}`, monoMs: life.monotonicMs(), what: began }
    records.push({ record, sequence: records.length + 1 })
    const safety = createSafety(life, alive)
    const known = knownOf(life, safety, alive)
    const { log } = keepLog('remediator')
    const host = runnerOf(alive)
    const nodeNow = () => ({
      metadata: { name: 'w1', uid: NODE_UID, annotations: machine.cordon === '' ? {} : { [CORDONED]: machine.cordon } },
      spec: { unschedulable: machine.cordon !== '' },
      status: {},
    })
    const heard = async (signal: AbortSignal) => {
      while (!machine.hasApi) await life.sleep(500, signal)
      return nodeNow()
    }
    const acts = ownActs(life)
    const look: DeskOptions['look'] = async () => {
      if (machine.hasBus && machine.beats) machine.look()
      return machine.hasBus && machine.beats ? 'made' : 'not-had'
    }
    const byApi = createApiCarrier({
      node: {
        word: () => ({ node: nodeNow(), api: machine.hasApi ? 'speaks' : 'silent' }),
        listen: () => () => undefined,
        whyAnother: () => '',
        heard,
      },
      acts: () => acts,
      lease: {
        take: async () => ({ kind: 'free' }),
        confirm: async () => '',
        confirmLately: async () => '',
        onLost: () => () => undefined,
      },
      lookAgain: createLookAgain({ known, look, safety, clock: life }),
      uidBefore: NODE_UID,
      clock: life,
      log,
    })
    const options: DeskOptions = {
      ...{ safety, known, clock: life, log },
      ladderOf: () => machine.rungs,
      carrierOf: ({ by }) => (by === 'remediator' ? byApi : host),
      mute: () => ({ annotation: machine.annotation, holds: [], disruptiveHolds: [] }),
      lease: {
        peek: () => ({ kind: 'free' }),
        take: async () => ({ kind: 'free' }),
        giveBack: async () => true,
      },
      look,
      get limits() {
        return machine.limits
      },
      ...changes,
    }
    // None of it reaches a life that is over.
    const desk = createDesk(options, new AbortController().signal)
    void desk.run()
    const begun: DeskLife = {
      ...{ desk, options, safety },
      kill() {
        state.isDead = true
        for (const attempt of under) if (!runs.has(attempt)) under.delete(attempt)
      },
    }
    machine.life = begun
    return begun
  }

  return machine
}

/** What a test has. */
export type Machine = ReturnType<typeof createMachine>

/** The opening as it is now. */
export function openingNow({ problems }: Machine, fingerprint: string) {
  const problem = problems.get(fingerprint)
  if (problem === undefined) throw new Error(`${fingerprint} was never open`)
  return openingOf(problem)
}
