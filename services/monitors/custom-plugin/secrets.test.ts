import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost, type PluginAnswer } from '#host'
import { startCheck } from '#monitor-kit/testing'
import { createLogger } from '#service'
import { tempFolder } from '../../../libs/host/testing.ts'
import { customPlugin } from './checks/custom-plugin/check.ts'
import { type Config, schema } from './checks/custom-plugin/config.ts'
import { outcomeOf } from './checks/npd-plugin/outcome.ts'
import { createPluginLog } from './programs/plugin-log.ts'
import { runProgramOf } from './programs/run-program.ts'

const GIVEN = { args: ['--password', 's3cret'], env: { QUEUE: 's3cret' } }

interface Way {
  readonly how: string
  readonly script?: string
  readonly mode?: number
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** How a run may come to nothing. */
const WAYS: readonly Way[] = [
  { how: 'it is not there' },
  { how: 'it may not be executed', script: '#!/bin/sh\n', mode: 0o600 },
  { how: 'its interpreter is not there', script: '#!/nowhere/sh\n' },
  { how: 'it is of no format', script: 'exit 0\n' },
  { how: 'an argument has a NUL in it', script: '#!/bin/sh\n', args: ['--password', 's3cret\0'] },
  { how: 'a variable has a NUL in it', script: '#!/bin/sh\n', env: { QUEUE: 's3cret\0' } },
  { how: 'its arguments are too many', script: '#!/bin/sh\n', args: Array<string>(100).fill('s3cret'.repeat(20_000)) },
  { how: 'it takes too long', script: '#!/bin/sh\nexec sleep 30\n' },
  { how: 'it ends with what means nothing', script: '#!/bin/sh\nexit 77\n' },
  { how: 'it ends by a signal', script: '#!/bin/sh\nkill -9 $$\n' },
]

/** All that is written and told of a run. */
async function saidOf(path: string, { args = GIVEN.args, env = GIVEN.env }: Way): Promise<string> {
  const lines: string[] = []
  const log = createLogger({ component: 'x', level: 'debug', format: 'json', write: (line) => void lines.push(line) })
  const clock = systemClock()
  const run = runProgramOf({ host: createHost({ root: '', clock }), clock })
  const answer: PluginAnswer = await run(path, args, { timeoutMs: 150, env, signal: new AbortController().signal })
  createPluginLog<string>(log)('it', path, answer)
  const check = startCheck<Config>(customPlugin, {
    root: '',
    config: schema.parse({ pluginPath: path, args, env, apiTimeout: '150ms' }),
  })
  const { findings, metrics } = await check.run()
  const outcome = outcomeOf(answer, path, 4096).output.toString()
  const error = answer.kind === 'not-started' ? inspect(answer.error, { depth: 9, showHidden: true }) : ''
  return [...lines, outcome, error, JSON.stringify([findings, metrics, check.declared])].join('\n')
}

it.each(WAYS)('where $how, nothing that it was given is told or written', async (way) => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'check')
  if (way.script !== undefined) {
    await writeFile(path, way.script)
    await chmod(path, way.mode ?? 0o755)
  }
  const said = await saidOf(path, way)
  expect(said).toContain(path)
  expect(said).not.toContain('s3cret')
})
