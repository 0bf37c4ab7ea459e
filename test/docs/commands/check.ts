/** What stands against a command of the docs: nothing, or sentences that say what to mend. */
import { accessSync, constants, existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '#config'
import { once, run } from '../../deploy/objects.ts'
import { faultsOfHelm, faultsOfKubectl, type World } from './kubectl.ts'
import { isNotRun } from './not-run.ts'
import { type Command, ROOT } from './pages.ts'
import { CONFIG, runOnScene, type Scene } from './scene.ts'
import { simpleCommands } from './shell.ts'

/** Of every shell, and harmless. */
const FILTERS = new Set(['sed', 'head', 'test', 'export'])

function failure(program: string, args: readonly string[]): string[] {
  try {
    run(program, args)
    return []
  } catch (err) {
    return [err instanceof Error ? err.message : String(err)]
  }
}

/** The target is there, and somebody reads each variable. */
function faultsOfMake(words: readonly string[]): string[] {
  const files = [
    'Makefile',
    ...globSync(['deploy/images/*.sh', 'scripts/*.sh', 'test/cluster/*.{ts,md}'], { cwd: ROOT }),
  ]
  const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8'))
  const unread = words
    .flatMap((word) => /^([A-Z_]+)=/.exec(word)?.[1] ?? [])
    .filter((name) => !texts.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
  return [...unread.map((name) => `nothing reads ${name}`), ...failure('make', ['--dry-run', ...words.slice(1)])]
}

/** What a script says of itself; one that knows no `--help` runs, as briefly as it can. */
const helpOf = once((script: string): string =>
  run('env', ['NODE_DOCTOR_BENCH_ROUNDS=1', process.execPath, script, '--help']),
)

/** The script has every option in its help. */
function faultsOfScript([, script = '', ...words]: readonly string[]): string[] {
  if (!existsSync(join(ROOT, script))) return [`there is no ${script}`]
  const help = helpOf(script)
  return words
    .filter((word) => word.startsWith('--') && !help.includes(word))
    .map((option) => `${script} --help has no ${option}`)
}

function faultsOfPaths(words: readonly string[]): string[] {
  return words
    .filter((word) => /\/.*\.ts$/.test(word) && !existsSync(join(ROOT, word)))
    .map((path) => `there is no ${path}`)
}

function faultsOfProgram(path: string): string[] {
  try {
    accessSync(join(ROOT, path), constants.X_OK)
    return []
  } catch {
    return [`there is no program ${path}`]
  }
}

/** Of every service's command line and of `up`. */
function faultsOfFlag(word: string): string[] {
  const [key = '', value = ''] = word.split(/=(.*)/s)
  try {
    parseConfig(CONFIG, 'config.yaml', { env: {}, flags: [{ key, value, flag: `--set ${word}` }] })
    return []
  } catch (err) {
    return [err instanceof Error ? err.message : String(err)]
  }
}

type Judge = (words: readonly string[], there: World) => string[]

/** Programs that are looked at word by word; what can be run as it stands is, by `runOnScene`. */
const JUDGES: Readonly<Record<string, Judge>> = {
  make: faultsOfMake,
  kubectl: (words, there) => faultsOfKubectl(there, words),
  helm: (words, there) => faultsOfHelm(there, words),
  node: faultsOfScript,
  vitest: faultsOfPaths,
  curl: () => [],
  grpcurl: () => [],
  'node-doctor': () => [],
  '--set': ([, word = '']) => faultsOfFlag(word),
}

function faultsOfWords(words: readonly string[], there: World): string[] {
  const [first = ''] = words
  const program = first === 'npx' ? (words[1] ?? '') : first
  if (FILTERS.has(program) || isNotRun(words) !== undefined) return []
  const judge = JUDGES[program]
  if (judge !== undefined) return judge(first === 'npx' ? words.slice(1) : words, there)
  if (/^(test|scripts|deploy)\/.*\.sh$/.test(program)) return faultsOfProgram(program)
  return [
    `nothing tries "${words.join(' ')}": give ${program} a judge in test/docs/commands/check.ts, or a row with the reason in test/docs/commands/not-run.ts`,
  ]
}

/** @param scene where what can be run is run; without one it is only read */
export async function faultsOf(command: Command, there: World, scene?: Scene): Promise<string[]> {
  const faults = simpleCommands(command.text).flatMap((words) => faultsOfWords(words, there))
  if (faults.length > 0 || scene === undefined) return faults
  return [...failure('bash', ['-n', '-c', `: ${command.text}`]), ...(await runOnScene(command, scene))]
}
