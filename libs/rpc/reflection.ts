/**
 * Server reflection (grpc.reflection.v1 and v1alpha), without descriptor libraries: they cost ten MiB in every process,
 * and read files relative to themselves, which a bundle has not. Nothing is loaded before the first question.
 */
import type { ServiceDefinition } from '@grpc/grpc-js'
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '#proto/grpc/reflection/v1/reflection.ts'
import { type DescriptorIndex, indexDescriptors } from './descriptor-index.ts'
import type { RpcService } from './types.ts'

const NOT_FOUND = 5
const UNIMPLEMENTED = 12

type Answer = ServerReflectionResponse['messageResponse']

function refusal(errorCode: number, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } }
}

function files(index: DescriptorIndex, file: string | undefined, asked: string): Answer {
  const found = file === undefined ? undefined : index.withImports(file)
  if (found === undefined) return refusal(NOT_FOUND, `not found: ${asked}`)
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: found.map((bytes) => Buffer.from(bytes)) } }
}

/** What needs no descriptors. */
function listed(services: readonly string[]): Answer {
  return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } }
}

function answer(asked: ServerReflectionRequest['messageRequest'], index: DescriptorIndex): Answer {
  switch (asked?.$case) {
    case 'fileByFilename':
      return files(index, asked.value, asked.value)
    case 'fileContainingSymbol':
      return files(index, index.fileOf(asked.value), asked.value)
    case 'allExtensionNumbersOfType':
      return { $case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber: [] } }
    case 'fileContainingExtension':
      return refusal(NOT_FOUND, 'there are no extensions')
    default:
      return refusal(UNIMPLEMENTED, 'this question is not known')
  }
}

interface ReflectionCall {
  on(event: 'data', listener: (request: ServerReflectionRequest) => void): unknown
  on(event: 'end', listener: () => void): unknown
  write(response: ServerReflectionResponse): unknown
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
  let loading: Promise<DescriptorIndex> | undefined

  async function answerTo({ messageRequest }: ServerReflectionRequest): Promise<Answer> {
    if (messageRequest?.$case === 'listServices') return listed(services)
    try {
      loading ??= descriptors().then(indexDescriptors)
      return answer(messageRequest, await loading)
    } catch (err) {
      loading = undefined
      return refusal(NOT_FOUND, `the descriptors cannot be read: ${err instanceof Error ? err.message : String(err)}`)
    }
  }

  function serverReflectionInfo(call: ReflectionCall): void {
    let turn = Promise.resolve()
    call.on('data', (request) => {
      turn = turn.then(async () => {
        const messageResponse = await answerTo(request)
        call.write({ validHost: request.host, originalRequest: request, messageResponse })
      })
    })
    call.on('end', () => void turn.then(() => call.end()))
  }

  return [ServerReflectionService, alpha(ServerReflectionService)].map((definition) => ({
    definition,
    implementation: { serverReflectionInfo },
  }))
}
