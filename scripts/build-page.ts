/**
 * Builds services/http-exporter/page into dist/page. `--out <folder>` builds elsewhere. Ends with 1 when the page is
 * larger than its budget. The old page stays whole until the new one is.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const ROOT = join(import.meta.dirname, '..')

/** All files together, each gzipped on its own as it is sent: docs/architecture.md, section 11. */
export const PAGE_LIMIT_BYTES = 60_000

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Bytes on the wire of everything below a folder. */
export function gzippedBytes(folder: string): number {
  return files(folder).reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0)
}

/** Builds the page into a folder, which is replaced. @returns its size on the wire */
export async function buildPage(outDir: string, withMap = false): Promise<number> {
  const part = `${outDir}.${process.pid}.part`
  const old = `${outDir}.${process.pid}.old`
  try {
    await build({
      configFile: join(ROOT, 'services/http-exporter/page/vite.config.ts'),
      build: { outDir: part, emptyOutDir: true, sourcemap: withMap && 'hidden' },
    })
    mkdirSync(dirname(outDir), { recursive: true })
    try {
      renameSync(outDir, old)
    } catch (err) {
      if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT')) throw err
    }
    renameSync(part, outDir)
  } finally {
    rmSync(part, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
  return gzippedBytes(outDir)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'dist/page') } } })
  const sizeBytes = await buildPage(resolve(values.out))
  if (sizeBytes > PAGE_LIMIT_BYTES) {
    console.error(`the page has ${sizeBytes} bytes gzipped, its budget is ${PAGE_LIMIT_BYTES}`)
    process.exitCode = 1
  }
}
