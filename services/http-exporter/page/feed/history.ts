/** What the ribbon and the graphs are drawn from: asked for when needed, again when something changed, and kept growing. */
import type { HistoryView } from '#view'
import { type Range, rangeSpec } from '../state/address.ts'
import type { Cell } from '../state/cell.ts'
import { growSeries } from './samples.ts'

/** What is known of one range. `error` says why nothing newer came. */
export interface Loaded {
  readonly view?: HistoryView | undefined
  readonly error: string
}

export type Histories = Readonly<Partial<Record<Range, Loaded>>>

export interface HistoryFeed {
  /** Asks for what the evidence needs, which also says how much is known. */
  lastHour(): Promise<HistoryView | undefined>
  /** This range is shown from now on, beside the last hour that the evidence needs. */
  show(range: Range): void
  /** Something changed that a lane shows. */
  changed(): void
  /** The machine's values now. */
  addSamples(at: string, values: Readonly<Record<string, number>>): void
}

/** Changes close together are asked for once. */
const SETTLE_MS = 300
/** Shortest time from one question to the next, however much changes. */
const APART_MS = 5000
/** Without any change the history is asked for this often. */
const AGAIN_MS = 60_000
const DEADLINE_MS = 15_000

/** What the evidence of problems is drawn from. */
export const EVIDENCE_RANGE: Range = '1h'

export interface HistoryOptions {
  readonly url: (range: Range) => URL
  readonly cell: Cell<Histories>
  /** Whether asking is of any use now. */
  readonly reachable: () => boolean
}

export function createHistoryFeed({ url, cell, reachable }: HistoryOptions): HistoryFeed {
  let shown: Range = EVIDENCE_RANGE
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let askedMs = Number.NEGATIVE_INFINITY

  function put(range: Range, loaded: Loaded): void {
    cell.set({ ...cell.value, [range]: loaded })
  }

  async function load(range: Range): Promise<void> {
    try {
      const response = await fetch(url(range), { signal: AbortSignal.timeout(DEADLINE_MS), cache: 'no-store' })
      if (!response.ok) throw new Error(`/history answered ${response.status}`)
      put(range, { view: (await response.json()) as HistoryView, error: '' })
    } catch (err) {
      put(range, { view: cell.value[range]?.view, error: err instanceof Error ? err.message : String(err) })
    }
  }

  async function ask(): Promise<void> {
    dueMs = Number.POSITIVE_INFINITY
    if (document.visibilityState === 'visible' && reachable()) {
      askedMs = performance.now()
      // Ranges that are not shown any more would only grow old.
      const wanted = new Set([shown, EVIDENCE_RANGE])
      cell.set(Object.fromEntries(Object.entries(cell.value).filter(([range]) => wanted.has(range as Range))))
      await Promise.all([...wanted].map(load))
    }
    askWithin(AGAIN_MS)
  }

  function askWithin(delayMs: number): void {
    const now = performance.now()
    const at = Math.max(now + delayMs, askedMs + APART_MS)
    if (at >= dueMs) return
    dueMs = at
    clearTimeout(timer)
    timer = setTimeout(() => void ask(), at - now)
  }

  document.addEventListener('visibilitychange', () => askWithin(0))

  return {
    async lastHour() {
      await load(EVIDENCE_RANGE)
      return cell.value[EVIDENCE_RANGE]?.view
    },
    show(range) {
      shown = range
      if (cell.value[range]?.view === undefined || range !== EVIDENCE_RANGE) void load(range)
      askWithin(cell.value[EVIDENCE_RANGE] === undefined ? 0 : AGAIN_MS)
    },
    changed: () => askWithin(SETTLE_MS),
    addSamples(at, values) {
      const timeS = Date.parse(at) / 1000
      if (!Number.isFinite(timeS)) return
      for (const range of Object.keys(cell.value) as Range[]) {
        const view = cell.value[range]?.view
        if (view === undefined) continue
        const stepS = rangeSpec(range).spanMs / 1000 / 240
        const series = growSeries(view.series, timeS, values, stepS)
        if (series !== view.series) put(range, { view: { ...view, series }, error: cell.value[range]?.error ?? '' })
      }
    },
  }
}
