/**
 * Server reflection (grpc.reflection.v1 and v1alpha), without descriptor libraries: they cost ten MiB in every process,
 * and read files relative to themselves, which a bundle has not. Nothing is loaded before the first question.
 */
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '#proto/grpc/reflection/v1/reflection.ts'
import { ServerReflectionService as ServerReflectionServiceAlpha } from '#proto/grpc/reflection/v1alpha/reflection.ts'
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

function answer(request: ServerReflectionRequest, index: DescriptorIndex, services: readonly string[]): Answer {
  const asked = request.messageRequest
  switch (asked?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } }
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

/** The two reflection services over these descriptors. `services` are the full names that are listed. */
export function createReflection(services: readonly string[], descriptors: () => Promise<Uint8Array>): RpcService[] {
  let loading: Promise<DescriptorIndex> | undefined

  function serverReflectionInfo(call: ReflectionCall): void {
    let turn = Promise.resolve()
    call.on('data', (request) => {
      turn = turn.then(async () => {
        loading ??= descriptors().then(indexDescriptors)
        const messageResponse = await loading.then(
          (index) => answer(request, index, services),
          (err: unknown) => {
            loading = undefined
            return refusal(NOT_FOUND, `the descriptors cannot be read: ${String(err)}`)
          },
        )
        call.write({ validHost: request.host, originalRequest: request, messageResponse })
      })
    })
    call.on('end', () => void turn.then(() => call.end()))
  }

  return [ServerReflectionService, ServerReflectionServiceAlpha].map((definition) => ({
    definition,
    implementation: { serverReflectionInfo },
  }))
}
