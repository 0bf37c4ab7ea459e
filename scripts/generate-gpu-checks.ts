/** Makes docs/gpu-checks.md, of the numbered checks of services/monitors/gpu. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gpuChecksPage } from './catalog/gpu-checks-page.ts'

const ROOT = join(import.meta.dirname, '..')
await writeFile(join(ROOT, 'docs/gpu-checks.md'), gpuChecksPage(ROOT))
