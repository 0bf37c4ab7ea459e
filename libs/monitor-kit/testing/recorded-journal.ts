/** A journal that was captured: a line of JSON for each entry. */
import type { Host, JournalEvent, JournalMatch, JournalRecord } from '#host'

type Logs = Host['logs']

/** As it stands in the file. */
interface RecordedEntry {
  /** RFC 3339. */
  readonly at: string
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
}

const PATH = '/journal.jsonl'

function fits(fields: RecordedEntry['fields'], match: JournalMatch): boolean {
  return Object.entries(match).every(([name, wanted]) => [wanted].flat().includes(fields[name] ?? ''))
}

function recordOf(line: string, index: number): JournalRecord {
  const { at, message, fields } = JSON.parse(line) as RecordedEntry
  const realtimeUs = Date.parse(at) * 1000
  const cursor = { entry: `s=recorded;i=${index}` }
  return { realtimeUs, monotonicUs: realtimeUs, bootId: '', bytes: Buffer.from(message), cutBytes: 0, fields, cursor }
}

/** What stands in `journal.jsonl` of a machine that was captured is its journal; without it there is none. */
export function recordedJournal({ files, logs }: Host): Logs['journal'] {
  async function* follow(options: Parameters<Logs['journal']>[0]): AsyncGenerator<JournalEvent, undefined> {
    const { matches = [], signal } = options
    const text = await files.readText(PATH).catch(() => undefined)
    if (text === undefined) {
      yield* logs.journal(options)
      return undefined
    }
    const all = text.trimEnd().split('\n').filter(Boolean).map(recordOf)
    const records = all.filter(({ fields }) => matches.length === 0 || matches.some((match) => fits(fields, match)))
    if (records.length > 0) yield { kind: 'records', records }
    yield { kind: 'caught-up', cursor: all.at(-1)?.cursor }
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      if (signal.aborted) resolve()
    })
    return undefined
  }
  return follow
}
