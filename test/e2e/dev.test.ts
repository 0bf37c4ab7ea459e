import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { storeInMemory } from '../../services/cli/up/store.ts'
import { ensureBuilt, until } from './constellation.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const PARTS = ['libs', 'services', 'proto', 'scripts', 'dist', 'package.json', 'package-lock.json', 'tsconfig.json']

/** What was edited is built anew, which takes seconds of the processor, of which a busy machine has little. */
const BUILT_MS = 180_000

/** The sources and what is built of them, for a test to edit. */
async function copyOfSources(): Promise<string> {
  ensureBuilt()
  const dir = await mkdtemp(join(tmpdir(), 'nd-dev-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  await mkdir(join(dir, 'src'))
  execFileSync('cp', ['-R', ...PARTS, join(dir, 'src')], { cwd: ROOT })
  await symlink(join(ROOT, 'node_modules'), join(dir, 'src/node_modules'))
  return dir
}

it('`make dev` starts anew what is edited, at each save of an editor that renames over the file, and calls none of it a failure', async () => {
  const dir = await copyOfSources()
  const [src, runDir] = [join(dir, 'src'), join(dir, 'run')]
  onTestFinished(() => rm(storeInMemory(runDir), { recursive: true, force: true }))
  const args = ['--services', 'detector', '--run-dir', runDir, '--state-dir', join(dir, 'state')]
  const dev = spawn(join(ROOT, 'node_modules/.bin/tsx'), [join(src, 'scripts/dev.ts'), ...args], {
    env: { ...process.env, NODE_DOCTOR_CONFIG: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(dev, 'close')
  onTestFinished(() => void dev.kill('SIGKILL'))
  let out = ''
  for (const stream of [dev.stdout, dev.stderr])
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
  await until('all is ready', () => out.includes('All ready in'), 30_000)
  const file = join(src, 'services/detector/main.ts')
  // The first puts another file in place of the one that was watched, the second one in place of that.
  for (const save of [1, 2]) {
    out = ''
    await writeFile(`${file}.new`, `${await readFile(file, 'utf8')}process.title = 'save ${save}'\n`)
    await rename(`${file}.new`, file)
    await until('it is started anew', () => /detector starting: anew.*[\s\S]*detector ready/.test(out), BUILT_MS)
    expect(out).not.toContain('detector ended')
  }
  dev.kill('SIGTERM')
  await closed
  expect([dev.exitCode, out]).toEqual([0, expect.stringMatching(/\nStopped\.\n$/)])
}, 420_000)
