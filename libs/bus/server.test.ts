import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BusLockTakenError, BusServerMissingError } from './errors.ts'
import { serverCommand } from './server-config.ts'
import { freePort, plainDoor, startTestBus } from './testing.ts'
import {
  collect,
  condition,
  connectedDetector,
  event,
  folder,
  follow,
  IDENTITY,
  pidOf,
  readerOf,
  start,
  taken,
  writerOf,
} from './testing-readers.ts'
import type { ChildDoor } from './types.ts'
import { watchServer } from './watch-server.ts'

/** A door that adds to what it is asked to start. */
function doorWith(path: string): ChildDoor {
  return {
    spawn: (file, args, options) => plainDoor.spawn(file, args, { ...options, env: { ...options.env, PATH: path } }),
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the embedded server', () => {
  it('listens on loopback only, and keeps secrets to their owners', async () => {
    const bus = await start()
    const config = await readFile(join(bus.dir, 'detector', 'nats-server.conf'), 'utf8')
    expect(config).toContain(`listen: "127.0.0.1:${bus.port}"`)
    expect(config).not.toMatch(/\bSU[A-Z0-9]{50,}/)
    const modeOf = async (...path: string[]) => (await stat(join(bus.dir, ...path))).mode & 0o777
    expect(await modeOf('detector', 'bus-keys.json')).toBe(0o600)
    expect(await modeOf('detector', 'nats-server.conf')).toBe(0o600)
    expect(await modeOf('http-exporter', 'bus.json')).toBe(0o640)
    expect(await modeOf('http-exporter')).toBe(0o750)
    expect(await modeOf('bus')).toBe(0o700)
  })

  it('writes credentials through no link that a service laid', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'precious'), 'untouched')
    await mkdir(join(dir, 'http-exporter'))
    await symlink(join(dir, 'precious'), join(dir, 'http-exporter', 'bus.json'))
    await start({ dir })
    expect(await readFile(join(dir, 'precious'), 'utf8')).toBe('untouched')
    expect(JSON.parse(await readFile(join(dir, 'http-exporter', 'bus.json'), 'utf8'))).toMatchObject({
      user: 'http-exporter',
      api: 'ND.API',
    })
  })

  it('keeps its keys from one start to the next, and makes new ones for a damaged file', async () => {
    const dir = await folder()
    const seed = async () => JSON.parse(await readFile(join(dir, 'http-exporter', 'bus.json'), 'utf8')).seed
    const first = await startTestBus({ dir })
    const one = await seed()
    await first.close()
    const second = await startTestBus({ dir })
    expect(await seed()).toBe(one)
    await second.close()
    await writeFile(join(dir, 'detector', 'bus-keys.json'), '{"detector": 7')
    await start({ dir })
    expect(await seed()).not.toBe(one)
  })

  it('takes another port when its own is taken, and tells everyone', async () => {
    const port = await freePort()
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
    const bus = await start({ port })
    expect(bus.server.credentials().url).not.toContain(String(port))
    await bus.consumer('http-exporter').connected(AbortSignal.timeout(5000))
    squatter.close()
  })

  it('takes another port when its own is lost to somebody while it is down, and everyone follows', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const seen = follow(readerOf(bus))
    await writer.put('node_conditions', condition('disk:/'))
    await expect.poll(() => seen.now.size).toBe(1)
    const squatter = createServer()
    process.kill(await pidOf(bus), 'SIGKILL')
    await expect
      .poll(
        () =>
          new Promise((resolve) => {
            squatter.once('error', () => resolve(false))
            squatter.listen(bus.port, '127.0.0.1', () => resolve(true))
          }),
        { interval: 1 },
      )
      .toBe(true)
      // The server was quicker and has its port again: then there is nothing to follow.
      .catch(() => undefined)
    await expect
      .poll(() => taken(writer.put('node_conditions', condition('disk:/var'))), { timeout: 10_000 })
      .toBe(true)
    await expect.poll(() => seen.now.size, { timeout: 10_000 }).toBe(2)
    squatter.close()
  })

  it('refuses a second server on one store before it touches anything of the first, and says who has it', async () => {
    const dir = await folder()
    const first = await start({ dir })
    const before = await readFile(join(dir, 'detector', 'nats-server.conf'), 'utf8')
    const second = startTestBus({ dir })
    await expect(second).rejects.toThrow(BusLockTakenError)
    await expect(second).rejects.toThrow(
      `cannot start the bus: another process holds ${dir}/bus/lock (nats-server, pid ${first.server.pid}); stop that agent, or choose another run directory`,
    )
    expect(await readFile(join(dir, 'detector', 'nats-server.conf'), 'utf8')).toBe(before)
    await expect(connectedDetector(first)).resolves.toBeDefined()
  })

  it.each(['nats-server', 'flock', 'setpriv'])('says what to install where there is no %s', async (missing) => {
    const bin = await folder()
    for (const program of ['nats-server', 'flock', 'setpriv', 'true']) {
      const found = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map((folder) => join(folder, program))
      for (const path of program === missing ? [] : found)
        await stat(path).then(
          () => symlink(path, join(bin, program)).catch(() => undefined),
          () => undefined,
        )
    }
    const starting = startTestBus({ door: doorWith(bin) })
    await expect(starting).rejects.toThrow(BusServerMissingError)
    await expect(starting).rejects.toThrow('apt-get install nats-server util-linux, or set bus.url')
  })

  it('comes back after kill -9 within 3 s with all it had, and everyone reconnects', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    const reader = readerOf(bus)
    const seen = follow(reader)
    const events = collect(reader)
    await writer.put('node_conditions', condition('disk:/'))
    await writer.publishEvent(event('before'))
    await expect.poll(() => [seen.now.size, events.ids]).toEqual([1, ['before']])
    const killedMs = performance.now()
    process.kill(await pidOf(bus), 'SIGKILL')
    await expect
      .poll(() => taken(writer.put('node_conditions', condition('disk:/var'))), { timeout: 10_000 })
      .toBe(true)
    await writer.publishEvent(event('after'))
    await expect.poll(() => [seen.now.size, events.ids.at(-1)], { timeout: 10_000 }).toEqual([2, 'after'])
    expect(performance.now() - killedMs).toBeLessThan(3000)
    expect(bus.server.restarts).toBe(1)
    expect((await writer.ensureStore(IDENTITY)).fresh).toBe(false)
  })

  it('is gone when its agent is killed, and the lock with it', async () => {
    const dir = await folder()
    const first = await startTestBus({ dir })
    await first.close()
    const { file, args } = serverCommand(join(dir, 'bus', 'lock'), join(dir, 'detector', 'nats-server.conf'))
    const code = `const c = require('node:child_process').spawn(${JSON.stringify(file)}, ${JSON.stringify(args)}, { stdio: 'ignore' }); console.log(c.pid); setInterval(() => {}, 1000)`
    const agent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] })
    const pid = await new Promise<number>((resolve) => agent.stdout.once('data', (text) => resolve(Number(text))))
    // setpriv and flock become nats-server; from then on the lock is its own.
    await expect.poll(() => readFile(`/proc/${pid}/comm`, 'utf8'), { timeout: 10_000 }).toBe('nats-server\n')
    await expect(startTestBus({ dir })).rejects.toThrow(BusLockTakenError)
    expect(isAlive(pid)).toBe(true)
    agent.kill('SIGKILL')
    await expect(start({ dir })).resolves.toBeDefined()
  })

  it('leaves no process behind when it is stopped while it starts again', async () => {
    const pids: number[] = []
    const door: ChildDoor = {
      async spawn(file, args, options) {
        const child = await plainDoor.spawn(file, args, options)
        pids.push(child.pid)
        return child
      },
    }
    const bus = await startTestBus({ door })
    const started = pids.length
    process.kill(await pidOf(bus), 'SIGKILL')
    await expect.poll(() => pids.length, { interval: 1 }).toBeGreaterThan(started)
    await bus.server.stop()
    await bus.close()
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('leaves none behind when it is stopped while a new one tells its readers where it is', async () => {
    const pids: number[] = []
    const door: ChildDoor = {
      async spawn(file, args, options) {
        const child = await plainDoor.spawn(file, args, options)
        pids.push(child.pid)
        return child
      },
    }
    const bus = await startTestBus({ door })
    const credentials = join(bus.dir, 'http-exporter', 'bus.json')
    await rm(credentials)
    process.kill(await pidOf(bus), 'SIGKILL')
    // The first of the readers' files is there, the server's start is not over.
    await expect.poll(() => existsSync(credentials), { interval: 1, timeout: 10_000 }).toBe(true)
    await bus.server.stop()
    await bus.close()
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('that hangs is stopped all the same', async () => {
    const bus = await startTestBus({ stopGraceMs: 300 })
    const pid = await pidOf(bus)
    process.kill(pid, 'SIGSTOP')
    await bus.server.stop()
    expect(isAlive(pid)).toBe(false)
    await bus.close()
  })

  it('that nobody gets a connection to is started again', async () => {
    const bus = await start()
    const writer = await writerOf(bus)
    await writer.put('node_conditions', condition('disk:/'))
    const detector = await connectedDetector(bus)
    const reasons: string[] = []
    const pid = await pidOf(bus)
    const unwatch = watchServer({
      bus: detector,
      uselessAfterMs: 200,
      restart: (why) => {
        reasons.push(why)
        return process.kill(pid, 'SIGKILL')
      },
    })
    process.kill(pid, 'SIGSTOP')
    await detector.connection('test').close()
    await expect.poll(() => bus.server.restarts, { timeout: 10_000 }).toBe(1)
    expect(reasons).toEqual(['nobody gets a connection'])
    await expect.poll(() => taken(writer.readBack()), { timeout: 10_000 }).toBe(true)
    expect((await writer.readBack()).conditions).toHaveLength(1)
    unwatch()
  })

  it('tells why it does not start', async () => {
    const dir = await folder()
    await mkdir(join(dir, 'bus'))
    await writeFile(join(dir, 'bus', 'jetstream'), 'a file where the store should be')
    await expect(startTestBus({ dir })).rejects.toThrow(/^nats-server did not start: .*[Jj]et[Ss]tream/)
  })
})
