/** Whether the firewall lets packets of IPv6 pass where it has to. Pure. */
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import { judgedFinding, type Reading, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { isExpected, namesIn, whyExpected } from '../../ipv6/expectation.ts'
import type { Config } from './config.ts'
import type { Hook } from './rules.ts'
import type { FirewallReading } from './source.ts'

/** Hooks that let something pass in this boot, while IPv6 was in use. */
export interface FirewallMemory {
  readonly open: readonly string[]
}

export const FIRST_FIREWALL: FirewallMemory = { open: [] }

const TYPE = 'IPv6FirewallBlocks'

const WAYS: Readonly<Record<Hook, string>> = {
  input: 'to this node',
  output: 'from this node',
  forward: 'through this node, as of its pods',
}

function finding(blocked: readonly { readonly hook: Hook; readonly name: string }[], config: Config): Finding {
  const ways = [...new Set(blocked.map(({ hook }) => WAYS[hook]))].join(', ')
  const names = blocked.map(({ name }) => name).join(', ')
  return judgedFinding({
    type: TYPE,
    verdict: blocked.length > 0 ? 'warning' : 'healthy',
    healthyReason: 'FirewallOpen',
    warningReason: 'PolicyDrops',
    message:
      blocked.length > 0
        ? `nothing of IPv6 passes ${ways}: ${names} drops by its policy and accepts nothing, and ${whyExpected(config.expectIPv6Enabled)}; add rules that accept, or see what wrote these`
        : 'the firewall lets packets of IPv6 pass',
    summary: `the firewall drops all of IPv6 ${ways}`,
  })
}

export function evaluateFirewall(reading: Reading<FirewallReading>, config: Config, memory: FirewallMemory) {
  const { expectIPv6Enabled: expected } = config
  if (expected === false) return { memory, findings: [] }
  if (!reading.ok) return { memory, findings: [unknownFinding(TYPE, reading)] }
  const { inUse, forwards, chains } = reading.value
  if (!chains.ok) return { memory, findings: [unknownFinding(TYPE, chains)] }
  if (chains.value === undefined) {
    const why = unobserved(
      'NoFirewallTool',
      'neither nft nor ip6tables-save is installed, and only they know the rules',
    )
    return { memory, findings: expected === true ? [unknownFinding(TYPE, why)] : [] }
  }
  const hooks: readonly Hook[] = forwards ? ['input', 'output', 'forward'] : ['input', 'output']
  const closed = chains.value.filter(({ hook, mayPass }) => !mayPass && hooks.includes(hook))
  const isOpen = (hook: Hook) => !closed.some((chain) => chain.hook === hook)
  const open = inUse ? [...new Set([...memory.open, ...hooks.filter(isOpen)])] : memory.open
  if (!isExpected(expected, open.length > 0)) return { memory: { open }, findings: [] }
  const blocked = closed.filter(({ hook }) => isExpected(expected, open.includes(hook)))
  return { memory: { open }, findings: [finding(blocked, config)] }
}

/** A person's word: it is meant to be so. */
export function clearFirewall(memory: FirewallMemory, { type }: ConditionKey): FirewallMemory {
  return type === TYPE ? FIRST_FIREWALL : memory
}

/** What an earlier process of this boot knew; nothing where that makes no sense. */
export function recallFirewall(facts: unknown): FirewallMemory {
  return { open: namesIn((facts as Partial<FirewallMemory> | null | undefined)?.open) }
}
