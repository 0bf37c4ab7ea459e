/**
 * Checks the import rules of .dependency-cruiser.cjs, and that every file was really seen: a cruiser that cannot read
 * TypeScript finds no violations either.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

interface Cruise {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: {
    readonly violations: readonly {
      readonly from: string
      readonly to: string
      readonly rule: { readonly name: string }
    }[]
  }
}

export interface ImportReport {
  readonly modules: number
  /** "services-apart: services/a/x.ts -> services/b/y.ts" */
  readonly violations: readonly string[]
  /** Files on disk that the cruiser did not see. */
  readonly unseen: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = ['libs', 'services', 'test', 'scripts'] as const

/** "@grpc/grpc-js" for a file of that package, any other path as it is. */
function shortName(path: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
}

/** @throws when dependency-cruiser itself fails. */
export function checkImports(root: string): ImportReport {
  const present = FOLDERS.filter((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }).length > 0)
  const config = join(ROOT, '.dependency-cruiser.cjs')
  const cruiser = join(ROOT, 'node_modules/.bin/depcruise')
  const args = [cruiser, '--config', config, '--output-type', 'json', ...present]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser failed: ${stderr || stdout}`)
  const { modules, summary } = JSON.parse(stdout) as Cruise
  const seen = new Set(modules.map(({ source }) => source))
  const unseen = globSync('{libs,services}/**/*.ts', { cwd: root }).filter(
    (file) => !seen.has(file) && !/(^|\/)(fixtures|node_modules)\//.test(file),
  )
  const violations = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${shortName(to)}`)
  return { modules: modules.length, violations, unseen }
}

if (import.meta.main) {
  const { modules, violations, unseen } = checkImports(ROOT)
  for (const violation of violations) console.error(violation)
  for (const file of unseen) console.error(`not seen by dependency-cruiser: ${file}`)
  console.log(`import rules: ${modules} modules, ${violations.length} violations`)
  process.exitCode = violations.length > 0 || unseen.length > 0 || modules === 0 ? 1 : 0
}
