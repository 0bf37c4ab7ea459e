/**
 * Builds what runs: one bundle per service, the descriptors beside them, the page. What is made already, of the same, stays.
 * `node scripts/build.ts [name …]` builds only the bundles named. Ends with 1 when something does not compile or is larger than its budget.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bundle, bundle } from './build/bundle.ts'
import { findEntries } from './build/entries.ts'
import { openLedger } from './build/made.ts'
import { buildPage } from './build/page.ts'
import { replaceFile } from './build/replace-file.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')

const kib = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en-US')} KiB`

function renderBundle({ name, sizeBytes, limitBytes, changed }: Bundle): string {
  const size = kib(sizeBytes)
  const verdict = sizeBytes > limitBytes ? `  over the budget of ${kib(limitBytes)}` : ''
  return `  ${name.padEnd(20)} ${size.padStart(10)}  ${changed ? 'built' : 'unchanged'}${verdict}`
}

async function main(only: readonly string[]): Promise<number> {
  const startMs = performance.now()
  await mkdir(DIST, { recursive: true })
  const known = findEntries(ROOT)
  const unknown = only.filter((name) => !known.some((entry) => entry.name === name))
  if (unknown.length > 0) {
    console.error(`no such bundle: ${unknown.join(', ')}; there are ${known.map(({ name }) => name).join(', ')}`)
    return 2
  }
  const entries = only.length === 0 ? known : known.filter(({ name }) => only.includes(name))
  const ledger = openLedger(ROOT, DIST)
  const results = await Promise.allSettled(entries.map((entry) => bundle(ROOT, DIST, entry, ledger)))
  const bundles = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  await replaceFile(join(DIST, 'descriptors.binpb'), await readFile(join(ROOT, 'libs/proto/descriptors.binpb')))
  for (const built of bundles) console.log(renderBundle(built))
  if (only.length === 0) console.log(`  ${'page'.padEnd(20)} ${''.padStart(10)}  ${buildPage(ROOT, DIST)}`)
  console.log(`built dist in ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  const failed = results.length - bundles.length
  if (failed > 0) console.error(`${failed} of ${results.length} bundles do not compile; see the messages above`)
  return failed > 0 || bundles.some(({ sizeBytes, limitBytes }) => sizeBytes > limitBytes) ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
