/** Whether a folder outlives a reboot. */
import { statfs } from 'node:fs/promises'
import { type Clock, within } from '#clock'
import { codeOf } from '../errors.ts'

const TIMEOUT_MS = 5_000
/** statfs(2), include/uapi/linux/magic.h: in memory, or a layer that goes with its container. */
const FLEETING: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlay'],
])

/** Why what is written to a folder may be lost by a reboot; "" where it is not. @param path as this process has it */
export async function whyFleeting(clock: Clock, path: string): Promise<string> {
  const type = await within(
    clock,
    statfs(path).then((said) => said.type, codeOf),
    TIMEOUT_MS,
    () => 'TIMEOUT',
  )
  if (typeof type === 'string') return `cannot look at ${path}: ${type}`
  const name = FLEETING.get(type)
  return name === undefined ? '' : `${path} lies on ${name}, which a reboot empties`
}
