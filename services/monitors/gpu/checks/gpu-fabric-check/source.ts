/** Reads links and fabric: four more questions to nvidia-smi, one after another, and what the kernel and systemd show. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { learnRows } from '../../cards/learn-rows.ts'
import { runsAsService } from '../../driver/service-cgroup.ts'
import type { GpuShared } from '../../shared.ts'
import { parseDetails } from '../../smi/details.ts'
import { failureOf } from '../../smi/failure.ts'
import { parseLinkErrors, parseLinks, parseReach } from '../../smi/links.ts'
import type { QueryAnswer } from '../../smi/query-answer.ts'
import { type GpuRow, textIn } from '../../smi/rows.ts'
import type { SmiAnswer } from '../../smi/smi.ts'
import type { FabricReading, UnitReading, UnitState } from './judge/look.ts'
import { countSwitches, readCorrected } from './pci.ts'

/** What is read with. */
export interface FabricSource {
  readonly host: Pick<Host, 'files'>
  readonly shared: GpuShared
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The fabric manager was seen as a service of this host in this boot. */
  readonly hadManager: boolean
}

/** Older than this the rows of the other check say too little of now: it has its turn every half minute. */
const FRESH_MS = 60_000

/** What came of one look. */
export interface FabricLookup {
  /** What the query of all GPUs said, now or a moment ago. */
  readonly query: QueryAnswer
  readonly reading: FabricReading
  /** Questions that had no answer, for people; empty: all had. */
  readonly unanswered: readonly string[]
}

async function rowsNow({ shared, clock, signal }: FabricSource): Promise<QueryAnswer> {
  const { last } = shared.query
  const isFresh = last !== undefined && clock.monotonicMs() - last.atMs < FRESH_MS
  if (isFresh) return last.query
  const query = await shared.query.ask(signal)
  if (query.kind === 'rows') learnRows(shared.cards, query.answer.rows)
  return query
}

/** Without the bus: who runs is seen, and who ran does not. Of who never did nobody can say whether he has to. */
async function serviceNow(host: FabricSource['host'], name: string, hadRun: boolean): Promise<UnitState | undefined> {
  const runs = await runsAsService(host, name)
  if (runs === true) return { state: 'running', hasRun: true }
  return runs === false && hadRun ? { state: 'stopped', hasRun: true } : undefined
}

/** A unit and the numbered check that asks for it. */
interface Asked {
  readonly id: string
  readonly name: string
  readonly hadRun: boolean
  /** It may be needed here. */
  readonly isMeant: boolean
}

/** A unit that is not there is nobody's fault; what cannot be asked is not known. */
async function unitNow({ host, shared, signal }: FabricSource, asked: Asked): Promise<UnitReading> {
  const { id, name, hadRun, isMeant } = asked
  const look = await shared.units.unit(`${name}.service`, { signal })
  if (look.kind === 'unknown') {
    const service = await serviceNow(host, name, hadRun)
    if (service !== undefined) return observed(service)
    if (isMeant) shared.unwatched(id, look.message)
    return unobserved('UnitNotSeen', look.message)
  }
  const { loadState, activeState, activeEnteredAt } = look.unit
  if (loadState === 'not-found' || loadState === 'masked') return observed(undefined)
  const isRunning = activeState === 'active' || activeState === 'reloading' || activeState === 'activating'
  const state = activeState === 'failed' ? 'failed' : isRunning ? 'running' : 'stopped'
  return observed({ state, hasRun: isRunning || activeEnteredAt !== undefined })
}

/** Nobody was asked. */
const NOBODY: UnitReading = observed(undefined)

function unitsNow(source: FabricSource, rows: readonly GpuRow[], switches: number) {
  const isMeant = switches > 0 || rows.some((row) => textIn(row, 'fabric.state') !== undefined)
  const manager = { id: 'fabric-manager', name: 'nvidia-fabricmanager', hadRun: source.hadManager, isMeant }
  const imex = { id: 'imex', name: 'nvidia-imex', hadRun: false, isMeant }
  return Promise.all([unitNow(source, manager), unitNow(source, imex)])
}

/** `nvlink` ends with an error where there are no links, which is no fault; without the driver it says nothing of them. */
function isAnswer({ exitCode, said, text }: Extract<SmiAnswer, { kind: 'ended' }>): boolean {
  return exitCode === 0 || failureOf(`${said}\n${text}`).kind === 'other'
}

/** One after another, since one probe runs at a time anyway; each that fails is named, and the others are asked all the same. */
function createQuestions({ shared, signal }: FabricSource) {
  const unanswered: string[] = []
  return {
    unanswered,
    async ask<T>(args: readonly string[], parse: (text: string) => T): Promise<T | undefined> {
      const answer = await shared.smi.ask(args, signal)
      if (answer.kind === 'ended' && !answer.isCut && isAnswer(answer)) return parse(answer.text)
      unanswered.push(`nvidia-smi ${args.join(' ')}`)
      return undefined
    },
  }
}

/** One reading. Never rejects but for what is a fault of ours, and with HostReadError where PCI cannot be looked at. */
export async function readFabric(source: FabricSource): Promise<FabricLookup> {
  const { host } = source
  const query = await rowsNow(source)
  const rows = query.kind === 'rows' ? query.answer.rows : []
  const isAsked = rows.length > 0
  const { ask, unanswered } = createQuestions(source)
  const [switches, corrected] = await Promise.all([
    countSwitches(host),
    readCorrected(
      host,
      rows.map(({ place }) => place),
    ),
  ])
  const [fabricManager, imex] = isAsked ? await unitsNow(source, rows, switches) : [NOBODY, NOBODY]
  const byPlace = (text: string) => new Map(parseDetails(text).map((one) => [one.place, one]))
  const reading: FabricReading = {
    rows,
    details: isAsked ? await ask(['-q'], byPlace) : undefined,
    links: isAsked ? await ask(['nvlink', '-s'], parseLinks) : undefined,
    linkErrors: isAsked ? await ask(['nvlink', '-e'], parseLinkErrors) : undefined,
    // Of one GPU there is nobody to be reached.
    reach: rows.length > 1 ? await ask(['topo', '-p2p', 'n'], parseReach) : undefined,
    corrected,
    switches,
    fabricManager,
    imex,
  }
  return { query, reading, unanswered }
}
