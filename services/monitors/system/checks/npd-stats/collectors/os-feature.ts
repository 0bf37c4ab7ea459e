/** What the kernel was started with, and its modules. */
import { createHost, type Host } from '#host'
import { observe, understood } from '#monitor-kit/source'
import { statOf, type Value } from '../metrics.ts'
import { parseCmdline } from '../parse/cmdline.ts'
import { type KernelModule, parseKnownModules, parseModules } from '../parse/modules.ts'
import { type Collector, collected, isWanted, NOTHING, together } from './types.ts'

/** A file of modules is longer than most of /proc. */
const MODULES_BYTES = 4 * 1024 * 1024

function feature(name: string, value: number, label = ''): Value {
  return statOf('system/os_feature', value, name, label)
}

/** What its parameters tell. */
export function cmdlineValues(parameters: ReadonlyMap<string, number>): readonly Value[] {
  const of = (parameter: string): number => parameters.get(parameter) ?? 0
  const isSealed = of('module.sig_enforce') === 1 && of('loadpin.enabled') === 1
  return [
    feature('KTD', of('csm.enabled')),
    feature('UnifiedCgroupHierarchy', of('systemd.unified_cgroup_hierarchy')),
    feature('KernelModuleIntegrity', isSealed ? 1 : 0),
  ]
}

/** What its modules tell. @param known modules that belong to the system */
export function moduleValues(modules: readonly KernelModule[], known: ReadonlySet<string>): readonly Value[] {
  const isGpu = ({ name }: KernelModule): boolean => name.includes('nvidia')
  const unknown = modules.filter((module) => !isGpu(module) && module.isForeign && !known.has(module.name))
  return [
    feature('UnknownModules', unknown.length > 0 ? 1 : 0, unknown.map(({ name }) => name).join(',')),
    feature('GPUSupport', modules.some(isGpu) ? 1 : 0),
  ]
}

async function readModules(host: Host, path: string): Promise<readonly KernelModule[]> {
  const text = await host.files.readText(path, { maxBytes: MODULES_BYTES })
  return understood(path, text, parseModules(text), 'nf_nat 61440 2 xt_MASQUERADE,iptable_nat, Live 0x0000000000000000')
}

/** It lies beside the configuration, not on the node. */
async function readKnownModules(path: string): Promise<ReadonlySet<string>> {
  const text = await createHost({ root: '' }).files.readText(path)
  return understood(path, text, parseKnownModules(text), '[{ "moduleName": "nf_nat" }]')
}

/**
 * Collects the section "osFeature". A kernel without modules has no list of them: what its parameters tell is told all the same.
 */
export function createOsFeatureCollector(): Collector {
  return {
    section: 'osFeature',
    async collect({ host, plan }) {
      if (!isWanted(plan, ['system/os_feature'])) return NOTHING
      const { procPath, knownModulesPath } = plan
      const [parameters, modules, known] = await Promise.all([
        observe(async () => parseCmdline(await host.files.readText(`${procPath}/cmdline`))),
        observe(() => readModules(host, `${procPath}/modules`)),
        observe(() => readKnownModules(knownModulesPath)),
      ])
      return together([
        collected(parameters, cmdlineValues),
        collected(modules, (list) => moduleValues(list, known.ok ? known.value : new Set())),
        // Nothing is missing without it: every foreign module is unknown then.
        { ...NOTHING, notes: known.ok ? [] : [known.message] },
      ])
    },
  }
}
