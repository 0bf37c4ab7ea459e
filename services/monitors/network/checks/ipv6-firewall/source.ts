/** Rules of the firewall for IPv6, by the program that knows them. */
import { type Host, HostExecError } from '#host'
import { type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { hasIPv6, isGlobal, readAddresses, readConf } from '../../ipv6/source.ts'
import type { Config } from './config.ts'
import { type DropChain, parseIp6tables, parseNft } from './rules.ts'

export interface FirewallReading {
  /** The node has an address of IPv6 that is good beyond a link. */
  readonly inUse: boolean
  /** It sends packets of others on, as those of pods. */
  readonly forwards: boolean
  /** Chains that drop by policy; undefined: there is no program to ask, or nobody to ask for. */
  readonly chains: Reading<readonly DropChain[] | undefined>
}

const OPTIONS = { timeoutMs: 5_000, maxOutputBytes: 16 * 1024 * 1024 } as const

type Printed = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why?: Unobserved }

/** What a program prints; without `why` it is not installed. */
async function ask(host: Host, program: string, args: readonly string[], signal: AbortSignal): Promise<Printed> {
  try {
    const { exitCode, stdout, stderr, timedOut, truncated } = await host.programs.run(program, args, {
      ...OPTIONS,
      signal,
    })
    const words = [program, ...args].join(' ')
    if (timedOut)
      return { ok: false, why: unobserved('ReadTimedOut', `${words}: no answer within ${OPTIONS.timeoutMs} ms`) }
    if (truncated)
      return { ok: false, why: unobserved('TooManyRules', `${words}: more than ${OPTIONS.maxOutputBytes} bytes`) }
    if (exitCode === 0) return { ok: true, text: stdout }
    const said = stderr.trim().split('\n')[0]?.slice(0, 200) ?? ''
    const message = `${words} ended with ${exitCode}${said === '' ? '' : `: ${said}`}; it takes the capability NET_ADMIN`
    return { ok: false, why: unobserved('RulesRefused', message) }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof HostExecError)) throw error
    return error.code === 'ENOENT' ? { ok: false } : { ok: false, why: unobserved('RulesRefused', error.message) }
  }
}

function malformed(program: string): Unobserved {
  return unobserved(
    'SourceMalformed',
    `cannot understand what ${program} prints; see whether another program has its name`,
  )
}

/** Chains first, and then the rules of those alone that drop: of a kube-proxy there may be ten thousand others. */
async function askNft(host: Host, signal: AbortSignal): Promise<Reading<readonly DropChain[] | undefined>> {
  const texts: string[] = []
  async function list(...args: readonly string[]): Promise<Exclude<Printed, { ok: true }> | undefined> {
    const printed = await ask(host, 'nft', ['-j', 'list', ...args], signal)
    if (!printed.ok) return printed
    texts.push(printed.text)
    return undefined
  }
  for (const family of ['ip6', 'inet']) {
    const failed = await list('chains', family)
    if (failed !== undefined) return failed.why ?? { ok: true, value: undefined }
  }
  for (const { name } of parseNft(texts) ?? []) {
    const failed = await list('chain', ...name.split(' '))
    if (failed !== undefined) return failed.why ?? malformed('nft')
  }
  const value = parseNft(texts)
  return value === undefined ? malformed('nft') : { ok: true, value }
}

async function askIp6tables(host: Host, signal: AbortSignal): Promise<Reading<readonly DropChain[] | undefined>> {
  const printed = await ask(host, 'ip6tables-save', [], signal)
  if (!printed.ok) return printed.why ?? { ok: true, value: undefined }
  const value = parseIp6tables(printed.text)
  return value === undefined ? malformed('ip6tables-save') : { ok: true, value }
}

async function askRules(host: Host, backend: Config['backend'], signal: AbortSignal) {
  if (backend === 'ip6tables') return askIp6tables(host, signal)
  const chains = await askNft(host, signal)
  return backend === 'nft' || !chains.ok || chains.value !== undefined ? chains : askIp6tables(host, signal)
}

/** @param wasOpen it was let pass in this boot, so that rules matter also where addresses are gone */
export async function readFirewall(
  host: Host,
  config: Config,
  wasOpen: boolean,
  signal: AbortSignal,
): Promise<Reading<FirewallReading>> {
  return observe(async () => {
    const isThere = await hasIPv6(host)
    const inUse =
      isThere && (await readAddresses(host)).some((address) => address.interface !== 'lo' && isGlobal(address))
    const forwards = isThere && ((await readConf(host, ['all'], 'forwarding')).get('all') ?? 0) > 0
    const isAsked = isThere && (inUse || wasOpen || config.expectIPv6Enabled === true)
    const none = { ok: true, value: undefined } as const
    return { inUse, forwards, chains: isAsked ? await askRules(host, config.backend, signal) : none }
  })
}
