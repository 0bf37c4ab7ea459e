/** What is seen of CNI, in words. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { NO_STREAK, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { ActiveNetwork } from './active.ts'
import type { Config } from './config.ts'
import { judgeAddresses } from './judge-addresses.ts'
import { type ConfigLook, lookAtBinaries, lookAtConfig } from './judge-config.ts'
import { lookAtInterfaces } from './judge-interfaces.ts'
import { judgeLasting, softened } from './judge-lasting.ts'
import type { CniMemory } from './memory.ts'
import type { CniReading } from './source.ts'

export interface CniVerdict {
  readonly memory: CniMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  /** The configuration is not known: what it would name is not gone. */
  readonly partial: boolean
}

/** What one part says, and what of the memory it changes. */
interface Part {
  readonly findings: readonly Finding[]
  readonly memory: Partial<CniMemory>
}

const NOT_FOLDERS = unobserved(
  'SourceMissing',
  'there is no folder with the binaries of CNI plug-ins where they usually are; name it (binDirs)',
)

function networkOf({ active }: CniReading): ActiveNetwork | undefined {
  return active.ok && active.value.kind === 'found' && active.value.network.ok ? active.value.network.value : undefined
}

function judgeBinaries({ binaries, hasKubelet }: CniReading, why: Unobserved, config: Config, memory: CniMemory): Part {
  const unseen = (reason: Unobserved): Part => ({
    findings: [unknownFinding('CNIBinaryMissing', reason)],
    memory: { binaries: NO_STREAK },
  })
  if (binaries === undefined) return unseen(why)
  if (!binaries.ok) return unseen(binaries)
  const look = lookAtBinaries(binaries.value, memory)
  if (look === undefined) return unseen(NOT_FOLDERS)
  const { finding, streak } = judgeLasting(
    look.well,
    softened(look.fault, hasKubelet),
    memory.binaries,
    config.sustainedChecks,
  )
  const hadBinaries = memory.hadBinaries || look.fault === undefined
  return { findings: [finding], memory: { binaries: streak, hadBinaries } }
}

function judgeInterfaces(reading: CniReading, why: Unobserved, config: Config, memory: CniMemory): Part {
  if (!config.checkInterfaces) return { findings: [], memory: { interfaces: NO_STREAK } }
  const network = networkOf(reading)
  const { interfaces } = reading
  const unseen = (reason: Unobserved): Part => ({
    findings: [unknownFinding('CNIInterfaceMissing', reason)],
    memory: { interfaces: NO_STREAK },
  })
  if (interfaces?.ok === false) return unseen(interfaces)
  if (network === undefined && config.expectedInterfaces.length === 0) return unseen(why)
  const seen = interfaces?.value ?? { states: new Map(), hasLoosePod: false }
  const look = lookAtInterfaces(network?.interfaces, reading, seen, config, memory)
  const { finding, streak } = judgeLasting(
    look.well,
    softened(look.fault, reading.hasKubelet),
    memory.interfaces,
    config.sustainedChecks,
  )
  return { findings: [finding], memory: { interfaces: streak, seen: look.seen } }
}

/** Nothing of CNI is here, or nobody may see it: only what is expected in any case is looked for. */
function judgeExpected(reading: CniReading, why: Unobserved, config: Config, memory: CniMemory): Part {
  return config.expectedInterfaces.length > 0
    ? judgeInterfaces(reading, why, config, memory)
    : { findings: [], memory: { interfaces: NO_STREAK } }
}

/** Of what is not known only the configuration is told, and what was known before: one cause is one word. */
function withToldAlone(findings: readonly Finding[], { told }: CniMemory): readonly Finding[] {
  return findings.filter(
    ({ type, health }) => health !== 'unknown' || type === 'CNIConfigInvalid' || told.includes(type),
  )
}

function toldAfter(findings: readonly Finding[], { told }: CniMemory): readonly string[] {
  const known = findings.filter(({ health }) => health !== 'unknown').map(({ type }) => type)
  return [...new Set([...told, ...known])]
}

function unseenCni(reading: CniReading, why: Unobserved, config: Config, before: CniMemory): CniVerdict {
  const interfaces = judgeInterfaces(reading, why, config, before)
  const memory = { ...before, config: NO_STREAK, binaries: NO_STREAK, ...interfaces.memory }
  const unknown = (['CNIConfigInvalid', 'CNIBinaryMissing', 'PodAddressesLow'] as const).map((type) =>
    unknownFinding(type, why),
  )
  const findings = withToldAlone([...unknown, ...interfaces.findings], before)
  return { memory, findings, metrics: [], partial: true }
}

/** Judged in full, since something of CNI is here. */
function judgeCni(
  reading: CniReading,
  look: ConfigLook,
  why: Unobserved,
  config: Config,
  before: CniMemory,
): CniVerdict {
  const { finding, streak } = judgeLasting(
    look.well,
    softened(look.fault, reading.hasKubelet),
    before.config,
    look.needed,
  )
  const isKnown = networkOf(reading) !== undefined
  const binaries = judgeBinaries(reading, why, config, before)
  const interfaces = judgeInterfaces(reading, why, config, before)
  const addresses = isKnown
    ? judgeAddresses(reading.leases, config)
    : { findings: [unknownFinding('PodAddressesLow', why)], metrics: [] }
  const all = [finding, ...binaries.findings, ...interfaces.findings, ...addresses.findings]
  const hadConfig = before.hadConfig || (reading.active.ok && reading.active.value.kind === 'found')
  return {
    memory: {
      ...before,
      ...binaries.memory,
      ...interfaces.memory,
      hadConfig,
      config: streak,
      told: toldAfter(all, before),
    },
    findings: isKnown ? all : withToldAlone(all, before),
    metrics: addresses.metrics,
    partial: !isKnown,
  }
}

export function evaluateCni(reading: CniReading, config: Config, before: CniMemory): CniVerdict {
  const { active } = reading
  if (!active.ok) return unseenCni(reading, active, config, before)
  const look = lookAtConfig(reading, active.value, config, before)
  const why = unobserved('ConfigNotKnown', 'which plug-ins there have to be is not known without a configuration')
  if (look === undefined) {
    const { findings, memory } = judgeExpected(reading, why, config, before)
    return { memory: { ...before, config: NO_STREAK, ...memory }, findings, metrics: [], partial: false }
  }
  const unsure = active.value.kind === 'none' ? active.value.unsure : undefined
  // A runtime's configuration that cannot be read may name the folder that counts.
  return unsure === undefined
    ? judgeCni(reading, look, why, config, before)
    : unseenCni(reading, unsure, config, before)
}
