/** `gpu-fabric-check`: NVLinks, the fabric of NVSwitches, and what only `nvidia-smi -q` says. */
import { type CheckContext, type CheckResult, createLook, defineCheck } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import { subjectFor } from '../../cards/subject-for.ts'
import { conditionsOf } from '../../conditions.ts'
import { hasNoneHere, isForScreensAlone } from '../../driver/none-here.ts'
import { readPciGpus } from '../../driver/pci-gpus.ts'
import { healthOf } from '../../health.ts'
import { awayIn, seesAll } from '../../judging/whole.ts'
import { createGpuShared, type GpuShared } from '../../shared.ts'
import type { QueryAnswer } from '../../smi/query-answer.ts'
import { whyUnseen } from '../gpu-health-check/judge/unseen.ts'
import type { Config } from './config.ts'
import { evaluateFabric } from './evaluate.ts'
import { clearFabric, type FabricMemory, FIRST_FABRIC, factsOf, forgetFabric, recallFabric } from './memory.ts'
import { readFabric } from './source.ts'
import { withUntold } from './untold.ts'

const NOT_SEEN = unobserved('GPUNotSeen', 'nvidia-smi does not show it')

type Context = CheckContext<Config, GpuShared | undefined>

/** A machine whose GPUs are all somebody else's, or that has none, is not asked; one that misses some is. */
async function hasNone({ host }: Pick<Context, 'host'>, { inventory }: GpuShared): Promise<boolean> {
  const [pci, { known }] = await Promise.all([readPciGpus(host), inventory.read()])
  const places = Object.values(known).map(({ place }) => place)
  return hasNoneHere(pci, places)
}

/** A machine whose cards drive screens alone has no links to look at, either. */
async function isUnused(
  query: QueryAnswer,
  { host }: Pick<Context, 'host'>,
  { inventory, driver }: GpuShared,
): Promise<boolean> {
  const seen = { pci: await readPciGpus(host), query, isLoaded: driver.last?.isLoaded === true }
  return isForScreensAlone(seen, { inventory: await inventory.read(), expectedGpus: 0 })
}

/** Whether it has all GPUs that are known here: of who is not in it nothing is taken back. */
async function isWhole(
  { answer, lost }: Extract<QueryAnswer, { kind: 'rows' }>,
  { host }: Pick<Context, 'host'>,
  { inventory }: Pick<GpuShared, 'inventory'>,
): Promise<boolean> {
  const [{ known }, pci] = await Promise.all([inventory.read(), readPciGpus(host)])
  return lost === undefined && seesAll(answer, known, awayIn(pci))
}

/** How this check calls itself where it asks what others find. */
const CALLER = 'gpu-fabric-check'

async function look(
  context: Context,
  shared: GpuShared,
  memory: FabricMemory,
): Promise<CheckResult & { memory: FabricMemory }> {
  const { host, clock, signal, config } = context
  if (await hasNone(context, shared)) return { findings: [], ...forgetFabric(memory) }
  const { query, reading, unanswered } = await readFabric({
    host,
    shared,
    clock,
    signal,
    hadManager: memory.hadManager,
  })
  if (query.kind === 'stopped') return { findings: [], partial: true, memory }
  const { known } = await shared.inventory.read()
  if (await isUnused(query, context, shared)) return { findings: [], ...forgetFabric(memory) }
  const subjectOf = (entity: string) => subjectFor(entity, { cards: shared.cards.all(), known })
  const unseen = whyUnseen(query)
  if (query.kind !== 'rows' || unseen !== undefined) {
    const why = unseen ?? NOT_SEEN
    const health = healthOf([], { unseen: why, wellMessage: '' })
    const { findings, memory: next } = withUntold({ findings: [], memory }, { why, isWhole: false, subjectOf })
    shared.ill.note(CALLER, findings)
    return { findings: [health, ...findings], partial: true, memory: next }
  }
  const others = shared.ill.others(CALLER)
  const around = { config, nowMs: clock.monotonicMs(), cardOf: shared.cards.at, others }
  const hasAll = unanswered.length === 0 && (await isWhole(query, context, shared))
  const seen = evaluateFabric(reading, around, memory)
  const { findings, memory: next } = withUntold(seen, { why: NOT_SEEN, isWhole: hasAll, subjectOf })
  shared.ill.note(CALLER, findings)
  return {
    findings,
    partial: !hasAll,
    memory: next,
    ...(unanswered.length > 0 && { incomplete: `no answer from ${unanswered.join(', ')}` }),
  }
}

export const gpuFabric = defineCheck<Config, GpuShared | undefined>({
  type: 'gpu-fabric-check',
  description: 'NVLinks, the fabric of NVSwitches and its services, PCIe replays, and repairs that wait',
  intervalMs: 300_000,
  timeoutMs: 60_000,
  when: 'nvidia-gpu',
  conditions: conditionsOf('GPUHealthy', 'GPUMemoryErrors', 'GPUPCIeDegraded', 'GPUNVLinkDown', 'GPUFabricFailed'),
  create(context) {
    const { memory: kept, host, clock, log, stateFolder } = context
    const shared =
      context.shared ?? createGpuShared({ host, clock, log, stateFolder, signal: new AbortController().signal })
    return createLook<Config, FabricMemory>(kept, {
      first: FIRST_FABRIC,
      look: (looks, memory) => look(looks as Context, shared, memory),
      clear: clearFabric,
      facts: { of: factsOf, recalled: recallFabric },
    })
  },
})
