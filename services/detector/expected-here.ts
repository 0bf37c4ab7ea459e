/** Who of those that are expected belongs on this machine. */
import { join } from 'node:path'
import type { Clock } from '#clock'
import type { Host } from '#host'
import { createPlaceMarks, type PlaceMarks } from '#monitor-kit/place-marks'
import { standingAt, untilPlace } from '#monitor-kit/when'
import type { Logger } from '#service'
import type { DetectorConfig } from './config.ts'

type PlaceName = DetectorConfig['monitors'][number]['when']

/** Places of all checks of a monitor; empty where there is a check for every machine, or none at all. */
function placesOf({ monitors }: DetectorConfig, name: string): readonly PlaceName[] {
  const checks = monitors.filter(({ enabled, monitor }) => enabled && monitor === name)
  return checks.some(({ when }) => when === 'always') ? [] : [...new Set(checks.map(({ when }) => when))]
}

/** What is judged by. */
export interface ExpectedAround {
  readonly host: Pick<Host, 'files'>
  readonly log: Pick<Logger, 'warn'>
  readonly marks: PlaceMarks
}

/** Where the machine has nothing of that any more it is told by what it had; where nobody can say that, nobody is missed. */
async function wasPlace(place: PlaceName, { log, marks }: ExpectedAround): Promise<boolean> {
  return marks.has(place).catch((err: unknown) => {
    log.warn('it cannot be told what kind of machine this was', { when: place, err })
    return false
  })
}

async function isExpectedAt(name: string, place: PlaceName, around: ExpectedAround): Promise<boolean> {
  try {
    const standing = await standingAt(place, around.host)
    if (standing === 'here') await around.marks.keep(place)
    return standing === 'not' ? await wasPlace(place, around) : standing === 'here'
  } catch (err) {
    around.log.warn('it cannot be told whether a monitor belongs on this machine; it is expected', {
      monitor: name,
      err,
    })
    return true
  }
}

/**
 * The slice without those monitors of `detector.expect` whose checks are all for other machines: one configuration is for all nodes, and
 * one without a GPU misses no GPU monitor, nor one whose GPUs are all given to virtual machines. One that had a GPU, also before a
 * reboot, does. Where that cannot be told who is expected stays so.
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
  const around = { host, log, marks: createPlaceMarks(join(stateDir, 'detector', 'places'), { clock, log }) }
  const ended = new AbortController()

  /** Devices come late: who is not expected yet may be. */
  async function wait(places: readonly PlaceName[]): Promise<void> {
    await untilPlace(places, { host, clock, signal: ended.signal })
    await settle()
  }

  async function settle(): Promise<void> {
    const here = await expectedHere(config, around)
    if (ended.signal.aborted) return
    await reconcile(here)
    const away = config.detector.expect.filter((name) => !here.detector.expect.includes(name))
    const places = [...new Set(away.flatMap((name) => placesOf(config, name)))]
    if (places.length === 0) return
    void wait(places).catch((err: unknown) => {
      if (!ended.signal.aborted) log.error('who is expected on this machine cannot be told anew', { err })
    })
  }

  async function leave(place: PlaceName): Promise<boolean> {
    if ((await standingAt(place, host)) !== 'not' || !(await around.marks.has(place))) return false
    await around.marks.forget(place)
    return true
  }

  return {
    begin: settle,
    async cleared(monitors) {
      const meant = config.detector.expect.filter((name) => monitors.includes(name))
      const places = [...new Set(meant.flatMap((name) => placesOf(config, name)))]
      const left = await Promise.all(places.map(leave))
      if (left.some(Boolean)) await settle()
    },
    end: () => ended.abort(new Error('the detector stops')),
  }
}
