/** Asked of a real systemd over a real bus. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHost } from '../host.ts'
import { processState, run } from '../testing.ts'
import type { Host } from '../types.ts'
import { connectBus } from './bus/connection.ts'
import type { BusMessage } from './bus/message.ts'
import { openSockets, type SystemdMachine, startSystemd, whyNoSystemd } from './testing-systemd.ts'
import type { Unit } from './types.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`units of a real systemd: ${why}`)

const SLEEPS = '[Service]\nExecStart=/bin/sleep infinity\n'

describe.skipIf(why !== '')('units of a systemd', () => {
  let machine: SystemdMachine
  let host: Host

  beforeAll(async () => {
    machine = await startSystemd({
      'nd-up.service': SLEEPS,
      'nd-alias-of.service': `${SLEEPS}[Install]\nAlias=nd-alias.service\n`,
      'nd-fails.service': '[Service]\nExecStart=/bin/sh -c "exit 7"\n',
      'nd-restarts.service': '[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=0.1\nStartLimitBurst=1000\n',
      'nd-bad.service': '[Service]\nType=oneshot\nRestart=always\nExecStop=nonsense\n',
      'nd-later.timer': '[Timer]\nOnActiveSec=1d\n',
      'nd-later.service': SLEEPS,
    })
    host = createHost({ root: machine.root })
    await machine.systemctl('enable', '--quiet', 'nd-alias-of')
    await machine.systemctl('mask', '--quiet', 'nd-masked')
    await machine.systemctl('start', 'nd-up', 'nd-alias-of', 'nd-restarts', 'nd-fails', 'nd-later.timer')
  }, 60_000)
  afterAll(() => machine?.[Symbol.asyncDispose](), 30_000)

  async function unit(name: string): Promise<Unit> {
    const look = await host.units.unit(name)
    if (look.kind === 'unknown') throw new Error(look.message)
    return look.unit
  }
  async function until(what: string, look: () => Promise<boolean>): Promise<void> {
    for (const endMs = performance.now() + 15_000; !(await look()); )
      if (performance.now() > endMs) throw new Error(what)
  }

  it('says what is active, since when, and as which process', async () => {
    const up = await unit('nd-up')
    expect(up).toMatchObject({ name: 'nd-up.service', loadState: 'loaded', activeState: 'active', subState: 'running' })
    expect(up).toMatchObject({ fileState: 'static', service: { result: 'success', restarts: 0, exitStatus: 0 } })
    expect(Date.now() - (up.activeEnteredAt?.getTime() ?? 0)).toBeLessThan(60_000)
    const [told] = (await machine.systemctl('show', '-P', 'MainPID', 'nd-up')).split('\n')
    expect(up.service?.mainPid).toBe(Number(told))
  })

  it('says what failed and with which code, what is not there, what may not be started, what makes no sense', async () => {
    await until('it failed', async () => (await unit('nd-fails.service')).activeState === 'failed')
    const failed = { loadState: 'loaded', service: { result: 'exit-code', mainPid: undefined, exitStatus: 7 } }
    expect(await unit('nd-fails.service')).toMatchObject({ ...failed, subState: 'failed' })
    const idle = { activeState: 'inactive', subState: 'dead', activeEnteredAt: undefined }
    expect(await unit('nd-none.service')).toMatchObject({ ...idle, loadState: 'not-found', fileState: '' })
    expect(await unit('nd-masked.service')).toMatchObject({ ...idle, loadState: 'masked' })
    expect(await unit('nd-bad')).toMatchObject({ ...idle, loadState: 'bad-setting' })
  })

  it('counts how often systemd started one again', async () => {
    await until('twice', async () => ((await unit('nd-restarts')).service?.restarts ?? 0) >= 2)
    const { activeState, subState } = await unit('nd-restarts')
    expect(['activating', 'active']).toContain(activeState)
    expect(['auto-restart', 'running', 'start']).toContain(subState)
  })

  it('knows one by its other name, and units that are no services', async () => {
    expect(await unit('nd-alias')).toMatchObject({
      name: 'nd-alias-of.service',
      activeState: 'active',
      fileState: 'enabled',
    })
    expect(await unit('nd-later.timer')).toMatchObject({
      activeState: 'active',
      subState: 'waiting',
      service: undefined,
    })
    expect(await unit('-.slice')).toMatchObject({ activeState: 'active', loadState: 'loaded' })
  })

  it('leaves no connection open, whatever came of it', async () => {
    const before = await openSockets()
    await Promise.all(Array.from({ length: 20 }, (_, at) => unit(at % 2 === 0 ? 'nd-up' : 'nd-none')))
    await until('they are closed', async () => (await openSockets()) <= before)
  })

  it('can make a unit restart and hear when that is done: the way of repairs', async () => {
    const before = await unit('nd-up')
    const heard = Promise.withResolvers<BusMessage>()
    using bus = connectBus({
      socketPath: `${machine.root}/run/dbus/system_bus_socket`,
      signal: new AbortController().signal,
      // A unit that is always started again has jobs of its own.
      onSignal: (message) =>
        message.member === 'JobRemoved' && message.body[2] === 'nd-up.service' && heard.resolve(message),
    })
    const systemd = { destination: 'org.freedesktop.systemd1', path: '/org/freedesktop/systemd1' }
    const manager = { ...systemd, interface: 'org.freedesktop.systemd1.Manager' }
    const own = {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
    }
    const match = "type='signal',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'"
    const [, subscribed, job] = await Promise.all([
      bus.call({ ...own, member: 'AddMatch', args: [match] }),
      bus.call({ ...manager, member: 'Subscribe' }),
      bus.call({ ...manager, member: 'RestartUnit', args: ['nd-up.service', 'replace'] }),
    ])
    expect([subscribed.kind, job.kind]).toEqual(['returned', 'returned'])
    const { body } = await heard.promise
    expect(body.slice(1)).toEqual([job.kind === 'returned' && job.values[0], 'nd-up.service', 'done'])
    const after = await unit('nd-up')
    expect(after.activeState).toBe('active')
    expect(after.service?.mainPid).not.toBe(before.service?.mainPid)
  })

  it('tells every user whom the machine has a name for, and dbus-daemon sends the others away', async () => {
    const program = `
      const { createHost } = await import(process.argv[1])
      const look = await createHost({ root: process.argv[2] }).units.unit('nd-up')
      console.log(look.kind, look.unit?.activeState ?? look.reason)`
    const args = ['--input-type=module', '-e', program, join(import.meta.dirname, '../host.ts'), machine.root]
    const as = (uid: number, gid: number): Promise<string> =>
      run('setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', process.execPath, ...args)
    expect(await as(65_534, 65_100)).toBe('known active\n')
    expect(await as(65_102, 0)).toBe('unknown closed\n')
  })

  it('knows nothing while the bus stands still, however often it is asked, and knows again afterwards', async () => {
    process.kill(machine.busPid, 'SIGSTOP')
    try {
      const before = await openSockets()
      const asked = Array.from({ length: 60 }, () => host.units.unit('nd-up', { timeoutMs: 100 }))
      const looks = new Set((await Promise.all(asked)).map((look) => (look.kind === 'unknown' ? look.reason : 'known')))
      expect([...looks]).toEqual(['hung'])
      await until('they are closed', async () => (await openSockets()) <= before)
    } finally {
      process.kill(machine.busPid, 'SIGCONT')
    }
    await until('it is known again', async () => (await host.units.unit('nd-up')).kind === 'known')
  })

  it('knows nothing while systemd stands still behind its bus', async () => {
    process.kill(machine.systemdPid, 'SIGSTOP')
    try {
      expect(await host.units.unit('nd-up', { timeoutMs: 200 })).toMatchObject({ kind: 'unknown', reason: 'hung' })
    } finally {
      process.kill(machine.systemdPid, 'SIGCONT')
    }
    expect(await unit('nd-up')).toMatchObject({ activeState: 'active' })
  })
})

const BEATS =
  'StartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh -c "while :; do touch /tmp/alive; sleep 0.02; done"\n'

it.skipIf(why !== '')(
  'machines of tests that run at once have nothing in common, stop units at once, and are gone when they end',
  async () => {
    const start = (): Promise<SystemdMachine> => startSystemd({ 'nd-up.service': SLEEPS, 'nd-beats.service': BEATS })
    await using other = await start()
    const machine = await start()
    for (const each of [other, machine]) await each.systemctl('start', 'nd-up')
    const lifeOf = (each: SystemdMachine) => each.systemctl('show', '-p', 'ActiveState', '-p', 'MainPID', 'nd-up')
    const life = await lifeOf(other)
    expect(life).toMatch(/^ActiveState=active$/m)
    for (let times = 0; times < 15; times++)
      await Promise.all([machine, other].map((each) => each.systemctl('restart', 'nd-beats')))
    await machine.systemctl('stop', 'nd-up', 'nd-beats')
    expect(await lifeOf(other)).toBe(life)
    await machine[Symbol.asyncDispose]()
    expect(await processState(machine.systemdPid)).toBe('gone')
    expect(await lifeOf(other)).toBe(life)
  },
)
