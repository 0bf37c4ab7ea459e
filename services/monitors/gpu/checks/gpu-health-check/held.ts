/** Who holds the memory of GPUs that do not work: asked only where some holds a lot of it. */
import type { Host } from '#host'
import { deadAmong } from '../../driver/processes.ts'
import type { GpuShared } from '../../shared.ts'
import { APP_COLUMNS, type ComputeApp, parseApps } from '../../smi/apps.ts'
import type { QueryAnswer } from '../../smi/query-answer.ts'
import { type GpuRow, textIn } from '../../smi/rows.ts'
import { type Holders, holdersIn } from './holders.ts'
import type { HeldMemory } from './judge/look.ts'
import { mayHoldForNobody } from './judge/memory-use.ts'

/** What is read with. */
export interface HeldSource {
  readonly host: Pick<Host, 'files'>
  readonly shared: Pick<GpuShared, 'smi' | 'seesProcesses' | 'unwatched'>
  readonly signal: AbortSignal
}

/** What is held by whom, by UUID, and how long nvidia-smi took to say it. */
export interface Held {
  readonly held: ReadonlyMap<string, HeldMemory>
  readonly tookMs: number
}

const APPS = [`--query-compute-apps=${APP_COLUMNS.join(',')}`, '--format=csv,nounits']
/** Chips whose memory is memory of the node: its kernel may keep files in it. */
const OF_NODE = /\bG[BH]\d{3}\b/
const NONE: Held = { held: new Map(), tookMs: 0 }

function isOfNode(row: GpuRow): boolean {
  return textIn(row, 'c2c.mode') === 'Enabled' || OF_NODE.test(row.name)
}

/** Undefined: nobody can say, or it may be somebody whom this node does not see. */
function isNobodys(row: GpuRow, hasApps: boolean, holders: Holders | undefined): boolean | undefined {
  if (hasApps) return false
  if (isOfNode(row) || holders?.processes === undefined || holders.isShared) return undefined
  return holders.processes === 0
}

/** Asks, and counts how long that takes; undefined: there was no whole answer. */
function createQuestions({ shared, signal }: HeldSource) {
  let tookMs = 0
  return {
    took: () => tookMs,
    async ask(args: readonly string[]): Promise<string | undefined> {
      const answer = await shared.smi.ask(args, signal)
      if (answer.kind !== 'ended') return undefined
      tookMs += answer.tookMs
      return answer.exitCode === 0 && !answer.isCut ? answer.text : undefined
    },
  }
}

/** Where a pid means the same here and on the host: else nobody's process could be told from one that ended. Never rejects. */
export async function readHeld(source: HeldSource, query: QueryAnswer): Promise<Held> {
  const rows = query.kind === 'rows' ? query.answer.rows.filter((row) => mayHoldForNobody(row) === true) : []
  if (rows.length === 0) return NONE
  if (!(await source.shared.seesProcesses())) {
    source.shared.unwatched('memory-held', 'a pid of this container is not one of the host (hostPID)')
    return NONE
  }
  const { ask, took } = createQuestions(source)
  const printed = await ask(APPS)
  const apps = printed === undefined ? undefined : parseApps(printed, false)
  if (apps === undefined) return { held: new Map(), tookMs: took() }
  const appsOf = ({ uuid }: GpuRow): readonly ComputeApp[] => apps.filter((app) => app.uuid === uuid)
  // Who draws is in no list of those that compute.
  const unclaimed = rows.filter((row) => appsOf(row).length === 0 && !isOfNode(row)).map(({ place }) => `${place}.0`)
  const details = unclaimed.length === 0 ? undefined : await ask(['-q', '-i', unclaimed.join(',')])
  const holders = holdersIn(details ?? '')
  const pids = apps.map(({ pid }) => pid)
  const dead = await deadAmong(source.host, pids)
  const held = rows.flatMap((row): [string, HeldMemory][] => {
    const own = appsOf(row).map(({ pid }) => pid)
    const word = isNobodys(row, own.length > 0, holders.get(row.place))
    return row.uuid === undefined
      ? []
      : [[row.uuid, { dead: own.filter((pid) => dead.includes(pid)), isNobodys: word }]]
  })
  return { held: new Map(held), tookMs: took() }
}
