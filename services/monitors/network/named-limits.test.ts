/** Whatever is read, in whatever order: reason, severity, limit and number of a finding belong to one another. */
import { expect, test } from 'vitest'
import { type LimitedCondition, lastOver, wrongLimit } from '#monitor-kit/contract'
import { type Limits, observed, short } from '#monitor-kit/evaluate'
import { schema as cniSchema } from './checks/cni/config.ts'
import { judgeAddresses } from './checks/cni/judge-addresses.ts'
import { schema as conntrackSchema } from './checks/conntrack/config.ts'
import { evaluateConntrack, FIRST_CONNTRACK } from './checks/conntrack/evaluate.ts'
import { schema as linksSchema } from './checks/links/config.ts'
import { judgeLink } from './checks/links/judge-link.ts'
import { FIRST_LINK } from './checks/links/memory.ts'
import { schema as socketsSchema } from './checks/sockets/config.ts'
import { evaluateSockets, FIRST_SOCKETS } from './checks/sockets/evaluate.ts'
import type { SocketsReading } from './checks/sockets/source.ts'

const percent = (limit: number) => `${short(limit)} %`
const keys = (prefix: string, { warning, critical }: Limits) => ({
  [`${prefix}WarningThreshold`]: warning,
  [`${prefix}CriticalThreshold`]: critical,
})

const COUNTS = { tcp: 0, timeWait: 0, udp: 0, tcpPages: 0, udpPages: 0 }
const SOCKETS: SocketsReading = {
  counts: observed(COUNTS),
  ports: observed({ size: 100, busiest: undefined, udp: 0 }),
  maxPages: observed({ tcp: 100, udp: 1_000_000 }),
  tcp: observed({ sent: 0, retransmitted: 0, unanswered: 0 }),
  overflows: observed(0),
  drops: observed(0),
}

function ofSockets(
  type: string,
  prefix: string,
  reading: (number: number, at: number) => Partial<SocketsReading>,
): LimitedCondition {
  return {
    type,
    words: percent,
    last(numbers, limits) {
      const config = socketsSchema.parse(keys(prefix, limits))
      const evaluate = lastOver(type, FIRST_SOCKETS, (number, memory, at) =>
        evaluateSockets({ ...SOCKETS, ...reading(number, at) }, config, memory, at),
      )
      return evaluate(numbers)
    },
  }
}

const conntrack: LimitedCondition = {
  type: 'ConntrackFull',
  words: percent,
  last(numbers, { warning, critical }) {
    const config = conntrackSchema.parse({ warningThreshold: warning, criticalThreshold: critical })
    const evaluate = lastOver('ConntrackFull', FIRST_CONNTRACK, (entries, memory, at) => {
      const reading = { use: observed({ entries, max: 100 }), losses: observed(undefined) }
      return evaluateConntrack(reading, config, memory, at)
    })
    return evaluate(numbers)
  },
}

/** Of a pool of a hundred addresses so many are taken. */
const addresses: LimitedCondition = {
  type: 'PodAddressesLow',
  words: percent,
  last(numbers, limits) {
    const config = cniSchema.parse(keys('address', limits))
    const range = { subnet: '10.0.0.0/25', bits: 32, first: 1n, last: 100n, gateway: 0n } as const
    const pool = { name: range.subnet, ranges: [range], size: 100n }
    const evaluate = lastOver('PodAddressesLow', undefined, (number) => {
      const taken = Array.from({ length: number }, (_, at) => ({ bits: 32 as const, value: BigInt(at + 1) }))
      const { findings } = judgeAddresses(
        [observed({ folder: '/var/lib/cni/networks/pods', pools: [pool], taken })],
        config,
      )
      return { memory: undefined, findings }
    })
    return evaluate(numbers)
  },
}

/** Of each 100,000 packets so many thousand are bad. */
const links: LimitedCondition = {
  type: 'LinkErrors',
  words: percent,
  last(numbers, limits) {
    const config = linksSchema.parse(keys('error', limits))
    let [good, bad] = [0, 0]
    const evaluate = lastOver('LinkErrors', FIRST_LINK, (number, memory, monoMs) => {
      good += 100_000 - number * 1000
      bad += number * 1000
      const counters = { receivedPackets: good, sentPackets: 0, receiveErrors: bad, sendErrors: 0, missed: 0 }
      const state = { name: 'eth0', isUp: true, hasCarrier: true, ups: 1, downs: 0, megabits: 1000, isMember: false }
      return judgeLink({ ...state, counters }, memory, { config, monoMs, isLast: false, isToldByBond: false }, false)
    })
    // The first look knows no growth.
    return evaluate([0, ...numbers])
  },
}

let [sent, retransmitted] = [0, 0]
const retransmits = ofSockets('RetransmitsHigh', 'retransmit', (number, at) => {
  if (at === 0) [sent, retransmitted] = [0, 0]
  sent += 100_000 - number * 1000
  retransmitted += number * 1000
  return { tcp: observed({ sent, retransmitted, unanswered: 0 }) }
})

test.each([
  addresses,
  conntrack,
  links,
  ofSockets('PortsExhausted', 'port', (udp) => ({ ports: observed({ size: 100, busiest: undefined, udp }) })),
  ofSockets('PortsExhausted', 'port', (ports) => {
    return { ports: observed({ size: 100, busiest: { place: '10.0.0.5:443', ports, timeWait: 0 }, udp: 0 }) }
  }),
  ofSockets('SocketMemoryHigh', 'memory', (tcpPages) => ({ counts: observed({ ...COUNTS, tcpPages }) })),
  { ...retransmits, last: (numbers, limits) => retransmits.last([0, ...numbers], limits) },
])('$type names the limit that counts', (condition) => {
  expect(wrongLimit(condition)).toBeUndefined()
})
