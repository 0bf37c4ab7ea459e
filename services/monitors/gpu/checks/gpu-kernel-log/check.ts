/** `gpu-kernel-log`: what the kernel says of NVIDIA's GPUs, told as it is said. */
import { within } from '#clock'
import type { KernelCursor } from '#host'
import { conditionKey } from '#model'
import {
  type CheckContext,
  type CheckResult,
  type ClearedWord,
  defineCheck,
  type Follow,
  type RunCheck,
} from '#monitor-kit'
import { conditionsOf } from '../../conditions.ts'
import type { Rulings } from '../../kernel/outcome.ts'
import { createGpuShared, type GpuShared } from '../../shared.ts'
import type { Config } from './config.ts'
import { EVENTS, xidEvents } from './events.ts'
import { createKeep, type Keep } from './keep.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createNamed, type Named } from './named.ts'
import { createReader, type Reader } from './reader.ts'

type Around = Omit<CheckContext<Config, GpuShared | undefined>, 'signal'>

/** Why nothing is known. */
type Words = { readonly reason: string; readonly message: string }

/** A cursor that was kept, or nothing where it is none. */
function cursorOf(kept: unknown): KernelCursor | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const { bootId, sinceBootUs, sequence } = kept as Partial<KernelCursor>
  const isOne = typeof bootId === 'string' && typeof sinceBootUs === 'number'
  return isOne && (sequence === null || typeof sequence === 'number') ? { bootId, sinceBootUs, sequence } : undefined
}

/** A disk that does not answer keeps nothing from being told. */
const KEEP_WAIT_MS = 1_000
/** A GPU that nobody has told the UUID of by then is called by its place. */
const TURNS_FOR_UUID = 2

/** How the log stands. */
interface Standing {
  /** What stood there was told; what is said from now on is heard. */
  isFollowing: boolean
  unreadable: Words | undefined
  /** Of the check, while it followed. */
  turns: number
}

/** What turns and followers of one process have together. */
interface Common {
  readonly ledger: Ledger
  readonly keep: Keep
  readonly named: Named
  readonly standing: Standing
  readonly shared: GpuShared
}

function createFollow(
  around: Around,
  { ledger, keep, named, standing, shared }: Common,
): Follow<Config, GpuShared | undefined> {
  let hasBegun = false

  async function open(cursor: KernelCursor | undefined): Promise<{ from: KernelCursor | undefined; isFirst: boolean }> {
    const boot = await around.host.bootId()
    const kept = hasBegun ? undefined : await keep.recall()
    const isKnown = hasBegun || kept !== undefined
    await shared.recall()
    await ledger.begin(kept, boot)
    hasBegun = true
    // Without what it led to a place is of no use: the log is read anew, and told on from there.
    return { from: isKnown ? cursor : undefined, isFirst: !isKnown && cursor === undefined }
  }

  async function take(reader: Reader, events: ReturnType<Around['host']['logs']['kernelLog']>, following: () => void) {
    for await (const event of events) {
      if (event.kind !== 'unreadable') {
        standing.unreadable = undefined
        await reader.take(event)
        if (event.kind !== 'caught-up') continue
        standing.isFollowing = true
        following()
        continue
      }
      const reason = event.isClosed === true ? 'LogSourceClosed' : 'LogSourceUnreadable'
      standing.unreadable = { reason, message: `the kernel’s log cannot be read: ${event.error.message}` }
      await reader.say(ledger.findings({ unreadable: standing.unreadable }))
    }
  }

  return async (context, tell, signal) => {
    const cursor = cursorOf(context.cursor)
    named.forget()
    const { from, isFirst } = await open(cursor)
    const isOfBoot = cursor?.bootId === ledger.state.boot
    const { config, host, clock } = context
    const behind = isOfBoot ? cursor : undefined
    const base = { config, host, clock, shared, ledger, keep, tell, named, isFirst }
    const reader = createReader({ ...base, cursor: behind })
    try {
      await take(reader, host.logs.kernelLog({ signal, from: from ?? 'start' }), context.following)
    } finally {
      standing.isFollowing = false
      reader.close()
    }
  }
}

function createKernelLogCheck(context: Around): RunCheck<Config, GpuShared | undefined> {
  const { config, clock, host, log, stateFolder, wake } = context
  // A check that is made without its monitor has its own.
  const signal = new AbortController().signal
  const shared = context.shared ?? createGpuShared({ host, clock, log, stateFolder, signal })
  const standing: Standing = { isFollowing: false, unreadable: undefined, turns: 0 }
  const rulings = { modes: config.modes, xid: config.xid, sxid: config.sxid } as Rulings
  const keep = createKeep(context)
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
    if (await ledger.look(unreadable === undefined))
      await within(clock, keep.write(ledger.state), KEEP_WAIT_MS, () => false)
    const isSettled = standing.turns >= TURNS_FOR_UUID
    const findings = ledger.findings({ unreadable, isSettled })
    const { withdrawn } = common.named.changes(findings)
    const isTold = new Set(findings.map(({ type, entity = '' }) => conditionKey(type, entity)))
    const silenced = ledger.silenced().filter(({ type, entity }) => !isTold.has(conditionKey(type, entity)))
    // Of what the log does not have any more nobody knows whether it was told before what is kept began.
    const partial = unreadable !== undefined || !isSettled || !ledger.state.isWhole
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
