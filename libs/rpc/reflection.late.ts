/**
 * The answers of server reflection that need descriptors: those of @grpc/reflection. An entry of its own, which a process
 * loads at the first such question and never before: indexing the protocols takes some MiB.
 */
import { ReflectionV1Implementation } from '@grpc/reflection/build/src/implementations/reflection-v1.js'
import type { ServerReflectionRequest, ServerReflectionResponse } from '#proto/grpc/reflection/v1/reflection.ts'

export type Question = NonNullable<ServerReflectionRequest['messageRequest']>
export type Answer = NonNullable<ServerReflectionResponse['messageResponse']>

const NOT_FOUND = 5

type Asked = Parameters<ReflectionV1Implementation['handleServerReflectionRequest']>[0]

/** Our question as the package's messages have it: the case by its name, its value beside it. */
function asked(question: Question): Asked {
  return { messageRequest: question.$case, [question.$case]: question.value }
}

function notFound(question: Question): Answer {
  const { value } = question
  const what = typeof value === 'string' ? value : `${value.containingType} ${value.extensionNumber}`
  return { $case: 'errorResponse', value: { errorCode: NOT_FOUND, errorMessage: `not found: ${what}` } }
}

/** @param files a FileDescriptorProto each, undecoded @throws when one of them is damaged */
export function createAnswers(files: readonly Uint8Array[]): (question: Question) => Answer {
  // Of a package definition it reads the descriptors alone.
  const root = {
    all: { format: 'node-doctor', type: {}, fileDescriptorProtos: files.map((file) => Buffer.from(file)) },
  }
  const reflection = new ReflectionV1Implementation(root as never)

  return (question) => {
    const { fileDescriptorResponse, allExtensionNumbersResponse, errorResponse } =
      reflection.handleServerReflectionRequest(asked(question))
    const found = fileDescriptorResponse?.fileDescriptorProto?.map((bytes) => Buffer.from(bytes as Uint8Array)) ?? []
    // A name that every object has, like "constructor", is found there and has no file.
    if (found.length > 0 && found.every(({ length }) => length > 0))
      return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: found } }
    if (allExtensionNumbersResponse != null) {
      const { baseTypeName = '', extensionNumber = [] } = allExtensionNumbersResponse
      return { $case: 'allExtensionNumbersResponse', value: { baseTypeName, extensionNumber } }
    }
    if (errorResponse == null) return notFound(question)
    const { errorCode = NOT_FOUND, errorMessage = '' } = errorResponse
    return { $case: 'errorResponse', value: { errorCode, errorMessage } }
  }
}
