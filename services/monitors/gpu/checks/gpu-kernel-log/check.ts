/** `gpu-kernel-log`: what the kernel says of NVIDIA's GPUs, told as it is said. */
import type { KernelCursor } from '#host'
import {
  type CheckContext,
  type CheckResult,
  type ClearedWord,
  defineCheck,
  type Follow,
  type RunCheck,
} from '#monitor-kit'
import { decimal } from '#monitor-kit/source'
import { conditionsOf } from '../../conditions.ts'
import type { Rulings } from '../../kernel/outcome.ts'
import type { GpuShared } from '../../shared.ts'
import type { Config } from './config.ts'
import { EVENTS, xidEvents } from './events.ts'
import { createKeep, type Keep } from './keep.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createNamed, type Named } from './named.ts'
import { createReader, type Reader } from './reader.ts'

type Around = Omit<CheckContext<Config, GpuShared>, 'signal'>

/** Why nothing is known. */
type Words = { readonly reason: string; readonly message: string }

/** A cursor that was kept, or nothing where it is none. */
function cursorOf(kept: unknown): KernelCursor | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const { bootId, sinceBootUs, sequence } = kept as Partial<KernelCursor>
  const isOne = typeof bootId === 'string' && typeof sinceBootUs === 'number'
  return isOne && (sequence === null || typeof sequence === 'number') ? { bootId, sinceBootUs, sequence } : undefined
}

/** When the machine was booted, on the wall clock; undefined: it does not say. */
async function bootMsOf({ host, clock }: Pick<Around, 'host' | 'clock'>): Promise<number | undefined> {
  const [uptime] = await host.files.readEach(['/proc/uptime'])
  const seconds = decimal(uptime?.trim().split(' ')[0])
  return seconds === undefined ? undefined : clock.now().getTime() - Math.floor(seconds) * 1000
}

/** How the log stands. */
interface Standing {
  /** What stood there was told; what is said from now on is heard. */
  isFollowing: boolean
  unreadable: Words | undefined
}

/** What turns and followers of one process have together. */
interface Common {
  readonly ledger: Ledger
  readonly keep: Keep
  readonly named: Named
  readonly standing: Standing
}

function createFollow(around: Around, { ledger, keep, named, standing }: Common): Follow<Config, GpuShared> {
  let hasBegun = false

  async function open(cursor: KernelCursor | undefined): Promise<{ from: KernelCursor | undefined; isFirst: boolean }> {
    const boot = await around.host.bootId()
    const kept = hasBegun ? undefined : await keep.recall()
    const isKnown = hasBegun || kept !== undefined
    ledger.begin(kept, boot)
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
      ledger.lost()
      await reader.say(ledger.findings(standing.unreadable))
    }
  }

  return async (context, tell, signal) => {
    const cursor = cursorOf(context.cursor)
    named.forget()
    const { from, isFirst } = await open(cursor)
    const bootMs = await bootMsOf(around)
    const isOfBoot = cursor?.bootId === ledger.state.boot
    const { config, host, clock, shared } = context
    const behind = isOfBoot ? cursor : undefined
    const base = { config, host, clock, shared, ledger, keep, tell, named, isFirst, bootMs }
    const reader = createReader({ ...base, cursor: behind })
    try {
      await take(reader, host.logs.kernelLog({ signal, from: from ?? 'start' }), context.following)
    } finally {
      standing.isFollowing = false
    }
  }
}

function createKernelLogCheck(around: Around): RunCheck<Config, GpuShared> {
  const { config, shared, clock, host, wake } = around
  const { modes, xid, sxid } = config
  const standing: Standing = { isFollowing: false, unreadable: undefined }
  const rulings = { modes, xid, sxid } as Rulings
  const ledger = createLedger({ clock, host, shared, rulings, onProven: wake })
  const keep = createKeep(around)
  const named = createNamed()

  async function run(): Promise<CheckResult> {
    const { unreadable, isFollowing } = standing
    if (unreadable === undefined && !isFollowing) return { findings: [], partial: true }
    if (await ledger.look()) await keep.write(ledger.state)
    const findings = ledger.findings(unreadable)
    // Who is there is not known before a probe, or the kernel, has said so.
    const { withdrawn } = named.changes(findings)
    return { findings, withdrawn, partial: unreadable !== undefined || shared.cards.all().length === 0 }
  }

  function cleared(word: ClearedWord): void {
    if (ledger.clear(word)) void keep.write(ledger.state)
    wake()
  }

  return Object.assign(run, { follow: createFollow(around, { ledger, keep, named, standing }), cleared })
}

export const gpuKernelLog = defineCheck<Config, GpuShared>({
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
