import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectUnix } from '#rpc'
import { systemClock } from '#service'
import { keepLog } from '../../../libs/service/testing.ts'
import { RUNG, SIGHT } from '../testing/questions.ts'
import { absentCarrier } from './absent.ts'
import { createHearing } from './hearing.ts'
import { ATTEMPT, type At, against, DEADLINE_MS, ended, never } from './testing-against.ts'
import { type HostileWays, startHostileRunner } from './testing-hostile.ts'
import { endedAs } from './types.ts'
import { whileUp } from './while-up.ts'

/** Whether it is known to have ended. */
async function over({ runner, clock }: At): Promise<string | undefined> {
  const passing = setInterval(() => void clock.advance(1_000), 20)
  const order = { attempt: ATTEMPT, act: RUNG.act, problem: SIGHT, deadlineMs: 1_000 }
  return runner.isOver?.(order, never).finally(() => clearInterval(passing))
}

it('says of a machine that is going down so, and nothing is begun through the API server there; of what it refuses itself it goes on', async () => {
  const byApi = { ...absentCarrier(''), tryOut: () => Promise.resolve(endedAs('declined', '')) }
  const down = await against({ says: () => [], refusal: 'the machine is going down', goingDown: true })
  expect((await whileUp(byApi, down.runner).fit(RUNG.act))?.refusal).toBe('the machine is going down')
  const up = await against({ says: () => [], refusal: 'drain is nothing that is done on the host' })
  expect(await whileUp(byApi, up.runner).fit(RUNG.act)).toEqual({ refusal: '' })
  const silent = { fit: () => Promise.resolve(undefined) }
  expect(await whileUp(byApi, silent).fit(RUNG.act)).toEqual({ refusal: '' })
})

/** A plug-in as a process of its own, which ends an act after 200 ms. */
async function slowRunner(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-slow-'))
  const socket = join(dir, 'x.sock')
  const text = `
    import { startHostileRunner } from '${join(import.meta.dirname, 'testing-hostile.ts')}'
    function* says() {
      for (const endMs = performance.now() + 200; performance.now() < endMs; );
      yield { $case: 'ended', value: { attempt: '', outcome: 1, message: 'done', output: '', figures: [], durationMs: 200 } }
    }
    await startHostileRunner('${socket}', { says })
    console.log('up')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  })
  await once(child.stdout, 'data')
  return socket
}

it('hears an end that came while this process was stopped, however long that was', async () => {
  const client = connectUnix(await slowRunner())
  onTestFinished(() => client.close())
  const clock = systemClock()
  const hearing = createHearing({ client, name: 'fixer', clock, log: keepLog('remediator').log })
  await client.connected(never)
  const order = { attempt: ATTEMPT, act: RUNG.act, problem: SIGHT, deadlineMs: 400, onStep: async () => undefined }
  const heard = hearing.hearFor(order, false, 400, never)
  await new Promise((soon) => setTimeout(soon, 100))
  // As by SIGSTOP: nothing of it is read, and timers are what comes first.
  await new Promise((soon) => setImmediate(soon))
  for (const endMs = performance.now() + 600; performance.now() < endMs; );
  expect(await heard).toMatchObject({ kind: 'ended', ended: { outcome: 'succeeded', message: 'done' } })
})

describe('a plug-in that means no good', () => {
  it('says as much as fits a journal, and no line that is none', async () => {
    const long = ended({
      message: `done\n\u202e${'x'.repeat(50_000)}`,
      output: `a\0${'ü'.repeat(100_000)}\ud800`,
      durationMs: 2 ** 40,
      figures: [
        { what: 'free\n', before: Number.NaN, after: 1, unit: '' },
        ...Array.from({ length: 500 }, () => ({ what: 'b'.repeat(500), before: 1, after: 2, unit: '%' })),
      ],
    })
    const at = await against({ refusal: 'n\no', says: () => [long] })
    const end = await at.run()
    expect(end.message).toMatch(/^done x{1000,1019}…$/)
    expect([end.output.length <= 65_536, end.output.includes('\0'), end.isOutputCut]).toEqual([true, false, true])
    expect(end.durationMs).toBeLessThan(DEADLINE_MS)
    expect(end.figures).toHaveLength(15)
    expect(end.figures[0]?.what.length).toBe(63)
    expect(await at.runner.fit(RUNG.act)).toEqual({ refusal: 'n o' })
  })

  it('is joined and never begun again, and given up, where its answers are no answers', async () => {
    const at = await against({ says: () => [ended({ output: 'x'.repeat(1_000_000) })] })
    expect(await at.run()).toMatchObject({
      outcome: 'lost',
      message: expect.stringContaining('did not say how it ended'),
    })
    expect(at.hostile.asked).toMatchObject({ begun: 1, joined: 3, cancelled: 1 })
  })

  it('is heard no further than a few steps, and no more at all where it goes on', async () => {
    const step = (n: number) => ({ $case: 'step', value: { attempt: ATTEMPT, step: `s${n}`, detail: 'd' } }) as const
    const at = await against({ says: () => Array.from({ length: 5_000 }, (_, n) => step(n)) })
    expect(await at.run()).toMatchObject({
      outcome: 'lost',
      mayRun: true,
      message: expect.stringContaining('said too much'),
    })
    expect([at.steps.length, at.hostile.asked.cancelled]).toEqual([64, 1])
  })

  it('is told until when it may begin, which is well before it is given up', async () => {
    const at = await against({ says: () => [], isSilent: true })
    const beganMs = at.clock.monotonicMs()
    await at.run()
    const [begin, join] = at.hostile.runs
    expect(begin?.beginByMs).toBeGreaterThanOrEqual(beganMs + DEADLINE_MS)
    expect(begin?.beginByMs).toBeLessThan(beganMs + DEADLINE_MS + 5_000)
    expect([join?.join, join?.beginByMs]).toEqual([true, 0])
  })

  it('is told so too where it came after a while, which is taken from its time', async () => {
    const at = await against({ says: () => [], isSilent: true })
    await at.hostile.close()
    const fromMs = at.clock.monotonicMs()
    const run = at.run()
    await expect.poll(() => at.clock.monotonicMs() - fromMs, { interval: 5 }).toBeGreaterThan(10_000)
    const back = await startHostileRunner(join(at.dir, 'x.sock'), { says: () => [], isSilent: true })
    onTestFinished(back.close)
    await expect.poll(() => back.asked.cancelled, { interval: 5, timeout: 20_000 }).toBe(1)
    const givenUpMs = at.clock.monotonicMs()
    await run
    expect(back.runs[0]?.beginByMs).toBeLessThan(givenUpMs - 3_000)
  })

  it('is not waited for beyond its time, and called off', async () => {
    const at = await against({ says: () => [], isSilent: true })
    const beganMs = at.clock.monotonicMs()
    const why = 'its time was over; it was called off, and may run still'
    expect(await at.run()).toMatchObject({ outcome: 'lost', mayRun: true, message: expect.stringContaining(why) })
    expect(at.clock.monotonicMs() - beganMs).toBeLessThanOrEqual(DEADLINE_MS + 20_000)
    expect(at.hostile.asked).toEqual({ can: 0, begun: 1, joined: 1, cancelled: 1 })
    expect(await over(at)).toBe('')
  })

  it('has failed, and runs no more, where it says so once it is called off', async () => {
    const ways: HostileWays = { says: () => [], isSilent: true }
    const at = await against(ways)
    ways.says = () => {
      if (at.hostile.asked.cancelled === 0) return []
      ways.isSilent = false
      return [ended({ message: 'all done', output: 'half' })]
    }
    const end = await at.run()
    const message = 'fixer was called off: its time was over; it has ended: all done'
    expect([end.outcome, end.message, end.output, end.mayRun]).toEqual(['failed', message, 'half', undefined])
    expect(await over(at)).toBe('fixer says that it has ended: succeeded, all done')
    expect(at.hostile.asked).toMatchObject({ begun: 1, cancelled: 1 })
  })

  it('holds nobody up that asks whether it could', async () => {
    const at = await against({ says: () => [] })
    const waited: number[] = []
    for (let asks = 0; asks < 6; asks++) {
      const fromMs = at.clock.monotonicMs()
      const passing = setInterval(() => void at.clock.advance(500), 10)
      expect(await at.runner.fit(RUNG.act)).toBeUndefined()
      clearInterval(passing)
      waited.push(at.clock.monotonicMs() - fromMs)
      await at.clock.advance(10_000)
    }
    expect(waited.every((ms) => ms <= 3_500)).toBe(true)
    expect(waited.slice(-2)).toEqual([0, 0])
  })

  it('that answers late has answered whoever asks, until it is asked for an act', async () => {
    const at = await against({ refusal: '', refusesAfterMs: 300, says: () => [ended({})] })
    const soon = async () => {
      const passing = setInterval(() => void at.clock.advance(200), 5)
      return at.runner.fit(RUNG.act).finally(() => clearInterval(passing))
    }
    expect(await soon()).toBe(undefined)
    await expect.poll(soon).toEqual({ refusal: '' })
    // A person asks for the plan, and the desk asks.
    expect([await soon(), await soon()]).toEqual([{ refusal: '' }, { refusal: '' }])
    await at.run()
    expect(await soon()).toBe(undefined)
  })

  it('is waited for where nobody is there before it was asked for anything, and nothing has failed', async () => {
    const at = await against({ says: () => [ended({})] })
    await at.hostile.close()
    const end = await at.run()
    expect(end.outcome).toBe('declined')
    expect(end.message).toMatch(/^fixer is not there: nobody listens on /)
    const onStep = () => Promise.resolve()
    const run = at.runner.run(
      { attempt: ATTEMPT, act: RUNG.act, problem: SIGHT, deadlineMs: DEADLINE_MS, onStep },
      never,
    )
    const back = await startHostileRunner(join(at.dir, 'x.sock'), { says: () => [ended({})] })
    onTestFinished(back.close)
    const passing = setInterval(() => void at.clock.advance(100), 20)
    expect(await run.finally(() => clearInterval(passing))).toMatchObject({ outcome: 'succeeded' })
    expect(back.asked).toMatchObject({ begun: 1, joined: 0 })
  })

  it('is not asked where others may stand in its place', async () => {
    const at = await against({ refusal: '', says: () => [ended({})] })
    await chmod(at.dir, 0o777)
    const why = expect.stringMatching(/^others may write to .*, and stand in the place of /)
    expect(await at.runner.fit(RUNG.act)).toEqual({ refusal: why })
    expect(await at.run()).toMatchObject({ outcome: 'declined', message: why })
    expect(at.hostile.asked).toEqual({ can: 0, begun: 0, joined: 0, cancelled: 0 })
    await chmod(at.dir, 0o1777)
    expect(await at.run()).toMatchObject({ outcome: 'succeeded' })
    // Whoever comes next may be anybody.
    await at.hostile.close()
    expect(await at.runner.fit(RUNG.act)).toEqual({ refusal: why })
  })
})

describe('whether who runs acts is there', () => {
  it('is known by an answer: who takes connections and says nothing is not', async () => {
    const ways: HostileWays = { says: () => [], isWell: true }
    const { runner, dir, clock } = await against(ways)
    expect(await runner.isUp()).toBe(true)
    ways.isWell = false
    const passing = setInterval(() => void clock.advance(100), 20)
    onTestFinished(() => clearInterval(passing))
    expect(await runner.isUp()).toBe(false)
    ways.isWell = true
    expect(await runner.isUp()).toBe(true)
    await chmod(dir, 0o777)
    expect(await runner.isUp()).toBe(false)
  })

  it('is no where nobody listens', async () => {
    const { runner, hostile } = await against({ says: () => [], isWell: true })
    await hostile.close()
    expect(await runner.isUp()).toBe(false)
  })
})
