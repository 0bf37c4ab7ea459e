import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-pipe-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** A command whose reader leaves before it has said a word. */
function unread(...argv: string[]): { code: string; err: string } {
  const main = join(import.meta.dirname, 'main.ts')
  const words = [process.execPath, main, ...argv].map((word) => `'${word}'`).join(' ')
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', `{ ${words}; echo "$?" >&3; } 3>'${dir}/code' | true; cat '${dir}/code'`],
    {
      encoding: 'utf8',
      timeout: 30_000,
    },
  )
  return { code: stdout.trim(), err: stderr }
}

describe('a reader that is gone', () => {
  it.each([
    ['0', ['version']],
    ['2', ['validate', '/nowhere', '-o', 'json']],
    ['3', ['status', '-o', 'json', '--run-dir', '/nowhere']],
  ])(
    'is no error, and the exit code stays %s',
    (code, argv) => {
      expect(unread(...argv)).toEqual({ code, err: '' })
    },
    40_000,
  )
})

it('a full disk behind it is one, in a line', () => {
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stderr } = spawnSync('bash', ['-c', `'${process.execPath}' '${main}' version > /dev/full`], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect([status, stderr]).toEqual([
    1,
    'node-doctor: cannot write what it prints: ENOSPC: no space left on device, write\n',
  ])
}, 40_000)

/** How long it goes on after it was told to end: a second word would come with the next line that it cannot print. */
const GOES_ON_MS = 500

/** A command that goes on and takes a second signal as "kill at once", as `up` does. @returns how many it got */
async function signalsOf(redirect: string): Promise<string> {
  const main = join(import.meta.dirname, 'main.ts')
  await writeFile(
    join(dir, 'goes-on.mjs'),
    `import { writeFileSync } from 'node:fs'
let signals = 0
const untilTold = setInterval(() => undefined, 1000)
process.on('SIGTERM', () => {
  signals++
  clearInterval(untilTold)
  setTimeout(() => undefined, ${GOES_ON_MS})
})
process.on('exit', () => writeFileSync('${dir}/signals', String(signals)))
`,
  )
  spawnSync('bash', ['-c', `'${process.execPath}' --import '${dir}/goes-on.mjs' '${main}' version ${redirect}`], {
    timeout: 30_000,
  })
  return readFile(join(dir, 'signals'), 'utf8')
}

describe('a command that goes on, and prints what cannot be written', () => {
  it.each(['> /dev/full', '> /dev/full 2>&1'])(
    'is told once to end (%s)',
    async (redirect) => {
      expect(await signalsOf(redirect)).toBe('1')
    },
    40_000,
  )
})
