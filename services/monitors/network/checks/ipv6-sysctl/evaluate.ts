/** Whether IPv6 is switched off where it has to be on. Pure. */
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import { judgedFinding, type Reading, unknownFinding } from '#monitor-kit/evaluate'
import { isExpected, namesIn, whyExpected } from '../../ipv6/expectation.ts'
import type { Config } from './config.ts'

/** A link, and whether IPv6 is in use there. */
export interface LinkUse {
  readonly name: string
  readonly isDisabled: boolean
  /** It has an address that is good beyond the link. */
  readonly isUsed: boolean
}

/** undefined: the kernel has no IPv6. */
export type SysctlReading =
  | {
      /** net.ipv6.conf.all.disable_ipv6: written there, it is written to every interface. */
      readonly all: boolean
      /** What new interfaces begin with. */
      readonly new: boolean
      readonly links: readonly LinkUse[]
    }
  | undefined

/** Links on which IPv6 was in use in this boot. */
export interface UseMemory {
  readonly used: readonly string[]
}

export const FIRST_USE: UseMemory = { used: [] }

const TYPE = 'IPv6Disabled'

/** What is switched off and has to be on. */
function offIn(reading: NonNullable<SysctlReading>, used: readonly string[], config: Config): readonly string[] {
  const { expectIPv6Enabled, checkPerInterface } = config
  const isAll = isExpected(expectIPv6Enabled, used.length > 0)
  const whole = [...(reading.all ? ['all'] : []), ...(reading.new && expectIPv6Enabled === true ? ['default'] : [])]
  const links = reading.links.filter(
    ({ name, isDisabled }) => isDisabled && isExpected(expectIPv6Enabled, used.includes(name)),
  )
  if (!checkPerInterface) return isAll ? whole : []
  // Of what was in use each link tells for itself: it may be on again where all were switched off.
  return [...(expectIPv6Enabled === true ? whole : []), ...links.map(({ name }) => name)]
}

function finding(off: readonly string[], expectation: Config['expectIPv6Enabled']): Finding {
  const keys = off.map((name) => `net.ipv6.conf.${name.replaceAll('.', '/')}.disable_ipv6`)
  return judgedFinding({
    type: TYPE,
    verdict: off.length > 0 ? 'warning' : 'healthy',
    healthyReason: 'IPv6Enabled',
    warningReason: 'SwitchedOff',
    message:
      off.length > 0
        ? `IPv6 is switched off (${keys.join(', ')}), and ${expectation === true ? 'the configuration expects it' : whyExpected(expectation)}; set it to 0, and see what sets it otherwise`
        : 'IPv6 is switched on',
    summary: `IPv6 is switched off (${off.join(', ')})`,
  })
}

export function evaluateIPv6Sysctl(reading: Reading<SysctlReading>, config: Config, memory: UseMemory) {
  const { expectIPv6Enabled } = config
  if (expectIPv6Enabled === false) return { memory, findings: [] }
  if (!reading.ok) return { memory, findings: [unknownFinding(TYPE, reading)] }
  const { value } = reading
  const inUse = (value?.links ?? []).filter(({ isUsed }) => isUsed).map(({ name }) => name)
  const used = [...new Set([...memory.used, ...inUse])]
  // Nobody uses it, and nobody expects it.
  if (!isExpected(expectIPv6Enabled, used.length > 0)) return { memory: { used }, findings: [] }
  if (value === undefined) {
    const message = 'the kernel has no IPv6: it was started with ipv6.disable=1, or lacks the module'
    const summary = 'the kernel has no IPv6'
    const about = { type: TYPE, health: 'problem', severity: 'warning', reason: 'NoIPv6' } as const
    return { memory: { used }, findings: [{ ...about, message, summary }] }
  }
  return { memory: { used }, findings: [finding(offIn(value, used, config), expectIPv6Enabled)] }
}

/** A person's word: it is meant to be off. */
export function clearUse(memory: UseMemory, { type }: ConditionKey): UseMemory {
  return type === TYPE ? FIRST_USE : memory
}

/** What an earlier process of this boot knew; nothing where that makes no sense. */
export function recallUse(facts: unknown): UseMemory {
  return { used: namesIn((facts as Partial<UseMemory> | null | undefined)?.used) }
}
