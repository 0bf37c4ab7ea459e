/** Values of flags that node-problem-detector takes and our configuration has not so: what they come to, and what is said of it. Pure. */
import { EXIT_FATAL, EXIT_USAGE, NpdStartError } from './errors.ts'
import type { NpdFlags } from './flags.ts'

/** client-go's, where 0 is given. */
const DEFAULT_QPS = 5
const DEFAULT_BURST = 10
/** Least and most that the configuration takes. */
const QPS = { min: 0.1, max: 100_000 } as const
const BURST_MAX = 100_000
/** Conditions are looked at once in a second, there too. */
const HEARTBEAT_MS = { min: 1000, max: 86_400_000 } as const
const PORT_MAX = 65_535
const NS_PER_MS = 1_000_000

/** What the flags come to. */
export interface Bounded {
  readonly qps: number
  readonly burst: number
  readonly heartbeatMs: number
  readonly address: string
  readonly prometheusAddress: string
  /** Where something else is done than was asked for. */
  readonly notices: readonly string[]
}

/** As client-go has it: below 0 there is no limit. @throws NpdStartError where that panics */
function rateOf({ 'kube-api-qps': qps, 'kube-api-burst': burst }: NpdFlags) {
  if (qps > 0 && burst <= 0)
    throw new NpdStartError(
      `--kube-api-burst=${burst}: expected 1 or more beside a --kube-api-qps above 0; node-problem-detector does not start either`,
      EXIT_USAGE,
    )
  if (qps === 0) return { qps: DEFAULT_QPS, burst: burst > 0 ? burst : DEFAULT_BURST }
  return qps > 0 ? { qps, burst } : { qps: QPS.max, burst: BURST_MAX }
}

/** "" is every address, and a name that every machine has the address that Go takes for it. */
function addressOf(address: string): string {
  if (address === '') return '::'
  return address === 'localhost' ? '127.0.0.1' : address
}

/** @throws NpdStartError where node-problem-detector ends: it finds out when it listens */
export function checkPorts(flags: NpdFlags): void {
  for (const name of ['port', 'prometheus-port'] as const)
    if (flags[name] > PORT_MAX)
      throw new NpdStartError(`--${name}=${flags[name]}: expected a port up to ${PORT_MAX}, or 0 for none`, EXIT_FATAL)
}

/** What these flags come to. @throws NpdStartError where node-problem-detector does not start either */
export function bounded(flags: NpdFlags): Bounded {
  const asked = rateOf(flags)
  const notices: string[] = []
  function within(name: string, value: number, { min, max }: { min: number; max: number }, unit = ''): number {
    const taken = Math.min(Math.max(value, min), max)
    if (taken !== value) notices.push(`--${name}: ${value}${unit} counts as ${taken}${unit}`)
    return taken
  }
  return {
    qps: within('kube-api-qps', asked.qps, QPS),
    burst: within('kube-api-burst', asked.burst, { min: 1, max: BURST_MAX }),
    heartbeatMs: within(
      'k8s-exporter-heartbeat-period',
      Number(flags['k8s-exporter-heartbeat-period']) / NS_PER_MS,
      HEARTBEAT_MS,
      'ms',
    ),
    address: addressOf(flags.address),
    prometheusAddress: addressOf(flags['prometheus-address']),
    notices,
  }
}
