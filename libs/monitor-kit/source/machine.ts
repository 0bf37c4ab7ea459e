/** Which machine this is. */
import type { Host } from '#host'
import { type Machine, machineOf } from '../evaluate/machine.ts'

const PRODUCT = '/sys/class/dmi/id/product_uuid'
const SYSTEM = '/etc/machine-id'
/** A disk that does not answer keeps nobody waiting. */
const WAIT_MS = 500

/** As far as this process may read it: the first is root's alone, the second is mounted in no container of ours but those with the host's root. Never rejects. */
export async function readMachine({ files }: Pick<Host, 'files'>): Promise<Machine> {
  const [[product], system] = await Promise.all([
    files.readEach([PRODUCT]),
    files.readText(SYSTEM, { maxBytes: 256, timeoutMs: WAIT_MS }).catch(() => undefined),
  ])
  return machineOf(product, system)
}
