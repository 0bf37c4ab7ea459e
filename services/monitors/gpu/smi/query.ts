/** One query of all GPUs: which fields this driver knows is asked once of each version of it. */
import type { Clock } from '#clock'
import type { Driver } from '../driver/driver.ts'
import { failureOf, type SmiFailure } from './failure.ts'
import { type AskedField, askedFields, namesInHelp } from './fields.ts'
import { type GpuRows, parseRows } from './rows.ts'
import type { Smi, SmiAnswer } from './smi.ts'

/** How often it is asked again without a field that it refused, in one look. */
const AGAIN_MAX = 3

/** The one for which nvidia-smi gave up, so that the others had to be asked by themselves. */
export interface LostGpu {
  readonly place: string
  /** What it said. */
  readonly said: string
}

/** What came of it. */
export type QueryAnswer =
  | { readonly kind: 'rows'; readonly answer: GpuRows; readonly tookMs: number; readonly lost?: LostGpu | undefined }
  /** It ended without an answer, and said why. */
  | { readonly kind: 'failed'; readonly failure: SmiFailure; readonly said: string; readonly tookMs: number }
  /** What it printed is no answer to what was asked. */
  | { readonly kind: 'garbled'; readonly said: string; readonly tookMs: number }
  | Exclude<SmiAnswer, { readonly kind: 'ended' }>

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

/** Asks by `smi`; the version is that which `driver` saw last. */
export function createQuery(smi: Smi, driver: Pick<Driver, 'last'>, clock: Pick<Clock, 'monotonicMs'>): Query {
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

  /** One that the driver lost keeps all others from answering: they are asked by their places. */
  async function askOthers(
    answer: QueryAnswer,
    names: ReadonlySet<string>,
    signal?: AbortSignal,
  ): Promise<QueryAnswer> {
    if (answer.kind !== 'failed' || answer.failure.kind !== 'lost' || answer.failure.place === undefined) return answer
    const { place } = answer.failure
    const others = places.filter((one) => one !== place)
    if (others.length === 0) return answer
    const rest = await askOnce(names, others.map(busIdOf), signal)
    return rest.kind === 'rows' ? { ...rest, lost: { place, said: answer.said } } : answer
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
    answer = await askOthers(answer, names, signal)
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
