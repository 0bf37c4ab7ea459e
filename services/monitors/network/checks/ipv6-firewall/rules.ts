/** What programs print of the rules for IPv6. Pure. */

/** Where packets pass: to this machine, from it, through it. */
export type Hook = 'input' | 'output' | 'forward'

/** A chain that packets pass, whose policy is to drop what no rule of it decides. */
export interface DropChain {
  readonly hook: Hook
  /** "ip6 filter INPUT" */
  readonly name: string
  /** Some rule of it may let a packet pass: it accepts, or leads to where nobody looked. */
  readonly mayPass: boolean
}

const HOOKS: readonly string[] = ['input', 'output', 'forward']

function isHook(text: unknown): text is Hook {
  return typeof text === 'string' && HOOKS.includes(text)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Verdicts by which a packet goes on: also those within a map of verdicts. */
const PASSING: readonly string[] = ['accept', 'jump', 'goto', 'queue', 'continue', 'return']

/** As deep as expressions of rules are ever nested. */
const DEPTH_MAX = 32

function hasPassing(value: unknown, depth = 0): boolean {
  if (depth > DEPTH_MAX) return true
  if (Array.isArray(value)) return value.some((one) => hasPassing(one, depth + 1))
  return isMap(value) && Object.entries(value).some(([key, one]) => isPassing(key, one) || hasPassing(one, depth + 1))
}

/** A map of verdicts that has a name ("@ports") is told elsewhere, where nobody looked. */
function isPassing(key: string, value: unknown): boolean {
  return PASSING.includes(key) || (key === 'vmap' && isMap(value) && typeof value['data'] === 'string')
}

function itemsOf(text: string): readonly unknown[] | undefined {
  try {
    const all: unknown = JSON.parse(text)
    return isMap(all) && Array.isArray(all['nftables']) ? all['nftables'] : undefined
  } catch {
    // What is no JSON is not what nft prints.
    return undefined
  }
}

function chainKey({ family, table }: Readonly<Record<string, unknown>>, chain: unknown): string {
  return [family, table, chain].join(' ')
}

/**
 * `nft -j list …`: chains of IPv6, or of both families, that drop by policy; undefined where it is not that.
 *
 *     {"nftables": [{"chain": {"family": "ip6", "table": "filter", "name": "INPUT", "hook": "input", "policy": "drop"}},
 *                   {"rule": {"family": "ip6", "table": "filter", "chain": "INPUT", "expr": [{"accept": null}]}}]}
 */
export function parseNft(texts: readonly string[]): readonly DropChain[] | undefined {
  const parts = texts.map(itemsOf)
  if (parts.some((part) => part === undefined)) return undefined
  const items = parts.flatMap((part) => part ?? []).filter(isMap)
  const passing = new Set(
    items
      .map(({ rule }) => rule)
      .filter((rule) => isMap(rule) && hasPassing(rule['expr']))
      .map((rule) => chainKey(rule as Readonly<Record<string, unknown>>, (rule as { chain?: unknown }).chain)),
  )
  const found = new Map<string, DropChain>()
  for (const { chain } of items) {
    if (!isMap(chain) || (chain['family'] !== 'ip6' && chain['family'] !== 'inet')) continue
    const { hook, policy, name } = chain
    if (!isHook(hook) || policy !== 'drop') continue
    const key = chainKey(chain, name)
    found.set(key, { hook, name: key, mayPass: passing.has(key) })
  }
  return [...found.values()]
}

/** Targets of iptables that let nothing pass. */
const NOT_PASSING: readonly string[] = ['DROP', 'REJECT', 'LOG', 'NFLOG', 'MARK', 'CONNMARK', 'TRACE']

/**
 * `ip6tables-save`; undefined where it is not that. Text without a table is a kernel that has no rules.
 *
 *     *filter
 *     :INPUT DROP [0:0]
 *     -A INPUT -i lo -j ACCEPT
 *     COMMIT
 */
export function parseIp6tables(text: string): readonly DropChain[] | undefined {
  const chains = new Map<string, { hook: Hook; name: string; mayPass: boolean }>()
  let table = ''
  for (const line of text.split('\n')) {
    const named = /^\*(\w{1,32})$/.exec(line)?.[1]
    if (named !== undefined) table = named
    else if (line === '' || line.startsWith('#') || line === 'COMMIT') continue
    else if (table === '') return undefined
    const [, chain, policy] = /^:(\S{1,64}) (\S{1,16})/.exec(line) ?? []
    const hook = chain?.toLowerCase()
    if (policy === 'DROP' && isHook(hook)) {
      chains.set(`${table} ${chain}`, { hook, name: `ip6tables ${table} ${chain}`, mayPass: false })
    }
    const [, of, target] = /^-A (\S{1,64}) (?:.{0,4096} )?-[jg] (\S{1,64})/.exec(line) ?? []
    const rules = chains.get(`${table} ${of}`)
    if (rules !== undefined && target !== undefined && !NOT_PASSING.includes(target)) rules.mayPass = true
  }
  return [...chains.values()]
}
