import { describe, expect, it } from 'vitest'
import type { Clock } from '#clock'
import { createHost } from '#host'
import type { HostActs, JobEnd, JobVerb, Systemd, UnitStanding } from '#host/acts'
import { fakeClock } from '../../../libs/clock/testing.ts'
import type { BusSaid } from '../../../libs/host/units/system-bus.ts'
import type { Attempt, Note, Tools } from '../actions/types.ts'
import { doUnitJob, faultOf } from './act.ts'

const unit = (more: Partial<UnitStanding> = {}): UnitStanding => ({
  id: 'nd.service',
  names: ['nd.service'],
  loadState: 'loaded',
  activeState: 'active',
  subState: 'running',
  result: 'success',
  canReload: true,
  refusesStart: false,
  refusesStop: false,
  stopsWith: [],
  hasJob: false,
  invocationId: 'new',
  mainPid: 8,
  ...more,
})
const before = { invocationId: 'old', mainPid: '7' }

it('says of each job how the unit has to stand after it', () => {
  expect(faultOf('restart', before, unit())).toBe('')
  expect(faultOf('start', { invocationId: '', mainPid: '' }, unit({ mainPid: undefined }))).toBe('')
  expect(faultOf('restart', before, unit({ invocationId: 'old' }))).toBe(
    'nd.service is active, and was not started anew',
  )
  expect(faultOf('restart', before, unit({ mainPid: 7 }))).toBe('nd.service is active with the same main process')
  expect(faultOf('start', before, unit({ activeState: 'failed', subState: 'failed', result: 'exit-code' }))).toBe(
    'nd.service is failed (failed, exit-code)',
  )
  expect(faultOf('start', before, unit({ activeState: 'activating', result: '' }))).toBe(
    'nd.service is activating (running)',
  )
  expect(faultOf('stop', before, unit({ activeState: 'inactive' }))).toBe('')
  expect(faultOf('stop', before, unit({ activeState: 'failed' }))).toBe('')
  expect(faultOf('stop', before, unit())).toBe('nd.service is active (running)')
  expect(faultOf('reload', before, unit({ invocationId: 'old' }))).toBe('')
  expect(faultOf('reload', before, unit())).toBe('nd.service was started anew meanwhile')
})

describe('a job', () => {
  const said = (more: Partial<UnitStanding> = {}): BusSaid<UnitStanding> => ({ kind: 'said', value: unit(more) })
  const lost: BusSaid<never> = { kind: 'unknown', reason: 'closed', errorName: '', message: 'the bus does not answer' }
  const old = said({ invocationId: 'old', mainPid: 7 })

  /** A systemd that says one after the other, and the last of them from then on; and a clock that has gone on whenever it is waited for. */
  function at(standings: readonly BusSaid<UnitStanding>[], end: BusSaid<JobEnd> = lost) {
    const asked: string[] = []
    const notes: Note[] = []
    const time = fakeClock()
    const clock: Clock = {
      ...time,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted()
        time.pass(ms)
      },
    }
    const left = [...standings]
    const next = (): BusSaid<UnitStanding> => (left.length > 1 ? left.shift() : left[0]) ?? lost
    const systemd: Systemd = {
      standing: async () => next(),
      async job(verb, name, { timeoutMs }) {
        asked.push(`${verb} ${name} ${timeoutMs}`)
        return end
      },
      async resetFailed(name) {
        asked.push(`reset-failed ${name}`)
        return { kind: 'said', value: undefined }
      },
      startTransient: async () => lost,
    }
    const tools = { host: createHost({ root: '' }), acts: { systemd } as HostActs, clock } as Tools
    const run = (verb: JobVerb, more: Partial<Attempt> = {}) => {
      const signal = new AbortController().signal
      const note = async (kept: Note): Promise<void> => void notes.push(kept)
      const attempt = { deadlineMs: 60_000, signal, cancel: signal, recalled: undefined, note, ...more } as Attempt
      return doUnitJob({ verb, name: 'nd.service' }, attempt, tools)
    }
    return { run, asked, notes, time }
  }
  const done: BusSaid<JobEnd> = { kind: 'said', value: { result: 'done' } }
  const ended = (result: string): BusSaid<JobEnd> => ({ kind: 'said', value: { result } })

  it('is asked for after what stood before is kept and failures are forgotten, and counts once the unit has stood for 5 s', async () => {
    const { run, asked, notes, time } = at([old, said()], done)
    const beganMs = time.monotonicMs()
    expect(await run('restart')).toEqual({
      outcome: 'succeeded',
      message: 'nd.service is active anew, main process 8',
    })
    expect(time.monotonicMs() - beganMs).toBe(5_000)
    expect(notes).toEqual([{ invocationId: 'old', mainPid: '7' }])
    expect(asked).toEqual(['reset-failed nd.service', 'restart nd.service 53000'])
  })

  it('says of each verb how the unit stands, and forgets no failure of what it does not start', async () => {
    const stopped = { activeState: 'inactive', subState: 'dead', mainPid: undefined }
    const stop = at([said(), said(stopped)], done)
    expect((await stop.run('stop')).message).toBe('nd.service is inactive')
    expect(stop.asked).toEqual(['stop nd.service 53000'])
    const start = at([said({ ...stopped, invocationId: '' }), said({ mainPid: undefined })], done)
    expect((await start.run('start')).message).toBe('nd.service is active')
    expect((await at([said()], done).run('reload')).message).toBe('nd.service was reloaded and is active')
  })

  it('is declined where it may not be, or nobody says how the unit stands, and nothing is kept or asked for', async () => {
    for (const [standing, message] of [
      [said({ loadState: 'masked' }), 'nd.service is masked'],
      [lost, 'the bus does not answer'],
    ] as const) {
      const { run, asked, notes } = at([standing], done)
      expect(await run('restart')).toEqual({ outcome: 'declined', message })
      expect([asked, notes]).toEqual([[], []])
    }
  })

  it('has failed where systemd could not do it, with how the unit stands then, if that is said', async () => {
    const broken = said({ activeState: 'failed', subState: 'failed', result: 'exit-code' })
    expect(await at([old, broken], ended('failed')).run('restart')).toEqual({
      outcome: 'failed',
      message: 'systemd could not restart nd.service (failed): it is failed (failed, exit-code)',
    })
    expect((await at([old, lost], ended('timeout')).run('restart')).message).toBe(
      'systemd could not restart nd.service (timeout)',
    )
    expect(await at([old, said()]).run('restart')).toEqual({ outcome: 'failed', message: 'the bus does not answer' })
  })

  it('has failed where the unit does not stay, in whatever way', async () => {
    const again = at([old, said(), said({ invocationId: 'newer' })], done)
    expect((await again.run('restart')).message).toBe('nd.service does not stay: it was started again within 5 s')
    const same = at(
      [said({ invocationId: '' }), said({ invocationId: '' }), said({ invocationId: '', mainPid: 9 })],
      done,
    )
    expect((await same.run('reload')).message).toBe('nd.service does not stay: it was started again within 5 s')
    const dies = at([old, said(), said({ activeState: 'failed', subState: 'failed', result: 'signal' })], done)
    expect((await dies.run('restart')).message).toBe('nd.service is failed (failed, signal)')
  })

  it('is looked at for as long again where nobody says how the unit stands', async () => {
    const late = at([old, lost, lost, said()], done)
    expect((await late.run('restart')).outcome).toBe('succeeded')
    const never = at([old, lost], done)
    const beganMs = never.time.monotonicMs()
    expect(await never.run('restart')).toEqual({ outcome: 'failed', message: 'the bus does not answer' })
    expect(never.time.monotonicMs() - beganMs).toBe(10_000)
  })

  it('whose end was not heard is told by how the unit stands once there is no job any more', async () => {
    const heard = at([old, said({ hasJob: true }), said({ hasJob: true }), said()], ended('unheard'))
    expect((await heard.run('restart')).outcome).toBe('succeeded')
    expect((await at([old, lost], ended('unheard')).run('restart')).message).toBe('the bus does not answer')
  })

  it('that lasts longer than its time is waited for, and is then what the unit is', async () => {
    const goes = said({ hasJob: true, activeState: 'deactivating', subState: 'stop-sigterm' })
    const minute = Array.from({ length: 120 }, () => goes)
    const { run, time } = at([old, ...minute, said()], ended('running'))
    const beganMs = time.monotonicMs()
    expect(await run('restart', { deadlineMs: 1_000 })).toEqual({
      outcome: 'succeeded',
      message: 'nd.service is active anew, main process 8',
    })
    expect(time.monotonicMs() - beganMs).toBe(65_000)
    const broken = said({ activeState: 'failed', subState: 'failed', result: 'timeout' })
    expect(await at([old, goes, broken], ended('running')).run('restart')).toEqual({
      outcome: 'failed',
      message: 'nd.service is failed (failed, timeout)',
    })
  })

  it('that never ends is let go of a quarter of an hour behind its time, and has failed', async () => {
    for (const end of ['running', 'unheard']) {
      const { run, time } = at([old, said({ hasJob: true })], ended(end))
      const beganMs = time.monotonicMs()
      expect(await run('restart', { deadlineMs: 60_000 })).toEqual({
        outcome: 'failed',
        message: 'the job of nd.service is not over; it goes on',
      })
      expect(time.monotonicMs() - beganMs).toBe(953_000)
    }
  })

  it('is not called off by whoever does not wait for it any more: a restart that is taken back leaves the unit stopped', async () => {
    const goes = said({ hasJob: true })
    const cancel = AbortSignal.abort(new Error('the attempt was called off'))
    const { run, asked } = at([old, goes, goes, said()], ended('running'))
    expect((await run('restart', { cancel })).outcome).toBe('succeeded')
    expect(asked).toEqual(['reset-failed nd.service', 'restart nd.service 53000'])
  })

  it('of an earlier process is judged by how the unit stands, is asked for no second time, and is lost where that proves nothing', async () => {
    const recalled = { invocationId: 'old', mainPid: '7' }
    const proven = at([said({ hasJob: true }), said()], done)
    expect((await proven.run('restart', { recalled })).outcome).toBe('succeeded')
    const never = at([old], done)
    expect(await never.run('restart', { recalled })).toEqual({
      outcome: 'lost',
      message: 'nd.service is active, and was not started anew',
    })
    expect((await at([lost], done).run('restart', { recalled })).outcome).toBe('failed')
    expect([...proven.asked, ...never.asked]).toEqual([])
  })

  it('that nobody waits for any more rejects with why', async () => {
    const leaving = AbortSignal.abort(new Error('we end'))
    await expect(at([old, said()], done).run('restart', { signal: leaving })).rejects.toThrow('we end')
  })
})
