/**
 * Server reflection (grpc.reflection.v1 and v1alpha). Which services there are is answered here; every other question by
 * @grpc/reflection, which is loaded when the first one comes (reflection.late.ts).
 */
import type { ServiceDefinition } from '@grpc/grpc-js'
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '#proto/grpc/reflection/v1/reflection.ts'
import { splitDescriptorSet } from './descriptors.ts'
import type { createAnswers } from './reflection.late.ts'
import { readFewAhead } from './stream.ts'
import type { RpcService } from './types.ts'

const NOT_FOUND = 5
const UNIMPLEMENTED = 12
const RESOURCE_EXHAUSTED = 8

/** Questions of one stream: a client that describes everything asks one or two for each file and symbol. */
export const QUESTIONS_MAX = 1024

type Answer = ServerReflectionResponse['messageResponse']
type Answers = ReturnType<typeof createAnswers>

function refusal(errorCode: number, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } }
}

/** What needs no descriptors. */
function listed(services: readonly string[]): Answer {
  return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } }
}

/** The entry lies beside the bundle, or beside this file when run from source. */
async function loadAnswers(descriptors: () => Promise<Uint8Array>): Promise<Answers> {
  const entry = import.meta.url.endsWith('.mjs') ? './reflection.late.mjs' : './reflection.late.ts'
  const url = new URL(entry, import.meta.url).href
  const loading = import(/* @vite-ignore */ url) as Promise<typeof import('./reflection.late.ts')>
  const [late, set] = await Promise.all([loading, descriptors()])
  return late.createAnswers(splitDescriptorSet(set))
}

interface ReflectionCall {
  on(event: 'data', listener: (request: ServerReflectionRequest) => void): unknown
  on(event: 'end', listener: () => void): unknown
  write(response: ServerReflectionResponse, taken: () => void): unknown
  emit(event: 'error', err: { readonly code: number; readonly details: string }): unknown
  pause(): unknown
  resume(): unknown
  end(): unknown
}

/** The older name of the same protocol, which older clients ask for. */
function alpha(definition: typeof ServerReflectionService): ServiceDefinition {
  const { serverReflectionInfo } = definition
  const path = serverReflectionInfo.path.replace('.v1.', '.v1alpha.')
  return { serverReflectionInfo: { ...serverReflectionInfo, path } }
}

/** The two reflection services over these descriptors. `services` are the full names that are listed. */
export function createReflection(services: readonly string[], descriptors: () => Promise<Uint8Array>): RpcService[] {
  let loading: Promise<Answers> | undefined

  async function answerTo({ messageRequest }: ServerReflectionRequest): Promise<Answer> {
    if (messageRequest === undefined) return refusal(UNIMPLEMENTED, 'this question is not known')
    if (messageRequest.$case === 'listServices') return listed(services)
    try {
      loading ??= loadAnswers(descriptors)
      const answers = await loading
      return answers(messageRequest)
    } catch (err) {
      loading = undefined
      return refusal(NOT_FOUND, `the descriptors cannot be read: ${err instanceof Error ? err.message : String(err)}`)
    }
  }

  /** Reads the next question once the answer to the last one is taken: who asks and does not read is waited for. */
  function serverReflectionInfo(call: ReflectionCall): void {
    let questions = 0
    readFewAhead(call)
    call.on('data', (request) => {
      call.pause()
      questions++
      if (questions > QUESTIONS_MAX) {
        const details = `a stream of reflection has ${QUESTIONS_MAX} questions; ask further ones on another`
        call.emit('error', { code: RESOURCE_EXHAUSTED, details })
        return
      }
      void answerTo(request).then((messageResponse) =>
        call.write({ validHost: request.host, originalRequest: request, messageResponse }, () => call.resume()),
      )
    })
    call.on('end', () => call.end())
  }

  return [ServerReflectionService, alpha(ServerReflectionService)].map((definition) => ({
    definition,
    implementation: { serverReflectionInfo },
  }))
}
