/** The page is built by its own script; here is only decided whether that has to be done again. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashTree } from './hash.ts'

/** What the page is made from. */
const INPUTS = ['services/http-exporter/page', 'libs/model', 'libs/view', 'scripts/build-page.ts', 'package-lock.json']

export type PageResult = 'built' | 'unchanged' | 'absent'

/** Builds services/http-exporter/page into dist/page. @throws when the page's build fails. */
export function buildPage(root: string, outDir: string): PageResult {
  const script = join(root, 'scripts/build-page.ts')
  if (!existsSync(script)) return 'absent'
  const stamp = join(outDir, 'page.sha256')
  const hash = hashTree(root, INPUTS)
  const known = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if (known === hash && existsSync(join(outDir, 'page/index.html'))) return 'unchanged'
  const { status, error } = spawnSync(process.execPath, [script], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`the page could not be built: scripts/build-page.ts ended with ${status ?? error}`)
  writeFileSync(stamp, hash)
  return 'built'
}
