/** Members of one bond. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { extendStreak, judgedFinding, judgeStreak, plural, type Streak, type Verdict } from '#monitor-kit/evaluate'
import { seenIn } from './judge-link.ts'
import { type BondMemory, bondEntity } from './memory.ts'
import type { BondMember, BondState } from './source.ts'

export interface BondVerdict {
  readonly memory: BondMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

/** Who is named of many. */
const NAMED_MAX = 4

function faultWords(faulty: readonly BondMember[]): string {
  const named = faulty.slice(0, NAMED_MAX).map(({ name, fault }) => `${name} ${fault}`)
  return [...named, ...(faulty.length > NAMED_MAX ? [`${faulty.length - NAMED_MAX} more`] : [])].join(', ')
}

/**
 * What ran on fewer members and lost the last one too goes on as it was until that has lasted, and says that it may become worse: what
 * comes of a network that carries nothing is not to be told before.
 */
function verdictOf(degraded: Streak, before: Streak, needed: number): Verdict {
  const isRising = degraded.critical > 0 && degraded.critical < needed && before.warning >= needed
  return isRising ? 'pending' : judgeStreak(degraded, needed)
}

/**
 * A bond is degraded by each member that carries nothing, and by one that it had in this boot and has no more.
 * @param isNamed by the configuration: then it matters also when it is switched off
 */
export function judgeBond(state: BondState, before: BondMemory, needed: number, isNamed: boolean): BondVerdict {
  const there = state.members.map(({ name }) => name)
  const members = [...new Set([...before.members, ...there])]
  const lost = members.filter((name) => !there.includes(name)).map((name) => ({ name, fault: 'is gone' }))
  // Nobody wants it to carry anything, or it was made for later.
  if ((!state.isUp && !isNamed) || members.length === 0)
    return { memory: { ...before, members }, findings: [], metrics: [] }
  const all = [...state.members, ...lost]
  const faulty = all.filter(({ fault }) => fault !== '')
  const isDown = !state.hasCarrier || faulty.length === all.length
  const degraded = extendStreak(before.degraded, isDown ? 'critical' : faulty.length > 0 ? 'warning' : 'ok')
  const carrying = all.length - faulty.length
  const itself = state.isUp ? 'it has no carrier' : 'it is switched off (administratively down)'
  const finding = judgedFinding({
    type: 'BondDegraded',
    entity: bondEntity(state.name),
    verdict: verdictOf(degraded, before.degraded, needed),
    healthyReason: 'AllMembersCarry',
    warningReason: 'MemberDown',
    criticalReason: 'NoMemberCarries',
    message:
      faulty.length === 0 && !isDown
        ? `all of its ${plural(all.length, 'member')} carry`
        : `${carrying} of ${plural(all.length, 'member')} carry: ${state.isUp ? faultWords(faulty) || itself : itself}; see cables, transceivers and switch ports${seenIn(degraded, needed)}`,
    summary: isDown
      ? `${state.name} carries nothing`
      : `${state.name} runs on ${carrying} of ${plural(all.length, 'member')}`,
    evidence: {
      value: carrying,
      unit: '',
      warning: all.length - 1,
      critical: 0,
      lowIsBad: true,
      label: 'members that carry',
      detail: faulty.length === 0 ? '' : `${faultWords(faulty)}.`,
      metric: '',
    },
  })
  return {
    memory: { members, degraded },
    findings: [finding],
    metrics: [{ name: 'network_bond_members_carrying', labels: { bond: state.name }, value: carrying }],
  }
}

/** A bond that is named and was there in this boot is gone: nobody set it up again, or its module gave it up. */
export function judgeGoneBond(name: string, before: BondMemory, needed: number): BondVerdict {
  const degraded = extendStreak(before.degraded, 'critical')
  const finding = judgedFinding({
    type: 'BondDegraded',
    entity: bondEntity(name),
    verdict: judgeStreak(degraded, needed),
    healthyReason: 'AllMembersCarry',
    criticalReason: 'BondGone',
    message: `there is no such bond any more${seenIn(degraded, needed)}; see who sets up the network (netplan, NetworkManager, ifupdown), and the kernel log`,
    summary: `${name} is gone`,
  })
  return { memory: { ...before, degraded }, findings: [finding], metrics: [] }
}
