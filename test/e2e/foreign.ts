import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { MonitorView } from '#view'
import type { ForeignMonitor } from '../foreign/build.ts'
import { memoryCheck, withChecks } from './checks.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'

/** What a monitor of somebody else's does, in whatever language it is written. */
export function testForeignMonitor({ command, conditionType, version, language, missing }: ForeignMonitor): void {
  if (missing !== '') process.stdout.write(`foreign monitor in ${language}: ${missing}\n`)
  describe(`a monitor of somebody else’s in ${language}`, () => {
    const name = `foreign-${language.toLowerCase()}`
    let c: Constellation
    let dir: string
    let stateFile: string
    let socket: string
    let child: ChildProcess | undefined

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'nd-foreign-'))
      stateFile = join(dir, 'state')
      socket = join(dir, 'foreign.sock')
      await writeFile(stateFile, 'healthy')
      c = await startConstellation({
        config: {
          ...withChecks(memoryCheck()),
          plugins: [{ name, socketAddress: socket, interval: '2s', timeout: '1s' }],
          detector: { monitorDirs: [join(dir, 'found')], lostAfter: '5s' },
        } as unknown as Record<string, unknown>,
      })
      await c.ready()
    }, 90_000)
    afterEach(() => void child?.kill('SIGKILL'))
    afterAll(async () => {
      await c?.stop()
      await rm(dir, { recursive: true, force: true })
    }, 60_000)

    async function begin(path = socket): Promise<void> {
      const [file = '', ...args] = command?.(path, stateFile) ?? []
      child = spawn(file, args, { stdio: 'inherit' })
      await until('its socket is there', () =>
        stat(path).then(
          (found) => found.isSocket(),
          () => false,
        ),
      )
    }
    async function monitor(of = name): Promise<MonitorView | undefined> {
      return (await c.status()).monitors.find((view) => view.name === of)
    }

    it.skipIf(command === undefined)(
      'joins by configuration, is polled, says who it is, and its word counts',
      async () => {
        await until('it is awaited and then missed', async () => (await monitor())?.health === 'unreachable', 30_000)
        await begin()
        await until('it is alive', async () => (await monitor())?.health === 'alive')
        expect(await monitor()).toMatchObject({ protocol: 'npd.external.v1', origin: 'configured', version })
        await until('its word is there', async () => (await c.condition(conditionType))?.health === 'healthy')
        await writeFile(stateFile, 'problem')
        const problem = await until('its problem is open', () => c.problem(conditionType))
        expect(problem).toMatchObject({
          reason: 'ForeignSick',
          message: expect.stringContaining('sick'),
          severity: 'warning',
        })
        await writeFile(stateFile, 'unknown')
        await until('it cannot see any more', async () => (await c.condition(conditionType))?.health === 'unknown')
        expect(await c.problem(conditionType)).toBeDefined()
        await writeFile(stateFile, 'healthy')
        await until('two healthy answers prove it gone', async () => (await c.problem(conditionType)) === undefined)
      },
      90_000,
    )

    it.skipIf(command === undefined)(
      'that hangs or dies is a problem of its own, and everything is as it was when it is back',
      async () => {
        await begin()
        await until('it is alive', async () => (await monitor())?.health === 'alive')
        child?.kill('SIGKILL')
        await until('its death is shown', () => c.problem('MonitorUnreachable', `monitor:${name}`), 30_000)
        expect(await c.condition(conditionType)).toMatchObject({ health: 'unknown', reason: 'MonitorUnreachable' })
        await begin()
        await until('it is back', async () => (await monitor())?.health === 'alive', 30_000)
        await until('its word counts again', async () => (await c.condition(conditionType))?.health === 'healthy')
        child?.kill('SIGSTOP')
        await until('its hanging is shown', () => c.problem('MonitorUnreachable', `monitor:${name}`), 40_000)
        child?.kill('SIGCONT')
        await until('it is back again', async () => (await monitor())?.health === 'alive', 30_000)
      },
      180_000,
    )

    it.skipIf(command === undefined)(
      'joins by its socket appearing, with no word of configuration',
      async () => {
        const { mkdir } = await import('node:fs/promises')
        await mkdir(join(dir, 'found'), { recursive: true })
        await begin(join(dir, 'found', 'stranger.sock'))
        await until('it is shown like ours', async () => (await monitor('stranger'))?.health === 'alive')
        expect(await monitor('stranger')).toMatchObject({ protocol: 'npd.external.v1', origin: 'discovered', version })
      },
      60_000,
    )
  })
}
