/** The examples of deploy/plugins by themselves: each keeps its protocol, rule by rule, and says what its README says. */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, type TestContext } from 'vitest'
import { type Condition, ConditionStatus, ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { type Built, buildPlugin } from './build.ts'
import { LANGUAGES } from './languages.ts'
import { createPlugin, type Plugin } from './plugin.ts'

const ROOT = join(import.meta.dirname, '../..')
const BUILT = LANGUAGES.map((language) => buildPlugin(language))

/** Longer than a plug-in waits for its look, on a busy machine too. */
const PATIENT = { timeoutMs: 30_000 }
const run = promisify(execFile)

type Rule = { readonly id: string; readonly result: string; readonly detail: string }

interface Scene {
  readonly plugin: Plugin
  readonly client: RpcClient
  readonly folder: string
}

/** Started where all is well. Tests run at once, so each is asked for its own end. */
async function started(built: Built, { onTestFinished }: TestContext): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'nd-plugin-'))
  const plugin = createPlugin(built, folder, join(folder, `${built.language.name}.sock`))
  const client = connectUnix(plugin.socket)
  onTestFinished(async () => {
    client.close()
    plugin.kill('SIGKILL')
    await plugin.ended
    rmSync(folder, { recursive: true, force: true })
  })
  plugin.see('well')
  await plugin.start()
  return { plugin, client, folder }
}

/** What `node-doctor conformance` says, whether all of it holds or not. */
async function rulesOf(args: readonly string[]): Promise<readonly Rule[]> {
  const asked = run(process.execPath, ['dist/cli.mjs', ...args], { cwd: ROOT })
  const { stdout } = await asked.catch((err: unknown) => err as { stdout: string })
  return (JSON.parse(stdout) as { rules: Rule[] }).rules
}

async function conditionOf(client: RpcClient, parameters: Record<string, string> = {}): Promise<Condition | undefined> {
  const { conditions } = await client.call(ExternalMonitorService.checkHealth, { parameters, sequence: 1 }, PATIENT)
  return conditions[0]
}

describe.concurrent.each(BUILT)('the plug-in in $language.language $missing', (built) => {
  const { language, missing } = built
  const isMissing = missing !== ''

  it.skipIf(isMissing)(
    'keeps every rule that it is held to, also when it is stopped twice and started anew',
    async (context) => {
      const { plugin, folder } = await started(built, context)
      const pidFile = join(folder, 'pid')
      const quoted = plugin.command.map((word) => `'${word}'`).join(' ')
      const restart = `${quoted} 2>'${folder}/log' & echo $! >'${pidFile}'`
      const [name = ''] = Object.keys(language.parameters)
      const args = ['conformance', plugin.socket, '--stop', '--restart', restart, '--idle', '1s', '-o', 'json']
      context.onTestFinished(() => {
        if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
      })
      const rules = await rulesOf([...args, '--parameters', `${name}=${language.parameters[name]}`])
      expect(rules.filter(({ result }) => result === 'fail')).toEqual([])
      const passed = rules.filter(({ result }) => result === 'pass').map(({ id }) => id)
      expect(passed).toEqual(
        expect.arrayContaining(['two-at-once', 'order', 'stop', 'stop-twice', 'stop-cleans', 'restart']),
      )
      expect(await plugin.ended).toBe(0)
    },
  )

  it.skipIf(isMissing)(
    'says well, ill and unseen, each since when it is so, and takes a parameter for that answer alone',
    async (context) => {
      const { plugin, client } = await started(built, context)
      const { conditionType: type, said, message, parameters, reads } = language
      const well = await conditionOf(client)
      expect(well).toMatchObject({ type, status: ConditionStatus.FALSE, reason: said.well })
      const strict = await conditionOf(client, { ...parameters })
      expect(strict).toMatchObject({ status: ConditionStatus.TRUE, reason: said.ill })
      expect(await conditionOf(client)).toEqual(well)
      expect(await conditionOf(client, { ...parameters })).toEqual(strict)
      plugin.see('ill')
      expect(await conditionOf(client)).toMatchObject({
        status: ConditionStatus.TRUE,
        reason: said.ill,
        message,
      })
      plugin.seeNothing()
      const unseen = await conditionOf(client)
      expect(unseen).toMatchObject({ status: ConditionStatus.UNKNOWN, reason: said.unknown })
      expect(unseen?.message).toContain(reads)
    },
  )

  it.skipIf(isMissing)('knows nothing where something else stands', async (context) => {
    const { client, folder } = await started(built, context)
    for (const text of ['', 'much\n', '-1\n', '\0\n', `${'9'.repeat(400)}\n`]) {
      writeFileSync(join(folder, 'root', language.reads), text)
      const condition = await conditionOf(client)
      expect(condition).toMatchObject({ status: ConditionStatus.UNKNOWN, reason: language.said.unknown })
      expect(condition?.message.length).toBeLessThan(300)
    }
  })

  it.skipIf(isMissing)(
    'says that a look hangs, answers who it is meanwhile, and ends all the same',
    async (context) => {
      const { plugin, client, folder } = await started(built, context)
      plugin.hang()
      const asking = Promise.all(Array.from({ length: 10 }, () => conditionOf(client)))
      expect(await client.call(ExternalMonitorService.getMetadata, {}, PATIENT)).toMatchObject({ name: language.name })
      for (const condition of await asking)
        expect(condition).toMatchObject({
          status: ConditionStatus.UNKNOWN,
          reason: language.said.unknown,
          message: `a look at ${join(folder, 'root')} has not ended`,
        })
      plugin.kill('SIGTERM')
      expect(await plugin.ended).toBe(0)
    },
  )

  it.skipIf(isMissing)(
    'leaves a socket alone that another process serves, and a file that is none',
    async (context) => {
      const { plugin, client } = await started(built, context)
      const [program = '', ...args] = plugin.command
      const second = spawnSync(program, args, { encoding: 'utf8' })
      expect([second.status, second.stderr.trim()]).toEqual([
        1,
        expect.stringMatching(`cannot listen on ${plugin.socket}: another process does$`),
      ])
      expect((await conditionOf(client))?.reason).toBe(language.said.well)
      plugin.kill('SIGTERM')
      await plugin.ended
      writeFileSync(plugin.socket, 'not a socket')
      expect(spawnSync(program, args, { encoding: 'utf8' }).status).toBe(1)
      expect(statSync(plugin.socket).isFile()).toBe(true)
    },
  )
})

it('says of each language that is not here what is missing, and goes on', () => {
  const { status, stdout } = spawnSync(process.execPath, ['test/plugins/build.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: '/nowhere', HOME: '/nowhere' },
  })
  expect([status, stdout.trim().split('\n')]).toEqual([
    0,
    [
      'setup: the plug-in in Go: skipped: Go is not installed',
      'setup: the plug-in in Python: skipped: there is no Python 3.10 or newer with pip (apt-get install python3-pip)',
      'setup: the plug-in in Rust: skipped: Rust is not installed (there is no cargo)',
    ],
  ])
})
