/** Makes docs/remediation.md, of the table of actions (libs/remedies) and the gates of the remediator. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { remediationPage } from './catalog/remediation-page.ts'

await writeFile(join(import.meta.dirname, '../docs/remediation.md'), remediationPage())
