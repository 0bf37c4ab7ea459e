/** One query of all GPUs: which fields this driver knows is asked once of each version of it. */
import type { Clock } from '#clock'
import type { Driver } from '../driver/driver.ts'
import { askOthers } from './ask-others.ts'
import { failureOf } from './failure.ts'
import { type AskedField, askedFields, namesInHelp } from './fields.ts'
import type { QueryAnswer } from './query-answer.ts'
import { type GpuRows, parseRows } from './rows.ts'
import type { Smi, SmiAnswer } from './smi.ts'

/** How often it is asked again without a field that it refused, in one look. */
const AGAIN_MAX = 3

/** The query of all fields of all GPUs. */
export interface Query {
  /** Asks once. Never rejects. */
  ask(signal?: AbortSignal): Promise<QueryAnswer>
  /** What came of it last, for who looks less often, and when that was, since the boot. */
  readonly last: { readonly query: QueryAnswer; readonly atMs: number } | undefined
}

const NO_ROWS: GpuRows = { rows: [], malformed: 0, isCut: false }

/** A place as nvidia-smi takes it: with its function. */
function busIdOf(place: string): string {
  return `${place}.0`
}

/** What an ended call means. */
export function answerOf(ended: Extract<SmiAnswer, { kind: 'ended' }>, asked: readonly AskedField[]): QueryAnswer {
  const { exitCode, text, said, isCut, tookMs } = ended
  if (exitCode === 0) {
    const answer = parseRows(text, asked, isCut)
    // Of what was cut before its first row nothing is known.
    const isAnything = answer !== undefined && (answer.rows.length > 0 || (!answer.isCut && answer.malformed === 0))
    if (answer !== undefined && isAnything) return { kind: 'rows', answer, tookMs }
  }
  const failure = failureOf(`${said}\n${text}`)
  if (failure.kind === 'no-devices') return { kind: 'rows', answer: NO_ROWS, tookMs }
  if (exitCode === 0 && failure.kind === 'other') return { kind: 'garbled', said: text.slice(0, 80).trim(), tookMs }
  return { kind: 'failed', failure, said, tookMs }
}

/** What a query is made of. */
export interface QueryOptions {
  readonly smi: Smi
  /** The version is that which it saw last. */
  readonly driver: Pick<Driver, 'last'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Where GPUs are, to be asked for by themselves before one answer had all of them: the first of these that has an answer. Never rejects. */
  readonly placesBefore: () => Promise<readonly (readonly string[])[]>
}

export function createQuery({ smi, driver, clock, placesBefore }: QueryOptions): Query {
  let known: { readonly version: string | undefined; readonly names: ReadonlySet<string> } | undefined
  let refused = new Set<string>()
  let last: Query['last']
  /** Places of those that were there when all of them were. */
  let places: readonly string[] = []

  /** What this driver knows; an answer that is none where its help hangs. */
  async function namesKnown(signal?: AbortSignal): Promise<ReadonlySet<string> | QueryAnswer> {
    const version = driver.last?.version
    if (known !== undefined && known.version === version) return known.names
    const help = await smi.ask(['--help-query-gpu'], signal)
    if (help.kind !== 'ended') return help
    const names = namesInHelp(help.text)
    refused = new Set()
    // A help that says nothing may be one of a driver that just comes or goes.
    if (names.size > 0) known = { version, names }
    return names
  }

  async function askOnce(names: ReadonlySet<string>, which: readonly string[], signal?: AbortSignal) {
    const asked = askedFields(names, refused)
    const query = `--query-gpu=${asked.map(({ name }) => name).join(',')}`
    const only = which.length === 0 ? [] : ['-i', which.join(',')]
    const answer = await smi.ask([query, '--format=csv,nounits', ...only], signal)
    return answer.kind === 'ended' ? answerOf(answer, asked) : answer
  }

  async function askAll(signal?: AbortSignal): Promise<QueryAnswer> {
    const names = await namesKnown(signal)
    if ('kind' in names) return names
    let answer = await askOnce(names, [], signal)
    for (let again = 0; again < AGAIN_MAX; again++) {
      if (answer.kind !== 'failed' || answer.failure.kind !== 'unknown-field') break
      refused.add(answer.failure.name)
      answer = await askOnce(names, [], signal)
    }
    answer = await askOthers(answer, {
      ways: async () => (places.length > 0 ? [places] : placesBefore()),
      ask: (which) => askOnce(names, which.map(busIdOf), signal),
    })
    // Who is asked for again where one is lost is who was there before.
    if (answer.kind === 'rows' && answer.lost === undefined) places = answer.answer.rows.map(({ place }) => place)
    return answer
  }

  return {
    async ask(signal) {
      const query = await askAll(signal)
      if (query.kind !== 'stopped') last = { query, atMs: clock.monotonicMs() }
      return query
    },
    get last() {
      return last
    },
  }
}
