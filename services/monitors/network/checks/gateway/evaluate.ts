/** What routes and answers of gateways say. Pure. */
import type { IpFamily } from '#host'
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { unknownFinding } from '#monitor-kit/evaluate'
import { isAddressOfV6 } from '../../names/hosts-file.ts'
import { NO_STANDING } from '../../probing/standing.ts'
import type { Config } from './config.ts'
import { judgeGateway } from './judge-gateway.ts'
import { judgeRoutes } from './judge-routes.ts'
import { type GatewayMemory, gatewayEntity, routeEntity } from './memory.ts'
import { type GatewayReading, interfacesOf } from './source.ts'

export interface GatewayVerdict {
  readonly memory: GatewayMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  /** Families of whose default route something is said. */
  readonly told: readonly IpFamily[]
  /** Routes of a family could not be read: whom they lead to is not gone. */
  readonly partial: boolean
  /** One of them answers no more, and the kernel has to find out whether it lives. */
  readonly isDoubtful: boolean
}

const GATEWAY_TYPES = ['GatewayUnreachable', 'GatewaySlow'] as const

/** Routes that cannot be read: it is not known whom they lead to. */
function unknownGateways(
  { families }: GatewayReading,
  memory: GatewayMemory,
  asked: readonly string[],
): readonly Finding[] {
  const why = families.map(({ routes }) => routes).find(({ ok }) => !ok)
  if (why === undefined || why.ok) return []
  const known = [...memory.reachable.keys()].filter((address) => !asked.includes(address)).map(gatewayEntity)
  return GATEWAY_TYPES.flatMap((type) => ['', ...known].map((entity) => unknownFinding(type, why, entity)))
}

const OF_GATEWAY = /^gateway:/

function addressOf({ entity = '' }: Finding): string {
  return entity.replace(OF_GATEWAY, '')
}

/**
 * A gateway that does not answer is critical while none does: over another one the node is reached. One of IPv6 does not help what asks by
 * IPv4; the other way round a node whose IPv6 leads nowhere is a node of IPv4.
 */
function lightened(findings: readonly Finding[]): readonly Finding[] {
  const alive = findings
    .filter(
      ({ type, health, reason }) => type === 'GatewayUnreachable' && health === 'healthy' && reason === 'GatewayLives',
    )
    .map(addressOf)
  return findings.map((finding) => {
    if (finding.type !== 'GatewayUnreachable' || finding.health !== 'problem') return finding
    const isOfV4 = !isAddressOfV6(addressOf(finding))
    const other = alive.find((address) => !isOfV4 || !isAddressOfV6(address))
    return other === undefined
      ? finding
      : { ...finding, severity: 'warning', message: `${finding.message}; ${other} answers` }
  })
}

/** Where the default route of IPv6 goes now, or went when there was one. */
function wayOfV6({ families }: GatewayReading, { overV6, heardV6 }: GatewayMemory) {
  const found = families.find(({ family }) => family === 'v6')
  const [first] = found?.routes.ok === true ? found.routes.value : []
  if (first === undefined) return { overV6, heardV6 }
  const over = interfacesOf(first)
  return { overV6: over, heardV6: over.filter((name) => found?.ignoring?.includes(name) !== true) }
}

export function evaluateGateways(reading: GatewayReading, config: Config, memory: GatewayMemory): GatewayVerdict {
  const routes = reading.families.flatMap((one) => judgeRoutes(one, memory, config) ?? [])
  const gateways = reading.gateways.map((gateway) => {
    const before = {
      reachable: memory.reachable.get(gateway.address) ?? NO_STANDING,
      slow: memory.slow.get(gateway.address) ?? NO_STANDING,
      hasAnswered: memory.answering.has(gateway.address),
    }
    return { address: gateway.address, ...judgeGateway(gateway, before, config) }
  })
  const partial = reading.families.some((one) => !one.routes.ok)
  const [oldReachable, oldSlow] = partial ? [[...memory.reachable], [...memory.slow]] : [[], []]
  const answering = gateways.filter(({ hasAnswered }) => hasAnswered).map(({ address }) => address)
  return {
    memory: {
      routes: new Map([...memory.routes, ...routes.map(({ family, standing }) => [family, standing] as const)]),
      reachable: new Map([...oldReachable, ...gateways.map((one) => [one.address, one.reachable] as const)]),
      slow: new Map([...oldSlow, ...gateways.map((one) => [one.address, one.slow] as const)]),
      ...wayOfV6(reading, memory),
      // Of gateways that come and go those that are there are remembered.
      answering: new Set([...(partial ? memory.answering : []), ...answering]),
      silences: new Map([
        ...(partial ? memory.silences : []),
        ...reading.gateways.flatMap(({ address, silence }) =>
          silence === undefined ? [] : [[address, silence] as const],
        ),
      ]),
    },
    findings: [
      ...routes.map(({ finding }) => finding),
      ...lightened(gateways.flatMap(({ findings }) => findings)),
      ...unknownGateways(
        reading,
        memory,
        gateways.map(({ address }) => address),
      ),
      ...reading.families.flatMap((one) =>
        one.routes.ok ? [] : [unknownFinding('DefaultRouteMissing', one.routes, routeEntity(one.family))],
      ),
    ],
    metrics: gateways.flatMap(({ metrics }) => metrics),
    told: reading.families.flatMap(({ family, routes: read }) =>
      !read.ok || routes.some((one) => one.family === family) ? [family] : [],
    ),
    partial,
    isDoubtful: reading.gateways.some((gateway) => gateway.isDoubtful),
  }
}
