/** What the store holds, read back by its own writer. */
import type { BusLog } from './types.ts'

/** One value; none where it cannot be decoded, which is logged with its place. */
export function decodedOf<T>(
  log: Pick<BusLog, 'error'>,
  place: { readonly where: string; readonly key: string },
  decode: () => T,
): readonly [T] | readonly [] {
  try {
    return [decode()]
  } catch (err) {
    log.error('what the bus holds cannot be decoded and is left out', { ...place, err })
    return []
  }
}
