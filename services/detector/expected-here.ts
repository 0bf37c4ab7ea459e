/** Who of those that are expected belongs on this machine. */
import type { Host } from '#host'
import { isPlace } from '#monitor-kit/when'
import type { Logger } from '#service'
import type { DetectorConfig } from './config.ts'

/** Places of all checks of a monitor; empty where there is a check for every machine, or none at all. */
function placesOf({ monitors }: DetectorConfig, name: string): readonly DetectorConfig['monitors'][number]['when'][] {
  const checks = monitors.filter(({ enabled, monitor }) => enabled && monitor === name)
  return checks.some(({ when }) => when === 'always') ? [] : [...new Set(checks.map(({ when }) => when))]
}

/**
 * The slice without those monitors of `detector.expect` whose checks are all for other machines: one configuration is for all nodes, and
 * one without a GPU misses no GPU monitor. Where that cannot be told who is expected stays so.
 */
export async function expectedHere(
  config: DetectorConfig,
  { host, log }: { readonly host: Pick<Host, 'files'>; readonly log: Logger },
): Promise<DetectorConfig> {
  const { expect } = config.detector
  const isHere = async (name: string) => {
    const places = placesOf(config, name)
    if (places.length === 0) return true
    const held = await Promise.all(places.map((place) => isPlace(place, host))).catch((err: unknown) => {
      log.warn('it cannot be told whether a monitor belongs on this machine; it is expected', { monitor: name, err })
      return [true]
    })
    return held.some(Boolean)
  }
  const here = await Promise.all(expect.map(isHere))
  const names = expect.filter((_, index) => here[index])
  return names.length === expect.length ? config : { ...config, detector: { ...config.detector, expect: names } }
}
