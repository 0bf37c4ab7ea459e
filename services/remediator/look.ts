/** Asks the detector for a look of a check now: the only thing that the remediator asks of it. */
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix, RpcError } from '#rpc'
import type { Logger } from '#service'
import { socketOf } from '#service-table'
import type { AskedLook, DeskOptions } from './desk/types.ts'

/** What a check may take. */
const LOOK_MS = 30_000

/** Looks that are asked for, one of each check at a time. What is seen comes over the bus. */
export function createLookAsker(runDir: string, log: Logger): { look: DeskOptions['look']; close(): void } {
  const client = connectUnix(socketOf({ name: 'detector', kind: 'core' }, runDir))
  const asked = new Map<string, Promise<AskedLook>>()

  async function ask(monitor: string, check: string): Promise<AskedLook> {
    try {
      await client.call(DetectorService.check, { monitor, check }, { timeoutMs: LOOK_MS })
      return 'made'
    } catch (err) {
      log.debug('a look was asked for and not had', { monitor, check, err })
      return err instanceof RpcError && err.code === 'UNIMPLEMENTED' ? 'cannot-be-asked' : 'not-had'
    }
  }

  return {
    look({ source: monitor, check }) {
      if (check === '') return Promise.resolve('cannot-be-asked')
      const key = `${monitor} ${check}`
      const asking = asked.get(key) ?? ask(monitor, check).finally(() => asked.delete(key))
      asked.set(key, asking)
      return asking
    },
    close: () => client.close(),
  }
}
