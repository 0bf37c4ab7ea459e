/** Asks the detector for a look of a check now: the only thing that the remediator asks of it. */
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import type { Logger } from '#service'
import { socketOf } from '#service-table'
import type { DeskOptions } from './desk/types.ts'

/** What a check may take. */
const LOOK_MS = 30_000

/** Looks that are asked for, one of each check at a time. What is seen comes over the bus. */
export function createLookAsker(runDir: string, log: Logger): { look: DeskOptions['look']; close(): void } {
  const client = connectUnix(socketOf({ name: 'detector', kind: 'core' }, runDir))
  const asked = new Set<string>()
  return {
    look({ source: monitor, check }) {
      const key = `${monitor} ${check}`
      if (check === '' || asked.has(key)) return
      asked.add(key)
      client
        .call(DetectorService.check, { monitor, check }, { timeoutMs: LOOK_MS })
        .catch((err: unknown) => log.debug('a look was asked for and not had', { monitor, check, err }))
        .finally(() => asked.delete(key))
    },
    close: () => client.close(),
  }
}
