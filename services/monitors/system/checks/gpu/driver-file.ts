/** What is known of the driver over reboots: that it was loaded here once, which cards it had, and which GPUs a person said need it not. */
import { join } from 'node:path'
import { within } from '#clock'
import { readWhole, replaceFile } from '#durable'
import type { CheckContext } from '#monitor-kit'
import type { DriverKnown, HadCard } from '#monitor-kit/evaluate'

const NAME = 'driver-was-loaded'
/** More than all that is written at most. */
const BYTES_MAX = 16_384
const PLACES_MAX = 256
/** A disk that does not answer keeps nobody from looking. */
const WAIT_MS = 1_000

type Around = Pick<CheckContext<unknown>, 'clock' | 'log' | 'stateFolder'>

/** What of it outlives a boot. */
export type DriverKept = Pick<DriverKnown, 'wasLoaded' | 'had' | 'excused'>

/** Best effort: what cannot be kept is not known after a reboot. */
export interface DriverFile {
  /** What an earlier process kept; undefined: that cannot be read now. */
  recall(): Promise<DriverKept | undefined>
  /** Writes what is another than it was, once that was read. Resolves when it is written, or is not within a second. */
  keep(known: DriverKept): Promise<void>
}

const NOTHING: DriverKept = { wasLoaded: false, had: [], excused: [] }
const PLACE = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i
const HAD = /^had (\S+) (display|compute) (0x[0-9a-f]{4}|-)$/

/** "yes" where it was loaded, else "no"; then in each line a place that is excused, or "had" with a card that it had. */
function textOf({ wasLoaded, had, excused }: DriverKept): string {
  const cards = had.map(({ place, kind = 'display', device = '-' }) => `had ${place} ${kind} ${device}`)
  return `${[wasLoaded ? 'yes' : 'no', ...excused.slice(0, PLACES_MAX), ...cards].join('\n')}\n`
}

function hadIn(line: string): readonly HadCard[] {
  const [, place = '', kind, device] = HAD.exec(line) ?? []
  if (!PLACE.test(place)) return []
  return [{ place, kind: kind === 'compute' ? kind : 'display', ...(device !== '-' && { device }) }]
}

/** Never throws; what is neither is passed over. */
export function keptIn(text: string): DriverKept {
  const [first = '', ...lines] = text.split('\n')
  const excused = lines.filter((line) => PLACE.test(line)).slice(0, PLACES_MAX)
  return { wasLoaded: first === 'yes', had: lines.flatMap(hadIn).slice(0, PLACES_MAX), excused }
}

export function createDriverFile({ clock, log, stateFolder }: Around): DriverFile {
  let isRead = false
  let written: string | undefined
  const path = async () => join(await stateFolder(), NAME)

  async function quietly<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    const done = work().catch((err: unknown) => {
      log.warn('what is known of the GPU driver is not kept', { err })
      return otherwise
    })
    return within(clock, done, WAIT_MS, () => otherwise)
  }

  return {
    async recall() {
      written = await quietly(
        async () => (await readWhole(await path(), BYTES_MAX))?.toString() ?? textOf(NOTHING),
        undefined,
      )
      isRead = written !== undefined
      return written === undefined ? undefined : keptIn(written)
    },
    async keep(known) {
      const text = textOf(known)
      // Of what was never read nobody knows what would be lost.
      if (!isRead || text === written) return
      const isKept = await quietly(async () => {
        await replaceFile(await path(), text)
        return true
      }, false)
      written = isKept ? text : undefined
    },
  }
}
