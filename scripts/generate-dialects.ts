/** Makes docs/dialects.md, of the table of libs/config/dialects. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dialectsPage } from './catalog/dialects-page.ts'

await writeFile(join(import.meta.dirname, '../docs/dialects.md'), dialectsPage())
