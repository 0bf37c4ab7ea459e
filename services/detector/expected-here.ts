/** Who of those that are expected belongs on this machine. */
import { join } from 'node:path'
import type { Clock } from '#clock'
import type { Host } from '#host'
import { createPlaceMarks, type PlaceMarks } from '#monitor-kit/place-marks'
import { needAt } from '#monitor-kit/when'
import type { Logger } from '#service'
import type { DetectorConfig } from './config.ts'

type PlaceName = DetectorConfig['monitors'][number]['when']

/** Places of all checks of a monitor; empty where there is a check for every machine, or none at all. */
function placesOf({ monitors }: DetectorConfig, name: string): readonly PlaceName[] {
  const checks = monitors.filter(({ enabled, monitor }) => enabled && monitor === name)
  return checks.some(({ when }) => when === 'always') ? [] : [...new Set(checks.map(({ when }) => when))]
}

/** So often it is looked again: devices come late, are given to virtual machines late, and get their driver late. */
const LOOK_MS = 60_000

/** What is judged by. */
export interface ExpectedAround {
  readonly host: Pick<Host, 'files'>
  readonly log: Pick<Logger, 'warn'>
  readonly marks: PlaceMarks
  /** Who was expected at the look before, which holds where nobody can tell; undefined: there was none. */
  readonly before: readonly string[] | undefined
}

/** Where the machine has nothing of that (any more) it is told by what it had; where nobody can say that, nobody is missed. */
async function wasPlace(name: string, place: PlaceName, { log, marks, before }: ExpectedAround): Promise<boolean> {
  return marks.has(place).catch((err: unknown) => {
    if (before !== undefined) return before.includes(name)
    log.warn('it cannot be told what kind of machine this was', { when: place, err })
    return false
  })
}

async function isExpectedAt(name: string, place: PlaceName, around: ExpectedAround): Promise<boolean> {
  try {
    const need = await needAt(place, around.host)
    if (need === 'here') await around.marks.keep(place)
    return need === 'not' || need === 'idle' ? await wasPlace(name, place, around) : need === 'here'
  } catch (err) {
    if (around.before !== undefined) return around.before.includes(name)
    around.log.warn('it cannot be told whether a monitor belongs on this machine; it is expected', {
      monitor: name,
      err,
    })
    return true
  }
}

/**
 * The slice without those monitors of `detector.expect` whose checks are all for other machines: one configuration is for all nodes, and
 * one without a GPU misses no GPU monitor, nor one whose GPUs are all given to virtual machines, or drive screens and never had NVIDIA's
 * driver. One that had a GPU to watch, also before a reboot, does. Where that cannot be told who is expected stays so.
 */
export async function expectedHere(config: DetectorConfig, around: ExpectedAround): Promise<DetectorConfig> {
  const { expect } = config.detector
  const isHere = async (name: string) => {
    const places = placesOf(config, name)
    const held = await Promise.all(places.map((place) => isExpectedAt(name, place, around)))
    return places.length === 0 || held.some(Boolean)
  }
  const here = await Promise.all(expect.map(isHere))
  const names = expect.filter((_, index) => here[index])
  return names.length === expect.length ? config : { ...config, detector: { ...config.detector, expect: names } }
}

/** What is expected here, over time. */
export interface Expecting {
  /** Says who is expected, now and whenever that changes. */
  begin(): Promise<void>
  /** A person says that these monitors are not missed: on a machine that has not what they are for any more they are expected no longer. */
  cleared(monitors: readonly string[]): Promise<void>
  end(): void
}

/** What that is made of. */
export interface ExpectingOptions {
  readonly config: DetectorConfig
  readonly host: Pick<Host, 'files'>
  readonly log: Logger
  readonly clock: Clock
  readonly stateDir: string
  /** Makes the fleet what this slice asks for. */
  readonly reconcile: (config: DetectorConfig) => Promise<void>
}

export function createExpecting(options: ExpectingOptions): Expecting {
  const { config, host, log, clock, stateDir, reconcile } = options
  const marks = createPlaceMarks(join(stateDir, 'detector', 'places'), { clock, log, host })
  const ended = new AbortController()
  let before: readonly string[] | undefined

  async function settle(): Promise<void> {
    const here = await expectedHere(config, { host, log, marks, before })
    if (ended.signal.aborted || here.detector.expect.join() === before?.join()) return
    before = here.detector.expect
    await reconcile(here)
  }

  async function follow(): Promise<void> {
    for (;;) {
      await clock.sleep(LOOK_MS, ended.signal)
      await settle().catch((err: unknown) => log.error('who is expected on this machine cannot be told anew', { err }))
    }
  }

  async function leave(place: PlaceName): Promise<boolean> {
    const need = await needAt(place, host)
    if ((need !== 'not' && need !== 'idle') || !(await marks.has(place))) return false
    await marks.forget(place)
    return true
  }

  return {
    async begin() {
      await settle()
      if (config.detector.expect.every((name) => placesOf(config, name).length === 0)) return
      // It ends with the signal.
      void follow().catch(() => undefined)
    },
    async cleared(monitors) {
      const meant = config.detector.expect.filter((name) => monitors.includes(name))
      const places = [...new Set(meant.flatMap((name) => placesOf(config, name)))]
      const left = await Promise.all(places.map(leave))
      if (left.some(Boolean)) await settle()
    },
    end: () => ended.abort(new Error('the detector stops')),
  }
}
