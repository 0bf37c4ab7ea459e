import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { takeLock } from '#host'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { systemClock } from '#service'
import { someProblem } from '../../libs/view/testing.ts'
import { openSafety } from './safety/safety.ts'
import { type Life, type Scene, scenesOfTests } from './testing-scene.ts'

const sceneOf = scenesOfTests()
const POLL = { timeout: 15_000, interval: 50 }

async function kinds(scene: Scene, life: Life): Promise<readonly string[]> {
  // What is not heard yet is refused for a moment.
  return (await scene.records(life)).map(({ what }) => what.kind).filter((kind) => kind !== 'refused')
}

/** What the plan says of a problem; what may pass in a moment is no record. */
async function verdict({ client }: Life, problem: string): Promise<string> {
  const { plans } = await client.call(RemediatorService.plan, { problem })
  return plans[0]?.verdict ?? ''
}

/** Gate and reason of what was refused last. */
async function refusal(scene: Scene, life: Life): Promise<string> {
  const last = (await scene.records(life)).map(({ what }) => what).findLast(({ kind }) => kind === 'refused')
  return last?.kind === 'refused' ? `${last.gate}: ${last.reason}` : ''
}

const refusals = (scene: Scene, life: Life) => expect.poll(() => refusal(scene, life).catch(() => ''), POLL)
const verdicts = (life: Life, problem = '') => expect.poll(() => verdict(life, problem).catch(() => ''), POLL)
const told = (scene: Scene, life: Life) => expect.poll(() => kinds(scene, life).catch(() => []), POLL)

describe('the remediator', () => {
  it('repairs what is proven, once, and knows by the problem that it helped', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    await scene.problem()
    await told(scene, life).toEqual(['began', 'started', 'ended'])
    await scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'healthy-checks', proofText: 'two looks' })
    await told(scene, life).toEqual(['began', 'started', 'ended', 'seen', 'verified'])
    const [, started, ended, , verified] = (await scene.records(life)).filter(({ what }) => what.kind !== 'refused')
    expect(scene.runner.begun).toEqual([started?.what.kind === 'started' ? started.what.attempt : ''])
    expect(ended?.what).toMatchObject({ outcome: 'succeeded', message: 'done', output: 'fixed' })
    expect(verified?.what).toMatchObject({ verdict: 'proven', message: 'two looks' })
  }, 30_000)

  it('tries as often as it may while looks still find it, and then leaves it to people', async () => {
    const scene = await sceneOf('', { verifyWithin: '1s' })
    const life = await scene.run()
    await scene.problem()
    const looks = setInterval(() => void scene.look().catch(() => undefined), 300)
    try {
      await expect.poll(() => kinds(scene, life), { ...POLL, timeout: 25_000 }).toContain('exhausted')
    } finally {
      clearInterval(looks)
    }
    expect(scene.runner.begun).toHaveLength(2)
    const verdicts = (await scene.records(life)).flatMap(({ what }) => (what.kind === 'verified' ? [what.verdict] : []))
    expect(verdicts).toEqual(['not-proven', 'not-proven'])
  }, 40_000)

  it('does nothing while the detector is not heard, and says why', async () => {
    const scene = await sceneOf()
    scene.beats = false
    const life = await scene.run()
    await scene.problem()
    await verdicts(life).toContain('truth: no heartbeat of the detector was heard')
    expect(scene.runner.begun).toEqual([])
  }, 30_000)

  it('tells in a dry run what it would do, as often as it would, and does nothing', async () => {
    const scene = await sceneOf('  dryRun: true')
    const life = await scene.run()
    await scene.problem()
    await told(scene, life).toContain('ended')
    const [, started, ended] = (await scene.records(life)).filter(({ what }) => what.kind !== 'refused')
    expect(started?.what).toMatchObject({ mode: 'dry-run', number: 1, of: 2 })
    expect(ended?.what).toMatchObject({
      message: 'it would do: have the plug-in do fixer/fix (remediation.dryRun is true)',
    })
    expect(scene.runner.begun).toEqual([])
  }, 30_000)

  it('joins what ran when it was ended, and begins it not again', async () => {
    const scene = await sceneOf()
    const { promise, resolve } = Promise.withResolvers<void>()
    scene.runner.ways.until = promise
    const first = await scene.run()
    await scene.problem()
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
    await first.stop()
    const second = await scene.run()
    await expect.poll(() => scene.runner.joined.length, POLL).toBe(1)
    resolve()
    await told(scene, second).toContain('ended')
    expect(scene.runner.begun).toHaveLength(1)
    const ended = (await scene.records(second)).find(({ what }) => what.kind === 'ended')
    expect(ended?.what).toMatchObject({ outcome: 'succeeded' })
  }, 30_000)

  it('repairs by others while a plug-in that was stopped answers nothing, and says so of that', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-stopped-'))
    const socket = join(dir, 'stuck.sock')
    const text = `require('net').createServer().listen('${socket}', () => { console.log('up'); process.kill(process.pid, 'SIGSTOP') })`
    const stopped = spawn(process.execPath, ['-e', text], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(async () => {
      stopped.kill('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    })
    await once(stopped.stdout, 'data')
    const scene = await sceneOf('', { other: { name: 'stuck', socket } })
    const life = await scene.run()
    const worst = {
      check: 'stuck',
      source: 'system',
      owner: 'system',
      fingerprint: 'system.Stuck.1',
      opened: new Date(0),
    }
    await scene.look()
    await scene.detector.problem(someProblem({ ...worst, phase: 'opened', generation: 1 }))
    await verdicts(life, worst.fingerprint).toMatch(/: fit: stuck did not answer$/)
    await scene.problem()
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 40_000)

  it('has nothing done by a plug-in on a machine that is going down', async () => {
    const scene = await sceneOf('', { hasHostActions: true })
    Object.assign(scene.hostActions?.ways ?? {}, { refusal: 'the machine is going down', isGoingDown: true })
    const life = await scene.run()
    await scene.problem()
    await verdicts(life).toMatch(/: fit: the machine is going down$/)
    expect(scene.runner.begun).toEqual([])
    Object.assign(scene.hostActions?.ways ?? {}, {
      refusal: 'it is nothing that is done on the host',
      isGoingDown: false,
    })
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 40_000)

  it('does nothing by a journal that it cannot read, until a person puts it aside', async () => {
    const scene = await sceneOf()
    const first = await scene.run()
    await told(scene, first).toEqual(['began'])
    await first.stop()
    await writeFile(join(scene.dir, 'state/remediator/journal.0'), 'garbage')
    const life = await scene.run()
    await scene.problem()
    const plan = async () => (await life.client.call(RemediatorService.plan, { problem: '' })).plans[0]?.verdict
    await expect.poll(() => plan().catch(() => ''), POLL).toContain('journal.0')
    expect(scene.runner.begun).toEqual([])
    const { text } = await life.client.call(RemediatorService.reset, { what: 'journal', by: 'ann' })
    expect(text).toContain('put aside by ann')
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
    expect((await kinds(scene, life)).slice(0, 3)).toEqual(['began', 'reset', 'started'])
  }, 30_000)

  it('has the journal for itself, whatever run folder another one was given', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    await told(scene, life).toEqual(['began'])
    // Whoever cleans up takes the locks away, and another process of another run folder begins: they are not what keeps it out.
    await rm(join(scene.bus.dir, 'remediator-lock'), { recursive: true })
    const dir = join(scene.dir, 'state/remediator')
    const at = { dir, machineId: 'm', bootId: 'b', version: '1', clock: systemClock(), log: life.log.log }
    const another = () => openSafety({ ...at, onRecord: () => undefined })
    await expect(another()).rejects.toThrow(`cannot use ${dir}/journal.0: another process has it`)
    await life.stop()
    const free = await another()
    expect(free.trouble).toContain('it is of machine')
    await free.close()
  }, 30_000)

  it('ends where its lock was taken away: another one may act', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    await told(scene, life).toEqual(['began'])
    const path = join(scene.bus.dir, 'remediator-lock/remediator.lock')
    await rm(path)
    const other = await takeLock(path, 'another')
    expect(other.kind).toBe('held')
    await scene.problem()
    expect(await life.service.failure).toMatchObject({ message: 'the lock was lost' })
    expect(scene.runner.begun).toEqual([])
    if (other.kind === 'held') await other.lock.release()
  }, 30_000)

  it('begins nothing while it is paused', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    await told(scene, life).toEqual(['began'])
    for (const forMs of [1, 366 * 86_400_000])
      await expect(life.client.call(RemediatorService.pause, { by: 'ann', why: 'slip', forMs })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    await life.client.call(RemediatorService.pause, { by: 'ann', why: 'upgrade', forMs: 0 })
    await scene.problem()
    await refusals(scene, life).toBe('enabled: paused by ann: upgrade')
    await told(scene, life).toEqual(['began', 'paused'])
    expect((await scene.records(life)).at(-1)?.what).toMatchObject({
      gate: 'enabled',
      reason: 'paused by ann: upgrade',
    })
    await life.client.call(RemediatorService.resume, { by: 'ann' })
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 30_000)

  it('gives no leave for what needs none', async () => {
    const scene = await sceneOf('  dryRun: true')
    const life = await scene.run()
    await scene.problem()
    await told(scene, life).toContain('ended')
    const { plans } = await life.client.call(RemediatorService.plan, { problem: '' })
    const id = plans[0]?.acts[0]?.id ?? ''
    await expect(life.client.call(RemediatorService.approve, { id, by: 'ann' })).rejects.toThrow(
      `nothing waits for the approval "${id}": external-action needs none (remediation.approval)`,
    )
  }, 30_000)

  it('waits for a person where that is asked for, and uses the leave once', async () => {
    const scene = await sceneOf('  approval: [external-action]')
    const life = await scene.run()
    await scene.problem()
    await refusals(scene, life).toContain('approval: it waits for the approval')
    const { plans } = await life.client.call(RemediatorService.plan, { problem: '' })
    const id = plans[0]?.acts[0]?.id ?? ''
    await expect(life.client.call(RemediatorService.approve, { id: 'x', by: 'ann' })).rejects.toThrow('nothing waits')
    await life.client.call(RemediatorService.approve, { id, by: 'ann' })
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
    await told(scene, life).toContain('ended')
    const again = await life.client.call(RemediatorService.plan, { problem: '' })
    const gate = again.plans[0]?.acts[0]?.gates.find((said) => said.gate === 'approval')
    expect(gate?.text).toContain('it waits for the approval')
  }, 30_000)
})
