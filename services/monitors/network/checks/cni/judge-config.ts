/** Whether the configuration of CNI, and the binaries that it names, are as the runtime needs them. Pure. */
import { plural } from '#monitor-kit/evaluate'
import type { Active, ActiveNetwork } from './active.ts'
import type { Config } from './config.ts'
import type { Fault, Well } from './judge-lasting.ts'
import type { CniMemory } from './memory.ts'
import type { BinariesReading, CniReading } from './source.ts'

/** A node that has just begun has no configuration until its CNI's pod has come: so many checks it may take. */
const FRESH_CHECKS = 5

const TO_DO = "see the pod of the CNI on this node, which writes it; or put the network's file there"

const NO_NETWORK = 'new pods get no network'

/** A look at the configuration. `needed`: checks in a row before a fault of it counts. */
export interface ConfigLook {
  readonly well: Well
  readonly fault: Fault | undefined
  readonly needed: number
}

function critical(reason: string, summary: string, advice: string): Fault {
  return { reason, level: 'critical', summary, more: `${NO_NETWORK}; ${advice}` }
}

function lookAtNone(
  { folder }: Extract<Active, { kind: 'none' }>,
  config: Config,
  { hadConfig }: CniMemory,
): ConfigLook {
  const isFresh = !hadConfig && config.configPath === ''
  const summary = `no configuration of CNI in ${folder}`
  return {
    well: { type: 'CNIConfigInvalid', reason: 'ConfigValid', message: '' },
    fault: isFresh
      ? {
          reason: 'ConfigMissing',
          level: 'warning',
          summary,
          more: `if pods here are to have networks of their own, ${TO_DO}`,
        }
      : critical('ConfigMissing', summary, TO_DO),
    needed: isFresh ? Math.max(FRESH_CHECKS, config.sustainedChecks) : config.sustainedChecks,
  }
}

function faultOfNetwork({ faults }: ActiveNetwork, path: string, missingSubnetFile: string | undefined) {
  const [first] = faults
  if (first !== undefined)
    return critical('PluginConfigInvalid', `${path}: ${first}`, 'mend it there, or in what writes it')
  if (missingSubnetFile === undefined) return undefined
  return critical(
    'SubnetFileMissing',
    `flannel has written no ${missingSubnetFile}`,
    "see flannel's pod or unit on this node: it writes that file once it has addresses for the node",
  )
}

function lookAtFound(
  active: Extract<Active, { kind: 'found' }>,
  missingSubnetFile: string | undefined,
  config: Config,
) {
  const { path, others, network, passed } = active
  const well = network.ok ? wellOf(path, network.value, others) : ''
  const ofFile = network.ok
    ? faultOfNetwork(network.value, path, missingSubnetFile)
    : critical('ConfigBroken', `${path}: ${network.why}`, 'mend it, or what writes it')
  const ofPassed: Fault | undefined =
    passed === ''
      ? undefined
      : {
          reason: 'ConfigBroken',
          level: 'warning',
          summary: passed,
          more: `CRI-O passes over it and takes ${path}; mend it, or take it away`,
        }
  return {
    well: { type: 'CNIConfigInvalid', reason: 'ConfigValid', message: well },
    fault: ofFile ?? ofPassed,
    needed: config.sustainedChecks,
  }
}

function wellOf(path: string, { name, binaries }: ActiveNetwork, others: number): string {
  const unused = others === 0 ? '' : `; ${plural(others, 'file')} behind it ${others === 1 ? 'is' : 'are'} not used`
  return `${path}: network ${name} by ${binaries.join(', ')}${unused}`
}

/** Whether a node without a configuration has to have one; else there is no CNI here. */
function isWanted({ hasKubelet, hasBinaries }: CniReading, hasFolder: boolean, config: Config, memory: CniMemory) {
  return memory.hadConfig || config.configPath !== '' || (hasKubelet && (hasFolder || hasBinaries))
}

/** undefined: there is no CNI here. */
export function lookAtConfig(
  reading: CniReading,
  active: Active,
  config: Config,
  memory: CniMemory,
): ConfigLook | undefined {
  if (active.kind === 'found') return lookAtFound(active, reading.missingSubnetFile, config)
  return isWanted(reading, active.hasFolder, config, memory) ? lookAtNone(active, config, memory) : undefined
}

/** A look at the binaries; undefined: nobody knows where they are looked for. */
export function lookAtBinaries(
  { missing, folders, looked }: BinariesReading,
  { hadBinaries }: CniMemory,
): { readonly well: Well; readonly fault: Fault | undefined } | undefined {
  const well = { type: 'CNIBinaryMissing', reason: 'BinariesPresent', message: `they are in ${folders.join(', ')}` }
  if (missing.length === 0) return { well, fault: undefined }
  if (folders.length === 0 && !hadBinaries) return undefined
  const names = missing.slice(0, 8).join(', ')
  const where = (folders.length === 0 ? looked : folders).join(', ')
  const summary = `${names}: no such ${missing.length === 1 ? 'binary' : 'binaries'} in ${where}`
  const advice =
    'put them there (of bridge, host-local and their like: the package of the CNI plug-ins), or see the pod of the CNI, which brings its own'
  return { well, fault: critical('BinaryMissing', summary, advice) }
}
