/** What is told of a log next, and with which cursor. */
import type { Finding, Happening, Tell } from '#monitor-kit'
import type { Clock } from '#service'
import type { Places } from '../reading/places.ts'
import type { RuleEngine } from './engine.ts'
import { snapshotOf } from './snapshot.ts'
import type { ConditionsView } from './view.ts'

/** Of a cursor (libs/monitor-kit). */
const CURSOR_BYTES = 4_000
/** Events that are told together at most. */
const EVENTS_MAX = 100
/** Of one batch of lines: what comes and goes more often is told as it is in the end. */
const TURNS_MAX = 10
/** Where nothing is told, how far was read is told so often. */
const CURSOR_MS = 30_000

/** What is told with. */
export interface TellingOptions {
  readonly engine: RuleEngine
  readonly view: ConditionsView
  /** Keeps what is raised. @returns whether it stands there */
  readonly keep: (engine: RuleEngine) => Promise<boolean>
  readonly places: Places
  readonly clock: Clock
  readonly tell: Tell
}

/** Gathers what is to be told. */
export interface Telling {
  /** Something happened that is to be told. */
  happened(event: Happening): void
  /** A condition is to be told. What was to be told of it otherwise is told before. */
  found(finding: Finding): Promise<void>
  /** So much is to be told that it is time. */
  readonly isFull: boolean
  /** Something is to be told, or how far was read. */
  readonly isDue: boolean
  /** A batch of lines begins. */
  beginBatch(): void
  /** Tells what there is, which says nothing of how far was read. */
  some(): Promise<void>
  /** All that was read is known: from now on also what is well is told. */
  readAll(): void
  /** Tells all, with the cursor behind the last line that was passed. */
  all(): Promise<void>
}

type ToTell = { readonly findings: readonly Finding[]; readonly events: readonly Happening[] }

const keyOf = ({ type, entity = '' }: Finding) => `${type} ${entity}`

export function createTelling({ engine, view, keep, places, clock, tell }: TellingOptions): Telling {
  let findings = new Map<string, Finding>()
  let events: Happening[] = []
  let hasReadAll = false
  let cursorMonoMs = clock.monotonicMs()
  let turns = 0

  function taken(): ToTell {
    const all = { findings: [...findings.values()], events }
    findings = new Map()
    events = []
    return all
  }

  function cursor(): unknown {
    const place = { ...places.place, readMonoMs: clock.monotonicMs() }
    return { ...place, engine: snapshotOf(engine, CURSOR_BYTES - Buffer.byteLength(JSON.stringify(place))) }
  }

  /** Of a backlog, and of a batch, the end alone says what is well, and what is withdrawn. */
  function withRest({ findings: found, events: happened }: ToTell, isEnd: boolean) {
    view.told({ findings: found })
    if (!hasReadAll || !isEnd) return { findings: found, events: happened }
    const rest = view.news(engine, clock.monotonicMs())
    view.told(rest)
    return { findings: [...found, ...rest.findings], withdrawn: rest.withdrawn, events: happened }
  }

  async function some(): Promise<void> {
    await keep(engine)
    await tell(withRest(taken(), false))
  }

  return {
    some,
    get isFull() {
      return events.length >= EVENTS_MAX
    },
    get isDue() {
      return findings.size > 0 || events.length > 0 || clock.monotonicMs() - cursorMonoMs >= CURSOR_MS
    },
    beginBatch() {
      turns = 0
    },
    readAll() {
      hasReadAll = true
    },
    happened: (event) => void events.push(event),
    async found(finding) {
      const before = findings.get(keyOf(finding))
      if (before !== undefined && before.health !== finding.health && turns++ < TURNS_MAX) await some()
      findings.set(keyOf(finding), finding)
    },
    async all() {
      const said = withRest(taken(), true)
      const behind = cursor()
      cursorMonoMs = clock.monotonicMs()
      // First: what nobody remembers could never be said to be over. The lines that said so are read again then.
      const isKept = await keep(engine)
      await tell(said, isKept ? { cursor: behind } : {})
    },
  }
}
