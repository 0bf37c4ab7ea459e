/** An exporter of somebody else's on a real socket, for tests: what it took, and how it answers. */
import {
  type ExportRequest,
  type ExportResponse,
  ExternalExporterService,
} from '#proto/npd/external/v1/external_exporter.ts'
import { type RpcServer, type RpcService, serveUnix } from '#rpc'

type Answer = Partial<ExportResponse> | 'hang'

export interface TestPartner {
  /** Every call, also those that it did not take. */
  readonly calls: ExportRequest[]
  /** Those that it took, without repeats: as the README says that it is done. */
  readonly taken: ExportRequest[]
  readonly metadataAsked: number
  /** How it answers from now on. */
  answer: (request: ExportRequest) => Answer
  close(): Promise<void>
}

export interface PartnerWays {
  readonly answer?: TestPartner['answer']
  /** What stands in the answer's place on the wire. */
  readonly raw?: (answer: Buffer) => Buffer
  readonly withoutMetadata?: boolean
}

/** Writes an answer as the generated code does, and then as the test wants it. */
function definitionOf(raw: PartnerWays['raw']): RpcService['definition'] {
  if (raw === undefined) return ExternalExporterService
  const { exportProblems } = ExternalExporterService
  const responseSerialize = (value: ExportResponse) => raw(exportProblems.responseSerialize(value))
  return { ...ExternalExporterService, exportProblems: { ...exportProblems, responseSerialize } }
}

export async function startPartner(path: string, ways: PartnerWays = {}): Promise<TestPartner> {
  const calls: ExportRequest[] = []
  const taken: ExportRequest[] = []
  let metadataAsked = 0
  const partner = { answer: ways.answer ?? (() => ({ success: true })) }
  const server: RpcServer = await serveUnix({
    path,
    serving: () => true,
    services: [
      {
        definition: definitionOf(ways.raw),
        implementation: {
          exportProblems(call: { request: ExportRequest }, callback: (err: null, value: ExportResponse) => void) {
            const { request } = call
            calls.push(request)
            const answer = partner.answer(request)
            if (answer === 'hang') return
            const last = taken.at(-1)
            const isRepeat =
              last?.sequence === request.sequence && last.context['numbering'] === request.context['numbering']
            if (answer.success && !isRepeat) taken.push(request)
            callback(null, { success: false, error: '', eventsExported: 0, conditionsExported: 0, ...answer })
          },
          getMetadata(_call: unknown, callback: (err: object | null, value?: object) => void) {
            metadataAsked++
            if (ways.withoutMetadata) return callback({ code: 12, details: 'no such method' })
            callback(null, {
              name: 'tickets',
              version: '1.2',
              description: '',
              supportedFormats: [],
              capabilities: {},
              apiVersion: 'v1',
            })
          },
          stop: () => {
            throw new Error('nobody stops what others may use')
          },
        },
      },
    ],
  })
  return {
    calls,
    taken,
    get metadataAsked() {
      return metadataAsked
    },
    get answer() {
      return partner.answer
    },
    set answer(answer) {
      partner.answer = answer
    },
    close: () => server.close(0),
  }
}

/** What a request tells, in words: "DiskFull TRUE", "TaskHung". */
export function wordsOf({ status }: ExportRequest): string[] {
  const names = ['UNSPECIFIED', 'TRUE', 'FALSE', 'UNKNOWN']
  return [
    ...(status?.conditions ?? []).map(({ type, status: of }) => `${type} ${names[of]}`),
    ...(status?.events ?? []).map(({ reason, message }) => `${reason}: ${message}`),
  ]
}

/** All that was told, call after call. */
export function told(requests: readonly ExportRequest[]): string[] {
  return requests.flatMap(wordsOf)
}
