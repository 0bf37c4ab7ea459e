/** Whether the kubelet takes long for what it does all the time. Pure. */
import type { Finding } from '#monitor-kit'
import {
  duration,
  extendStreak,
  judgedFinding,
  judgeStreak,
  type Limits,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  type Streak,
  short,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { type Figures, meanBetween } from './figures.ts'

/** Calls that last by their nature: images, commands in containers, containers that have their time to end. */
const LONG: readonly string[] = [
  'pull_image',
  'exec',
  'exec_sync',
  'attach',
  'port_forward',
  'stop_container',
  'stop_podsandbox',
]
/** A list of pods is made every second; none in so long is one that hangs. */
const NO_RELIST_MS = 25_000

/** Something that takes a mean time, in seconds. */
interface Taken {
  readonly what: string
  readonly seconds: number
  readonly limits: Limits
}

function relistOf(before: Figures, now: Figures, limits: Limits): Taken | undefined {
  const mean = meanBetween(before.relist, now.relist)
  if (mean !== undefined) return { what: 'a list of pods (PLEG)', seconds: mean, limits }
  if (before.relist === undefined || now.relist === undefined || now.relist.count !== before.relist.count)
    return undefined
  const elapsedMs = now.atMs - before.atMs
  return elapsedMs < NO_RELIST_MS || now.isEvented
    ? undefined
    : { what: 'a list of pods (PLEG) that has not ended', seconds: elapsedMs / 1000, limits }
}

function worst(taken: readonly Taken[]): Taken | undefined {
  const share = ({ seconds, limits }: Taken) => seconds / limits.warning
  return taken.reduce<Taken | undefined>((one, other) => (one && share(one) >= share(other) ? one : other), undefined)
}

/** The finding of two looks at its figures, and how many in a row were over a limit. */
export function judgeSlow(
  before: Figures,
  now: Figures,
  config: Config,
  streakBefore: Streak,
): { readonly streak: Streak; readonly finding: Finding } {
  const pleg = { warning: config.plegThreshold / 1000, critical: config.plegCriticalThreshold / 1000 }
  const operation = { warning: config.operationThreshold / 1000, critical: config.operationCriticalThreshold / 1000 }
  const relist = relistOf(before, now, pleg)
  const operations = [...now.operations].flatMap(([name, total]): Taken[] => {
    const seconds = LONG.includes(name) ? undefined : meanBetween(before.operations.get(name), total)
    return seconds === undefined
      ? []
      : [{ what: `a call of the container runtime (${name})`, seconds, limits: operation }]
  })
  const slowest = worst([...(relist === undefined ? [] : [relist]), ...operations])
  if (slowest === undefined) {
    const message = 'the kubelet had nothing to list or to call'
    return { streak: NO_STREAK, finding: { type: 'KubeletSlow', health: 'healthy', reason: 'InTime', message } }
  }
  const { what, seconds, limits } = slowest
  const level = levelOf(seconds, limits)
  const streak = extendStreak(streakBefore, level)
  const verdict = judgeStreak(streak, config.failureThreshold)
  const message = `${what} took ${duration(seconds * 1000)} on average, limit ${short(namedLimit(verdict, limits, level), 3)} s${lasting(verdict, streak, config.failureThreshold)}`
  const evidence = {
    value: Number(seconds.toFixed(3)),
    unit: 's',
    ...limits,
    lowIsBad: false,
    label: what,
    detail: '',
    metric: '',
  }
  const summary = `the kubelet is slow: ${what} took ${duration(seconds * 1000)} on average`
  return {
    streak,
    finding: judgedFinding({ type: 'KubeletSlow', verdict, healthyReason: 'InTime', message, summary, evidence }),
  }
}
