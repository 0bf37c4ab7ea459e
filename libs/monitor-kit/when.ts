/** Where a check runs (`monitors[].when`): judged by the machine, in the process that has its files. */
import type { Clock } from '#clock'
import type { PlaceName } from '#config'
import type { Host } from '#host'
import type { Logger } from '#service'
import { isGivenAway } from './evaluate/nvidia-gpu.ts'
import { NEED_UNKNOWN, needsOf } from './evaluate/nvidia-need.ts'
import type { PlaceMarks } from './place-marks.ts'
import { NVIDIA_BUS, readNvidiaGpus } from './source/nvidia-gpus.ts'
import type { CheckInstance } from './types.ts'

/** So often it is looked whether a machine has become what it was not: devices come late, and are plugged in. */
const LOOK_MS = 60_000

/** Whether this machine is such a place: `given-away`, what makes it one was given away whole, to virtual machines. */
export type Standing = 'here' | 'given-away' | 'not'

/** Whether this machine is meant, by what it has now. @throws HostReadError */
export async function standingAt(place: PlaceName, host: Pick<Host, 'files'>): Promise<Standing> {
  switch (place) {
    case 'always':
      return 'here'
    case 'nvidia-gpu': {
      const gpus = await readNvidiaGpus(host)
      if (gpus.length === 0) return 'not'
      return gpus.every(isGivenAway) ? 'given-away' : 'here'
    }
  }
}

/** How much a machine has of it: `idle`, only what may do without its driver, and does (a card that drives screens). */
export type Need = Standing | 'idle'

/** Whether who watches such a place has to be there. @throws HostReadError */
export async function needAt(place: PlaceName, host: Pick<Host, 'files'>): Promise<Need> {
  if (place === 'always') return 'here'
  const gpus = await readNvidiaGpus(host)
  if (gpus.length === 0) return 'not'
  const needs = [...needsOf(gpus, NEED_UNKNOWN).values()]
  if (needs.every((need) => need === 'given-away')) return 'given-away'
  return needs.some((need) => need === 'has' || need === 'needs') ? 'here' : 'idle'
}

/** Whether a check is meant for this machine, which has what it is for, or had it before. @throws HostReadError, and what marks throw */
export async function isPlace(
  place: PlaceName,
  host: Pick<Host, 'files'>,
  marks: Pick<PlaceMarks, 'has'>,
): Promise<boolean> {
  return (await standingAt(place, host)) !== 'not' || marks.has(place)
}

/** What is judged by. */
export interface PlaceAround {
  readonly host: Pick<Host, 'files'>
  readonly log: Logger
  readonly marks: PlaceMarks
}

async function holds(place: PlaceName, { host, log, marks }: PlaceAround): Promise<boolean> {
  if (place === 'always') return true
  try {
    const standing = await standingAt(place, host)
    if (standing === 'here') await marks.keep(place)
    if (standing !== 'not') return true
    const wasHere = await marks.has(place)
    if (wasHere) log.info('this machine has not any more what checks are for; they run', { when: place })
    return wasHere
  } catch (err) {
    log.warn('it cannot be told whether checks are meant for this machine; they run', { when: place, err })
    return true
  }
}

/**
 * Those checks that are meant for this machine, as it is or as it was before a reboot; the others are as if nobody had written them. Where
 * that cannot be judged a check runs, and says itself what it cannot see.
 */
export async function instancesHere(
  instances: readonly CheckInstance[],
  around: PlaceAround,
): Promise<readonly CheckInstance[]> {
  const places = new Set(instances.map(({ when = 'always' }) => when))
  const here = new Set<PlaceName>()
  for (const place of places) if (await holds(place, around)) here.add(place)
  const meant = instances.filter(({ when = 'always' }) => here.has(when))
  const [away] = instances.filter(({ when = 'always' }) => !here.has(when))
  if (away !== undefined)
    around.log.info('checks are not meant for this machine', {
      when: away.when,
      checks: instances.length - meant.length,
    })
  return meant
}

/** What changes where a machine may become such a place: names alone, which cost little to read. Undefined: they cannot be read. */
function namesOn(host: Pick<Host, 'files'>): Promise<string | undefined> {
  return host.files.list(NVIDIA_BUS).then(
    (names) => names.join(' '),
    () => undefined,
  )
}

/** Whether it has become one of these; undefined: that cannot be told. */
async function hasBecome(places: readonly PlaceName[], host: Pick<Host, 'files'>): Promise<boolean | undefined> {
  const standings = await Promise.all(places.map((place) => standingAt(place, host).catch(() => undefined)))
  if (standings.includes('here')) return true
  return standings.includes(undefined) ? undefined : false
}

/**
 * Resolves when this machine has become one of these places, which it was not.
 * @throws the signal's reason
 */
export async function untilPlace(
  places: readonly PlaceName[],
  { host, clock, signal }: { readonly host: Pick<Host, 'files'>; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let before: string | undefined
  for (;;) {
    await clock.sleep(LOOK_MS, signal)
    const names = await namesOn(host)
    if (names !== undefined && names === before) continue
    const isOne = await hasBecome(places, host)
    if (isOne === true) return
    // Of a look that told nothing the next one is not the same.
    before = isOne === undefined ? undefined : names
  }
}
