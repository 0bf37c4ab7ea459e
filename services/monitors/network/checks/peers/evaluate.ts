/** What the answers of peers say of this node. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { judgeLarge } from './judge-large.ts'
import { judgeReach } from './judge-reach.ts'
import { judgeZone } from './judge-zone.ts'
import {
  type Doubt,
  FIRST_PATH,
  NO_DOUBT,
  type PathMemory,
  type PeersMemory,
  pathEntity,
  stillDoubted,
} from './memory.ts'
import type { Path } from './peer.ts'
import type { PathRound, PeersReading } from './source.ts'

export interface PeersVerdict {
  readonly memory: PeersMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  /** Who there is to ask is not known: what was said before of a zone is not over. */
  readonly partial: boolean
}

/** More zones than any cluster has; those that come first by name. */
const ZONES_MAX = 32
const NO_PEERS = unobserved('NoPeers', 'no peer is known but this node itself')

interface PathJudged {
  readonly memory: PathMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

function judgePath(round: PathRound, before: PathMemory, config: Config): PathJudged {
  if (round.asked.length === 0) {
    const why =
      round.known === 0
        ? (round.missing ?? NO_PEERS)
        : unobserved('NoPeers', 'none of those who were asked is a peer any more')
    const findings = ['PeersUnreachable', 'PathMTUBroken'].map((type) =>
      unknownFinding(type, why, pathEntity(round.path)),
    )
    return { memory: { ...before, reach: stillDoubted(before.reach, round.present) }, findings, metrics: [] }
  }
  const reach = judgeReach(round, before, config)
  const large = judgeLarge(round, before.large, config)
  return {
    memory: { reach: reach.doubt, large: large.doubt, hasAnswered: reach.hasAnswered, heard: reach.heard },
    findings: [reach.finding, large.finding],
    metrics: [...reach.metrics, ...large.metrics],
  }
}

/** How far away they are is told by the path to nodes, where they are asked; while that says nothing nobody else does. */
function judgeZones(reading: PeersReading, before: PeersMemory['slow'], config: Config) {
  const telling = (reading.find(({ path }) => path === 'node') ?? reading[0])?.round
  if (telling?.ok !== true) return []
  const { zones, asked } = telling.value
  return [...zones.keys()]
    .toSorted()
    .slice(0, ZONES_MAX)
    .map((zone) => {
      const place = { zone, peers: zones.get(zone) ?? 0 }
      return { zone, ...judgeZone(place, asked, before.get(zone) ?? NO_DOUBT, config) }
    })
}

/** @param reading of each path that is configured */
export function evaluatePeers(reading: PeersReading, config: Config, memory: PeersMemory): PeersVerdict {
  const paths = new Map<Path, PathMemory>(memory.paths)
  const findings: Finding[] = []
  const metrics: MetricSample[] = []
  for (const { path, round } of reading) {
    if (!round.ok) {
      for (const type of ['PeersUnreachable', 'PathMTUBroken'])
        findings.push(unknownFinding(type, round, pathEntity(path)))
      continue
    }
    const judged = judgePath(round.value, memory.paths.get(path) ?? FIRST_PATH, config)
    paths.set(path, judged.memory)
    findings.push(...judged.findings)
    metrics.push(...judged.metrics)
  }
  const zones = judgeZones(reading, memory.slow, config)
  const slow: ReadonlyMap<string, Doubt> = new Map(zones.map(({ zone, doubt }) => [zone, doubt]))
  const partial = reading.some(({ round }) => !round.ok)
  return {
    memory: { paths, slow: partial ? new Map([...memory.slow, ...slow]) : slow },
    findings: [...findings, ...zones.map(({ finding }) => finding)],
    metrics: [...metrics, ...zones.flatMap((zone) => zone.metrics)],
    partial,
  }
}
