/** `gpu-kernel-log`: what the kernel says of NVIDIA's GPUs, told as it is said. */
import { within } from '#clock'
import { conditionKey } from '#model'
import { type CheckContext, type CheckResult, type ClearedWord, defineCheck, type RunCheck } from '#monitor-kit'
import { conditionsOf } from '../../conditions.ts'
import type { Rulings } from '../../kernel/rulings.ts'
import { createGpuShared, type GpuShared } from '../../shared.ts'
import type { Config } from './config.ts'
import { EVENTS, xidEvents } from './events.ts'
import { type Common, createFollow, type Standing } from './following.ts'
import { createKeep } from './keep.ts'
import { createLedger } from './ledger.ts'
import { createNamed } from './named.ts'

type Around = Omit<CheckContext<Config, GpuShared | undefined>, 'signal'>

/** A disk that does not answer keeps nothing from being told. */
const KEEP_WAIT_MS = 1_000
/** A GPU that nobody has told the UUID of by then is called by its place. */
const TURNS_FOR_UUID = 2

function createKernelLogCheck(context: Around): RunCheck<Config, GpuShared | undefined> {
  const { config, clock, host, log, stateFolder, wake } = context
  // A check that is made without its monitor has its own.
  const signal = new AbortController().signal
  const shared = context.shared ?? createGpuShared({ host, clock, log, stateFolder, signal })
  const standing: Standing = { isFollowing: false, unreadable: undefined, turns: 0 }
  const rulings = { modes: config.modes, xid: config.xid, sxid: config.sxid } as Rulings
  const keep = createKeep({ ...context, machine: shared.machine })
  function onProven(isOver: boolean): void {
    if (isOver) void keep.write(ledger.state)
    wake()
  }
  const ledger = createLedger({ clock, host, shared, rulings, onProven })
  const common: Common = { ledger, keep, named: createNamed(), standing, shared }

  async function run(): Promise<CheckResult> {
    const { unreadable, isFollowing } = standing
    if (unreadable === undefined && !isFollowing) return { findings: [], partial: true }
    standing.turns++
    if ((await ledger.look(unreadable === undefined)) || keep.isBehind)
      await within(clock, keep.write(ledger.state), KEEP_WAIT_MS, () => false)
    const isSettled = standing.turns >= TURNS_FOR_UUID
    const findings = ledger.findings({ unreadable, isSettled })
    const { withdrawn } = common.named.changes(findings)
    const isTold = new Set(findings.map(({ type, entity = '' }) => conditionKey(type, entity)))
    const silenced = ledger.silenced().filter(({ type, entity }) => !isTold.has(conditionKey(type, entity)))
    // Of what the log does not have any more nobody knows whether it was told before what is kept began.
    const partial = unreadable !== undefined || !isSettled || !ledger.state.isWhole || ledger.isBlind
    return { findings, withdrawn: [...withdrawn, ...silenced], partial }
  }

  function cleared(word: ClearedWord): void {
    if (ledger.clear(word)) void keep.write(ledger.state)
    wake()
  }

  return Object.assign(run, { follow: createFollow(context, common), cleared })
}

export const gpuKernelLog = defineCheck<Config, GpuShared | undefined>({
  type: 'gpu-kernel-log',
  description: 'Tells what the kernel says of GPUs as it says it: XID, SXid, lost devices, what a reset proved gone',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  when: 'nvidia-gpu',
  followsBeforeCursor: true,
  conditions: conditionsOf(
    'GPUHealthy',
    'GPUHung',
    'GPUDriverFailed',
    'GPUMissing',
    'GPUResetRequired',
    'GPUXidError',
    'GPUPCIeDegraded',
    'GPUFabricFailed',
    'GPUMisconfigured',
  ),
  events: EVENTS,
  declare: () => ({ conditions: [], events: xidEvents() }),
  create: createKernelLogCheck,
})
