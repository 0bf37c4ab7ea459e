/** Makes docs/gpu-checks.md and docs/gpu-xids.md, of the numbered checks and the catalogue of services/monitors/gpu. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gpuChecksPage } from './catalog/gpu-checks-page.ts'
import { gpuXidsPage } from './catalog/gpu-xids-page.ts'

const ROOT = join(import.meta.dirname, '..')
await writeFile(join(ROOT, 'docs/gpu-checks.md'), gpuChecksPage(ROOT))
await writeFile(join(ROOT, 'docs/gpu-xids.md'), gpuXidsPage())
