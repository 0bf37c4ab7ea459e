/** What becomes of a question where the bus, or systemd, does not answer as they should. */
import { getEventListeners } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { spawnChild } from '../programs/child.ts'
import { tempFolder } from '../testing.ts'
import { type BusScript, reply, type StrictCall, startFakeBus, type Written } from './testing-bus.ts'
import { unitName, unitPath } from './unit-path.ts'

const UNIT: Readonly<Record<string, Written>> = {
  Id: ['s', 'kubelet.service'],
  LoadState: ['s', 'loaded'],
  ActiveState: ['s', 'active'],
  SubState: ['s', 'running'],
  UnitFileState: ['s', 'enabled'],
  ActiveEnterTimestamp: ['t', 1_796_000_000_123_456n],
}
const SERVICE: Readonly<Record<string, Written>> = {
  Result: ['s', 'success'],
  MainPID: ['u', 812],
  NRestarts: ['u', 3],
  ExecMainStatus: ['i', -1],
}

function answerOf(call: StrictCall, { isLittle = true, unit = UNIT } = {}): Buffer {
  const values: readonly Written[] = call.member === 'GetAll' ? [['a{sv}', unit]] : [['v', SERVICE[call.args[1]!]!]]
  return reply(call.serial, values, { isLittle })
}

async function ask(script: BusScript, name = 'kubelet', timeoutMs = 5000) {
  await using folder = await tempFolder()
  await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
  await using bus = await startFakeBus(join(folder.path, 'run/dbus/system_bus_socket'), script)
  const look = await createHost({ root: folder.path }).units.unit(name, { timeoutMs })
  for (const endMs = performance.now() + 5000; bus.open > 0; await new Promise(setImmediate))
    if (performance.now() > endMs) throw new Error('a connection stays open')
  return { look, calls: bus.calls, complaint: bus.complaint }
}

async function whyUnknown(script: BusScript, timeoutMs?: number): Promise<string> {
  const { look, complaint } = await ask(script, 'kubelet', timeoutMs)
  expect(complaint).toBe('')
  return look.kind === 'unknown' ? `${look.reason}: ${look.message}` : 'known'
}

const known = {
  name: 'kubelet.service',
  loadState: 'loaded',
  activeState: 'active',
  subState: 'running',
  activeEnteredAt: new Date(1_796_000_000_123),
  fileState: 'enabled',
  service: { result: 'success', mainPid: 812, restarts: 3, exitStatus: -1 },
}

describe('a unit over a bus that is strict', () => {
  it('is asked for in one go, starts nobody, and is read in either order of bytes', async () => {
    for (const isLittle of [true, false]) {
      const { look, calls, complaint } = await ask({ answer: (call) => answerOf(call, { isLittle }) })
      expect([look, complaint]).toEqual([{ kind: 'known', unit: known }, ''])
      expect(calls.map(({ member, args }) => [member, ...args].join(' '))).toEqual([
        'Hello',
        'GetAll org.freedesktop.systemd1.Unit',
        ...Object.keys(SERVICE).map((name) => `Get org.freedesktop.systemd1.Service ${name}`),
      ])
      expect(calls.at(-1)).toMatchObject({
        path: '/org/freedesktop/systemd1/unit/kubelet_2eservice',
        destination: 'org.freedesktop.systemd1',
      })
    }
  })

  it('is read whatever pieces it comes in, and in whatever order', async () => {
    const held: Buffer[] = []
    const { look } = await ask({
      answer(call) {
        held.unshift(answerOf(call))
        return held.length === 5 ? Buffer.concat(held) : undefined
      },
      send(socket, bytes) {
        for (const byte of bytes) socket.write(Buffer.from([byte]))
      },
    })
    expect(look).toEqual({ kind: 'known', unit: known })
  })

  it('is known by a systemd that counts no restarts, and not by one that will not say the rest', async () => {
    const unknown = (call: StrictCall) =>
      reply(call.serial, [['s', 'Unknown property or interface.']], {
        error: 'org.freedesktop.DBus.Error.UnknownProperty',
      })
    const without = (name: string) => (call: StrictCall) => (call.args[1] === name ? unknown(call) : answerOf(call))
    const { look } = await ask({ answer: without('NRestarts') })
    expect(look).toEqual({ kind: 'known', unit: { ...known, service: { ...known.service, restarts: 0 } } })
    expect((await ask({ answer: without('MainPID') })).look).toMatchObject({ kind: 'unknown', reason: 'refused' })
  })

  it('of another type has nothing of a service', async () => {
    const unit = { ...UNIT, Id: ['s', 'docker.socket'], ActiveEnterTimestamp: ['t', 0n] } as const
    const { look, calls } = await ask({ answer: (call) => answerOf(call, { unit }) }, 'docker.socket')
    expect(look).toMatchObject({ unit: { name: 'docker.socket', activeEnteredAt: undefined, service: undefined } })
    expect(calls.map(({ member }) => member)).toEqual(['Hello', 'GetAll'])
  })
})

describe('nothing is known of a unit', () => {
  const no = (name: string, text: string) => (call: StrictCall) =>
    reply(call.serial, [['s', text]], { error: `org.freedesktop.DBus.Error.${name}` })

  it('where there is no bus', async () => {
    await using folder = await tempFolder()
    const { units } = createHost({ root: folder.path })
    const message =
      'cannot ask systemd for kubelet.service: there is no /run/dbus/system_bus_socket; without systemd there is no unit to ask for; ' +
      "in a container mount the host's folder /run/dbus below settings.hostRoot"
    expect(await units.unit('kubelet')).toEqual({ kind: 'unknown', reason: 'no-bus', message })
    await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
    await writeFile(join(folder.path, 'run/dbus/system_bus_socket'), '')
    expect(await units.unit('kubelet')).toMatchObject({ kind: 'unknown', reason: 'no-bus' })
  })

  it('where this user may not ask, or the bus or systemd says so', async () => {
    expect(await whyUnknown({ auth: 'REJECTED EXTERNAL\r\n' })).toMatch(/^denied: .*whom the kernel says we are/)
    expect(await whyUnknown({ answer: no('AccessDenied', 'rejected\nsend message') })).toBe(
      'denied: cannot ask systemd for kubelet.service: org.freedesktop.DBus.Error.AccessDenied: rejected send message; ' +
        'let this user ask the bus (its policies are in /etc/dbus-1/system.d)',
    )
  })

  it.skipIf(process.getuid?.() !== 0)('where the socket is not for this user', async () => {
    await using folder = await tempFolder()
    const socket = join(folder.path, 'run/dbus/system_bus_socket')
    await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
    await chmod(folder.path, 0o755)
    await using bus = await startFakeBus(socket, {})
    await chmod(socket, 0o700)
    const { units } = createHost({ root: folder.path })
    process.seteuid?.(65534)
    try {
      expect(await units.unit('kubelet')).toMatchObject({ kind: 'unknown', reason: 'denied' })
    } finally {
      process.seteuid?.(0)
    }
    expect(bus.calls).toEqual([])
  })

  it('where no systemd is on the bus, or it cannot tell', async () => {
    expect(await whyUnknown({ answer: no('ServiceUnknown', 'no such name') })).toMatch(/^no-systemd: /)
    expect(await whyUnknown({ answer: no('NameHasNoOwner', '') })).toMatch(/^no-systemd: /)
    expect(await whyUnknown({ answer: no('NoReply', 'remote peer disconnected') })).toMatch(/^hung: /)
    expect(await whyUnknown({ answer: no('InvalidArgs', 'Unit name is not valid') })).toMatch(/^refused: /)
  })

  it('where the bus takes the connection and says nothing', async () => {
    for (const script of [{ auth: '' }, { auth: 'DATA\r\n' }, {}])
      expect(await whyUnknown(script, 100)).toMatch(/^hung: .*no answer within 100 ms/)
  })

  it('where its queue of connections is full', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
    const listens =
      'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1); print(); time.sleep(60)'
    const up = Promise.withResolvers<void>()
    const args = ['-uc', listens, join(folder.path, 'run/dbus/system_bus_socket')]
    const full = await spawnChild(systemClock(), 'python3', args, { onLine: () => up.resolve(), dieWithParent: true })
    await up.promise
    const { units } = createHost({ root: folder.path })
    const looks = await Promise.all(Array.from({ length: 8 }, () => units.unit('kubelet', { timeoutMs: 200 })))
    expect(new Set(looks.map((look) => look.kind === 'unknown' && look.reason))).toEqual(new Set(['hung']))
    expect(looks.some((look) => look.kind === 'unknown' && look.message.includes('EAGAIN'))).toBe(true)
    await full.stop(0)
  })

  it('where the bus leaves in the middle of a message, or at once', async () => {
    for (const part of [0, 1, 17, 100]) {
      const leaves: BusScript = {
        answer: answerOf,
        send: (socket, bytes) =>
          bytes.toString().includes('OK ') || bytes.length < 60
            ? void socket.write(bytes)
            : socket.end(bytes.subarray(0, part)),
      }
      expect(await whyUnknown(leaves)).toMatch(/^closed: /)
    }
    expect(await whyUnknown({ send: (socket) => void socket.destroy() })).toMatch(/^closed: /)
  })

  it('where what comes is no D-Bus, or not what systemd says', async () => {
    const says = (text: string | Buffer): BusScript => ({ auth: 'OK 0\r\n', answer: () => Buffer.from(text) })
    const long = Buffer.alloc(64, 0)
    long.set([0x6c, 2, 1, 1, 0xff, 0xff, 0xff, 0x7f])
    expect(await whyUnknown({ auth: 'HTTP/1.1 400 Bad Request\r\n\r\n' })).toMatch(/^malformed: /)
    expect(await whyUnknown({ auth: 'A'.repeat(5000) })).toMatch(/^malformed: .*first line has no end/)
    expect(await whyUnknown(says('HTTP/1.1 400 Bad Request\r\n\r\n'))).toMatch(/^malformed: /)
    expect(await whyUnknown(says(long))).toMatch(/^malformed: .*a message of 2147483663 bytes/)
    const { ActiveState: _, ...unit } = UNIT
    expect(await whyUnknown({ answer: (call) => answerOf(call, { unit }) })).toMatch(/^malformed: .*no ActiveState/)
    expect(
      await whyUnknown({ answer: (call) => answerOf(call, { unit: { ...UNIT, ActiveEnterTimestamp: ['u', 1] } }) }),
    ).toMatch(/^malformed: /)
    expect(await whyUnknown({ answer: (call) => reply(call.serial, [['s', 'active']]) })).toMatch(/^malformed: /)
  })

  it('where no unit can have the name', async () => {
    const { units } = createHost({ root: '/nowhere' })
    for (const name of ['', 'a b', '../x', 'kube\nlet', 'ü', 'x'.repeat(300)])
      expect(await units.unit(name)).toMatchObject({ kind: 'unknown', reason: 'refused' })
  })

  it('once the one who asked has left', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
    const abort = new AbortController()
    const socket = join(folder.path, 'run/dbus/system_bus_socket')
    await using bus = await startFakeBus(socket, { answer: () => void abort.abort(new Error('stopped')) })
    const asked = createHost({ root: folder.path }).units.unit('kubelet', { signal: abort.signal })
    await expect(asked).rejects.toThrow('stopped')
    expect(bus.complaint).toBe('')
  })

  it('and nothing is left of the question, whose signal lives on', async () => {
    const composed = vi.spyOn(AbortSignal, 'any')
    const { units } = createHost({ root: '/nowhere' })
    const look = await units.unit('kubelet', { signal: new AbortController().signal })
    expect(look).toMatchObject({ reason: 'no-bus' })
    const signals = composed.mock.results.map(({ value }) => value as AbortSignal)
    composed.mockRestore()
    expect(signals.map((signal) => getEventListeners(signal, 'abort').length)).toEqual(signals.map(() => 0))
    expect(signals.length).toBeGreaterThan(0)
  })
})

describe('the name of a unit', () => {
  it('is that of a service where it says no type', () => {
    expect(['kubelet', 'kubelet.service', 'k3s.socket', 'getty@tty1', 'a.b', 'x.slice'].map(unitName)).toEqual([
      'kubelet.service',
      'kubelet.service',
      'k3s.socket',
      'getty@tty1.service',
      'a.b.service',
      'x.slice',
    ])
  })

  it('is written as systemd writes it', () => {
    const under = (label: string) => `/org/freedesktop/systemd1/unit/${label}`
    expect(unitPath('kubelet.service')).toBe(under('kubelet_2eservice'))
    expect(unitPath('9p-x@a_b\\x2d.mount')).toBe(under('_39p_2dx_40a_5fb_5cx2d_2emount'))
  })
})
