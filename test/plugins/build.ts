/**
 * Builds the examples of deploy/plugins by their own build.sh, once for each state of their sources, into the cache.
 * `node test/plugins/build.ts` does it before the tests, and says what it builds and what it cannot.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { LANGUAGES, type Language } from './languages.ts'

const ROOT = join(import.meta.dirname, '../..')
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor/plugins')

export interface Built {
  readonly language: Language
  /** The folder that it was built into; undefined where there is none. */
  readonly dir: string | undefined
  /** Why there is none. */
  readonly missing: string
}

function works([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

/** Everything that what is built follows from: sources, protocol, and the Python that its packages are for. */
function stateOf(folder: string): string {
  const from = [`deploy/plugins/${folder}`, 'proto/npd', 'proto/nodedoctor']
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...from], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const files = list.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)))
  const hash = createHash('sha256')
  if (folder === 'python') hash.update(spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout)
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex').slice(0, 12)
}

/** Where a build ended. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** Another process may have built the same meanwhile: either is good. */
function take(work: string, dir: string): void {
  try {
    renameSync(work, dir)
  } catch (err) {
    if (!existsSync(dir)) throw err
  }
}

/** @param tell is told before something is built that is not in the cache */
export function buildPlugin(language: Language, tell: (text: string) => void = () => undefined): Built {
  const { folder } = language
  if (!works(language.needs)) return { language, dir: undefined, missing: language.missing }
  const dir = join(CACHE, `${folder}-${stateOf(folder)}`)
  if (existsSync(dir)) return { language, dir, missing: '' }
  tell(`building the plug-in in ${language.language} into ${dir}`)
  const work = `${dir}.${process.pid}`
  mkdirSync(work, { recursive: true })
  try {
    const built = spawnSync(join(ROOT, 'deploy/plugins', folder, 'build.sh'), [work], {
      encoding: 'utf8',
      // The crates are the same for every state.
      env: { ...process.env, CARGO_TARGET_DIR: join(CACHE, 'rust-target') },
    })
    const missing = `skipped: deploy/plugins/${folder}/build.sh ended with ${built.status}: ${lastLine(built.stderr)}`
    if (built.status !== 0) return { language, dir: undefined, missing }
    take(work, dir)
    return { language, dir, missing: '' }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** All of them. Who cannot be built is told by `tell`, in a line. */
export function buildPlugins(tell: (text: string) => void): Built[] {
  return LANGUAGES.map((language) => {
    const built = buildPlugin(language, tell)
    if (built.missing !== '') tell(`the plug-in in ${language.language}: ${built.missing}`)
    return built
  })
}

if (import.meta.main) buildPlugins((text) => console.log(`setup: ${text}`))
