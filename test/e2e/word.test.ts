/** A person's word: `clear` and `forget` of the command line, to real processes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventView, ProblemView } from '#view'
import { diskCheck, memoryCheck, withChecks } from './checks.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'
import { canMount, createDisk, type Disk } from './disk.ts'

const CLI = new URL('../../dist/cli.mjs', import.meta.url).pathname
const MONITOR = new URL('./hostile-monitor.ts', import.meta.url).pathname
const SICK = 'ToldSick'
const ME = `${userInfo().username}@${hostname()}`

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

describe.skipIf(!canMount)("a person's word", () => {
  let c: Constellation
  let disk: Disk
  const children = new Map<string, ChildProcess>()

  /** Asynchronously: this process reads what the services log. */
  function cli(...args: string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const argv = [CLI, ...args, '--run-dir', c.runDir]
      execFile(process.execPath, argv, { encoding: 'utf8', timeout: 20_000 }, (err, out, stderr) =>
        resolve({ code: err === null ? 0 : Number(err.code), out, err: stderr }),
      )
    })
  }
  function begin(name: string): void {
    const socket = join(c.runDir, 'monitors', `${name}.sock`)
    children.set(name, spawn(process.execPath, [MONITOR, socket, 'told', SICK], { stdio: 'inherit' }))
  }
  async function resolved(type: string): Promise<ProblemView | undefined> {
    return (await c.status()).resolved.find((problem) => problem.type === type)
  }
  async function clearings(): Promise<string[]> {
    const { events } = await c.json<{ events: EventView[] }>('/events')
    return events.filter(({ reason }) => reason === 'ProblemCleared').map(({ message }) => message)
  }
  async function sources(): Promise<readonly string[]> {
    return (await c.condition(SICK))?.sources ?? []
  }

  beforeAll(async () => {
    disk = await createDisk()
    await disk.fill(0.95)
    // It looks once: what it saw is over by a person's word alone.
    const once = { ...diskCheck(disk.mount), interval: '10m' }
    c = await startConstellation({
      config: {
        ...withChecks(once, memoryCheck()),
        plugins: [{ name: 'named', socketAddress: '/nonexistent/named.sock' }],
        // Nothing else is open while a person's word is looked at: what was resolved stands there then.
        detector: { lostAfter: '15s' },
      } as unknown as Record<string, unknown>,
    })
    await c.ready()
  }, 60_000)
  afterAll(async () => {
    for (const child of children.values()) child.kill('SIGKILL')
    await c?.stop()
    await disk?.remove()
  }, 60_000)

  it('is refused in words where it is no word, and where nothing of that name is open', async () => {
    const entity = `disk:${disk.mount}`
    await until('the disk is full', () => c.problem('DiskFull', entity))
    const answers = await Promise.all([
      cli('clear', 'DiskFull'),
      cli('clear', 'DiskFul', '--why', 'a disk was added'),
      cli('clear', 'DiskFull', '--entity', 'disk:/nowhere', '--why', 'a disk was added'),
      cli('forget', 'sytem'),
      cli('forget', 'system'),
    ])
    const usage = 'node-doctor: clear: expected --why TEXT: why the problem is over, for whoever looks later\n'
    expect(answers).toEqual([
      { code: 2, out: '', err: `${usage}node-doctor --help lists what there is.\n` },
      { code: 1, out: '', err: 'no problem DiskFul is open; did you mean DiskFull?\n' },
      {
        code: 1,
        out: '',
        err: expect.stringMatching(/^no problem DiskFull of disk:\/nowhere is open; DiskFull is open of: disk:\//),
      },
      { code: 1, out: '', err: 'no monitor is named "sytem"; did you mean system?\n' },
      {
        code: 1,
        out: '',
        err: 'monitor system cannot be forgotten: the configuration names it; take it out there\n',
      },
    ])
    expect(await c.problem('DiskFull', entity)).toMatchObject({ generation: 1 })
  }, 30_000)

  it('closes a problem of a monitor of ours: with its proof and an event, and it is gone everywhere', async () => {
    const entity = `disk:${disk.mount}`
    await disk.free()
    const { summary = '' } = (await c.problem('DiskFull', entity)) ?? {}
    const ran = await cli('clear', 'DiskFull', '--entity', entity, '--why', 'a disk was added')
    expect(ran).toEqual({ code: 0, out: `cleared: ${summary}\n`, err: '' })
    const over = await until('it is over', () => resolved('DiskFull'))
    expect(over).toMatchObject({ generation: 1, proof: 'operator', entity })
    expect(JSON.stringify(over)).toContain(`cleared by ${ME}: a disk was added`)
    const [told] = await until('that is told', async () => (await clearings()).length === 1 && clearings())
    expect(told).toContain(`was cleared by ${ME}: a disk was added`)
    expect(await c.condition('DiskFull', entity)).toMatchObject({ health: 'healthy', reason: 'Cleared' })
    const [open, past] = (await cli('status')).out.split('Resolved last:')
    expect(open).not.toContain(disk.mount)
    expect(past).toContain(`cleared by ${ME}: a disk was added`)
    const looked = async () => {
      const system = (await c.status()).monitors.find(({ name }) => name === 'system')
      return system?.checks.find(({ check }) => check === 'memory')?.last
    }
    const last = Date.parse(await until('its monitor has looked at other things', looked))
    await until('it did so twice more', async () => Date.parse((await looked()) ?? '') - last >= 2000)
    expect(await c.problem('DiskFull', entity)).toBeUndefined()
  }, 30_000)

  it('holds when one of two sources looks anew and the other does not, until that one finds it again', async () => {
    begin('ann')
    begin('bob')
    await until('both say so', async () => (await sources()).length === 2 && (await c.problem(SICK)))
    expect(await cli('clear', SICK, '--why', 'seen')).toMatchObject({ code: 0 })
    await until('it is over', () => resolved(SICK))
    children.get('ann')?.kill('SIGUSR2')
    await until('ann’s look arrives', async () => (await c.condition(SICK))?.reason === 'Fine')
    expect(await c.problem(SICK)).toBeUndefined()
    children.get('bob')?.kill('SIGUSR1')
    expect(await until('bob found it again', () => c.problem(SICK))).toMatchObject({ generation: 2 })
  }, 30_000)

  it('ends all of a plug-in that is gone, at once, and of none that answers or is configured', async () => {
    const answering = 'monitor bob cannot be forgotten: it answers; stop it first\n'
    const configured = 'monitor named cannot be forgotten: the configuration names it; take it out there\n'
    expect(await Promise.all([cli('forget', 'bob'), cli('forget', 'named')])).toEqual([
      { code: 1, out: '', err: answering },
      { code: 1, out: '', err: configured },
    ])
    children.get('bob')?.kill('SIGKILL')
    await until('bob is missed', () => c.problem('MonitorUnreachable', 'monitor:bob'), 30_000)
    const ran = await cli('forget', 'bob')
    expect(ran).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^forgotten: bob\nended: /) })
    await until('nothing of it is left', async () => {
      const { monitors, problems, conditions } = await c.status()
      const left = [...problems, ...conditions].filter(
        ({ type, entity }) =>
          entity === 'monitor:bob' || (type === SICK && problems.some((open) => open.type === SICK)),
      )
      return left.length === 0 && !monitors.some(({ name }) => name === 'bob')
    })
    expect(await sources()).toEqual(['ann'])
    const { resolved: over } = await c.status()
    expect(over.find(({ entity }) => entity === 'monitor:bob')).toMatchObject({ proof: 'source-removed' })
    expect(over.find(({ type, generation }) => type === SICK && generation === 2)).toMatchObject({
      proof: 'source-removed',
    })
  }, 60_000)

  it('is not taken where there is no detector', async () => {
    c.hold('detector')
    c.kill('detector')
    const err = expect.stringMatching(/^Not known: (the detector does not answer on|there is no detector on) /)
    await until('it is gone', () => c.pid('detector') === -1)
    expect(await cli('clear', 'DiskFull', '--why', 'x')).toEqual({ code: 3, out: '', err })
    expect(await cli('forget', 'ann')).toEqual({ code: 3, out: '', err })
  }, 30_000)
})
