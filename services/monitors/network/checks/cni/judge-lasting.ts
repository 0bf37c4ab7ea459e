/** What has to last before it is a problem: a file, a binary, an interface that is missing. Pure. */
import type { Finding } from '#monitor-kit'
import { extendStreak, judgedFinding, judgeStreak, type Level, type Streak } from '#monitor-kit/evaluate'

/** What is wrong. */
export interface Fault {
  readonly reason: string
  readonly level: Exclude<Level, 'ok'>
  /** "no configuration of CNI in /etc/cni/net.d" */
  readonly summary: string
  /** What follows from it, and what to do. */
  readonly more: string
}

/** Without a kubelet it is another program's network (podman's, nerdctl's), and nothing is critical. */
export function softened(fault: Fault | undefined, hasKubelet: boolean): Fault | undefined {
  return fault === undefined || hasKubelet ? fault : { ...fault, level: 'warning' }
}

/** What a type says while nothing is wrong. */
export interface Well {
  readonly type: string
  readonly reason: string
  readonly message: string
}

/** The finding of a look, and how often in a row it was so. @param needed checks in a row */
export function judgeLasting(
  well: Well,
  fault: Fault | undefined,
  before: Streak,
  needed: number,
): { readonly finding: Finding; readonly streak: Streak } {
  const streak = extendStreak(before, fault?.level ?? 'ok')
  const verdict = judgeStreak(streak, needed)
  const seen = verdict === 'pending' ? ` (seen in ${streak.warning} of ${needed} checks in a row)` : ''
  const finding = judgedFinding({
    type: well.type,
    verdict,
    healthyReason: well.reason,
    warningReason: fault?.reason ?? '',
    criticalReason: fault?.reason ?? '',
    message: fault === undefined ? well.message : `${fault.summary}${seen}; ${fault.more}`,
    summary: fault?.summary ?? '',
  })
  return { finding, streak }
}
