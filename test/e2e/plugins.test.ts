/** Plug-ins in other languages, by their own gRPC: each joins, its word counts, and what becomes of one is told. One detector for all. */
import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MonitorView, NodeView } from '#view'
import { type Built, buildPlugins } from '../plugins/build.ts'
import { createPlugin, type Plugin } from '../plugins/plugin.ts'
import { memoryCheck, withChecks } from './checks.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'

const BUILT = buildPlugins((text) => process.stdout.write(`${text}\n`)).filter(({ missing }) => missing === '')

/** Each a process of its own, so that all of it happens at once. The last one is named by no configuration. */
const FATES = ['speaks', 'killed', 'stopped', 'hung', 'found'] as const
type Fate = (typeof FATES)[number]

interface Subject {
  readonly built: Built
  readonly plugins: Readonly<Record<Fate, Plugin>>
}

function nameOf({ language }: Built, fate: Fate): string {
  return `${language.folder}-${fate}`
}

describe('plug-ins in other languages', () => {
  let c: Constellation
  let dir: string
  let subjects: readonly Subject[] = []
  let asked: Promise<NodeView> | undefined

  /** One question at a time, however many wait for its answer: more at once are refused. */
  function status(): Promise<NodeView> {
    asked ??= c.status().finally(() => {
      asked = undefined
    })
    return asked
  }

  async function condition(type: string) {
    return (await status()).conditions.find((one) => one.type === type)
  }

  async function problem(type: string, entity = '') {
    return (await status()).problems.find((one) => one.type === type && one.entity === entity)
  }

  function pluginOf(built: Built, fate: Fate): Plugin {
    const name = nameOf(built, fate)
    const folder = join(dir, fate === 'found' ? 'found' : 'configured', name)
    mkdirSync(folder, { recursive: true })
    const plugin = createPlugin(built, join(dir, 'roots', name), join(folder, `${name}.sock`))
    plugin.see('well')
    return plugin
  }

  async function monitor(built: Built, fate: Fate): Promise<MonitorView | undefined> {
    return (await status()).monitors.find(({ name }) => name === nameOf(built, fate))
  }

  function alive(built: Built, fate: Fate): Promise<unknown> {
    return until(
      `${nameOf(built, fate)} is alive`,
      async () => (await monitor(built, fate))?.health === 'alive',
      40_000,
    )
  }

  function lost(built: Built, fate: Fate): Promise<unknown> {
    const name = nameOf(built, fate)
    return until(`${name} is lost`, () => problem('MonitorUnreachable', `monitor:${name}`), 40_000)
  }

  /** The same in every language, at once. */
  async function inEach(fate: Fate, run: (subject: Subject, plugin: Plugin) => Promise<void>): Promise<void> {
    await Promise.all(subjects.map((subject) => run(subject, subject.plugins[fate])))
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-plugins-'))
    subjects = BUILT.map((built) => ({
      built,
      plugins: Object.fromEntries(FATES.map((fate) => [fate, pluginOf(built, fate)])) as Record<Fate, Plugin>,
    }))
    const configured = subjects.flatMap(({ built, plugins }) =>
      FATES.filter((fate) => fate !== 'found').map((fate) => ({
        name: nameOf(built, fate),
        socketAddress: plugins[fate].socket,
        interval: '2s',
        timeout: '1s',
        // One of each language has the type; what the others say of it is refused, and they are alive.
        conditions: fate === 'speaks' ? [{ type: built.language.conditionType }] : [],
      })),
    )
    const processes = subjects.flatMap(({ plugins }) => Object.values(plugins))
    const starting = Promise.all(processes.map((plugin) => plugin.start()))
    c = await startConstellation({
      config: {
        ...withChecks(memoryCheck()),
        plugins: configured,
        detector: { monitorDirs: [join(dir, 'found')], lostAfter: '5s' },
      } as unknown as Record<string, unknown>,
    })
    await Promise.all([c.ready(), starting])
  }, 90_000)

  afterAll(async () => {
    for (const { plugins } of subjects) for (const plugin of Object.values(plugins)) plugin.kill('SIGKILL')
    await c?.stop()
    await rm(dir, { recursive: true, force: true })
  }, 60_000)

  describe.skipIf(BUILT.length === 0).concurrent('that were built here', () => {
    it('say who they are, and their word counts', async () => {
      await inEach('speaks', async ({ built }, plugin) => {
        const { conditionType, said, message } = built.language
        const health = async () => (await condition(conditionType))?.health
        await alive(built, 'speaks')
        expect(await monitor(built, 'speaks')).toMatchObject({
          protocol: 'npd.external.v1',
          origin: 'configured',
          version: '1.0.0',
        })
        await until(`${conditionType} is well`, async () => (await health()) === 'healthy')
        plugin.see('ill')
        const open = await until(`${conditionType} is a problem`, () => problem(conditionType))
        expect(open).toMatchObject({ reason: said.ill, message, severity: 'warning' })
        plugin.seeNothing()
        await until(`${conditionType} is not known`, async () => (await health()) === 'unknown')
        expect((await condition(conditionType))?.reason).toBe(said.unknown)
        expect(await problem(conditionType)).toBeDefined()
        plugin.see('well')
        await until(`${conditionType} is proven gone`, async () => (await problem(conditionType)) === undefined)
      })
    })

    it('that are killed are lost, and are back after their start at the socket that was left', async () => {
      await inEach('killed', async ({ built }, plugin) => {
        await alive(built, 'killed')
        plugin.kill('SIGKILL')
        await plugin.ended
        await lost(built, 'killed')
        await plugin.start()
        await alive(built, 'killed')
      })
    })

    it('that are stopped are lost, and are back when they go on', async () => {
      await inEach('stopped', async ({ built }, plugin) => {
        await alive(built, 'stopped')
        plugin.kill('SIGSTOP')
        await lost(built, 'stopped')
        plugin.kill('SIGCONT')
        await alive(built, 'stopped')
      })
    })

    it('whose look hangs are lost, are not asked more often than others, and are back when it has ended', async () => {
      await inEach('hung', async ({ built }, plugin) => {
        await alive(built, 'hung')
        plugin.hang()
        const before = plugin.calls()
        const beganMs = performance.now()
        await lost(built, 'hung')
        // One call per interval of 2 s, and one more for each new connection.
        const calls = plugin.calls() - before
        expect(calls).toBeLessThanOrEqual((performance.now() - beganMs) / 1000 + 1)
        plugin.see('well')
        await alive(built, 'hung')
      })
    })

    it('join by their socket, with no word of configuration, and end in order', async () => {
      await inEach('found', async ({ built }, plugin) => {
        await alive(built, 'found')
        expect(await monitor(built, 'found')).toMatchObject({ protocol: 'npd.external.v1', origin: 'discovered' })
        plugin.kill('SIGTERM')
        expect(await plugin.ended).toBe(0)
      })
    })
  })
})
