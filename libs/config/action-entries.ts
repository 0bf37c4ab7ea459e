/** `remediation.actions[]` as they are used. */
import type { InForce } from './in-force.ts'
import { plainSocket } from './plugin-entries.ts'
import type { Document } from './schema/document.ts'
import type { ActionEntry } from './types.ts'

/** Those that are enabled. */
export function actionEntries(written: InForce<Document['remediation']['actions']>): readonly ActionEntry[] {
  return written.flatMap(({ enabled, socketAddress, ...action }) =>
    enabled ? [{ ...action, socketPath: plainSocket(socketAddress) }] : [],
  )
}
