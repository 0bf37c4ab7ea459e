import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-doctor-lint-'))
  // Without types: what is held here needs none.
  const rules = await readFile(join(ROOT, '.oxlintrc.json'), 'utf8')
  await writeFile(join(folder, '.oxlintrc.json'), rules.replace('"typeAware": true', '"typeAware": false'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The rules that a file breaks, by its path in the repository. */
async function broken(path: string, code: string): Promise<string[]> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), code)
  const found = await new Promise<string>((resolve) => {
    execFile(join(ROOT, 'node_modules/.bin/oxlint'), ['-f', 'unix', path], { cwd: folder }, (_err, out) => resolve(out))
  })
  return [...found.matchAll(/no-restricted-[a-z]+/g)].map(([rule]) => rule)
}

const WAITS: readonly (readonly [code: string, rule: string])[] = [
  ['setTimeout(() => undefined, 1)\n', 'no-restricted-globals'],
  ['setInterval(() => undefined, 1)\n', 'no-restricted-globals'],
  ['export const at = performance.now()\n', 'no-restricted-properties'],
  ["import { setTimeout as sleep } from 'node:timers/promises'\nawait sleep(1)\n", 'no-restricted-imports'],
  [
    "import { performance } from 'node:perf_hooks'\nexport const since = performance.timeOrigin\n",
    'no-restricted-imports',
  ],
]

it.each(WAITS)('whoever waits or measures without the clock is told so: %j', async (code, rule) => {
  expect(await broken('libs/host/logs/some.ts', code)).toEqual([rule])
  expect(await broken('libs/service/some.ts', code)).toEqual([rule])
  expect(await broken('services/monitors/system/some.ts', code)).toEqual([rule])
})

it('tests wait as they like, the page by the browser, and the clock by the machine', async () => {
  expect(await broken('libs/host/some.test.ts', WAITS.map(([code]) => code).join(''))).toEqual([])
  expect(
    await broken(
      'services/http-exporter/page/some.ts',
      WAITS.slice(0, 3)
        .map(([code]) => code)
        .join(''),
    ),
  ).toEqual([])
  expect(await broken('libs/clock/some.ts', WAITS[0]?.[0] ?? '')).toEqual([])
})

it('only what ends processes ends one', async () => {
  const code = 'process.exit(1)\n'
  expect(await broken('libs/service/some.ts', code)).toEqual([])
  for (const path of ['libs/host/some.ts', 'services/detector/turns.ts', 'services/http-exporter/page/some.ts'])
    expect(await broken(path, code)).toEqual(['no-restricted-properties'])
})
