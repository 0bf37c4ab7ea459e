/** Makes every generated file: runs each scripts/generate-*.sh and scripts/generate-*.ts, in order of their names. */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

/** @throws when a generator fails. */
export function generate(root: string): void {
  for (const script of globSync('scripts/generate-*.{sh,ts}', { cwd: root }).sort()) {
    if (script.endsWith('.test.ts')) continue
    const program = script.endsWith('.sh') ? 'bash' : process.execPath
    execFileSync(program, [join(root, script)], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  }
}

if (import.meta.main) generate(join(import.meta.dirname, '..'))
