/**
 * What reflection needs to know of each FileDescriptorProto: its name, what it imports, which symbols it defines. Read
 * from the bytes directly, so that no descriptor library is loaded for it.
 */
import { readVarint, splitDescriptorSet } from './descriptors.ts'

interface Field {
  readonly number: number
  readonly bytes: Uint8Array
}

/** The length-delimited fields of a message; others are stepped over. */
function* fieldsOf(message: Uint8Array): Iterable<Field> {
  let at = 0
  while (at < message.length) {
    const tag = readVarint(message, at)
    const number = Math.floor(tag.value / 8)
    switch (tag.value & 7) {
      case 0:
        at = readVarint(message, tag.next).next
        break
      case 1:
        at = tag.next + 8
        break
      case 2: {
        const length = readVarint(message, tag.next)
        at = length.next + length.value
        yield { number, bytes: message.subarray(length.next, at) }
        break
      }
      case 5:
        at = tag.next + 4
        break
      default:
        throw new Error('not a protobuf message')
    }
  }
}

const decoder = new TextDecoder()

function textOf(message: Uint8Array, number: number): string {
  for (const field of fieldsOf(message)) if (field.number === number) return decoder.decode(field.bytes)
  return ''
}

/** Field numbers of google/protobuf/descriptor.proto. */
const FILE = { name: 1, package: 2, dependency: 3, message: 4, enum: 5, service: 6 } as const
const NAME = 1
const NESTED = { field: 2, message: 3, enum: 4, method: 2 } as const

export interface DescriptorIndex {
  /** The named file and all that it imports, itself first. */
  withImports(file: string): Uint8Array[] | undefined
  fileOf(symbol: string): string | undefined
}

export function indexDescriptors(set: Uint8Array): DescriptorIndex {
  const files = new Map<string, { bytes: Uint8Array; imports: string[] }>()
  const symbols = new Map<string, string>()

  function addMessage(bytes: Uint8Array, prefix: string, file: string): void {
    const name = `${prefix}.${textOf(bytes, NAME)}`
    symbols.set(name, file)
    for (const field of fieldsOf(bytes)) {
      if (field.number === NESTED.field) symbols.set(`${name}.${textOf(field.bytes, NAME)}`, file)
      if (field.number === NESTED.message) addMessage(field.bytes, name, file)
      if (field.number === NESTED.enum) symbols.set(`${name}.${textOf(field.bytes, NAME)}`, file)
    }
  }

  for (const bytes of splitDescriptorSet(set)) {
    const file = textOf(bytes, FILE.name)
    const prefix = textOf(bytes, FILE.package)
    const imports: string[] = []
    for (const field of fieldsOf(bytes)) {
      if (field.number === FILE.dependency) imports.push(decoder.decode(field.bytes))
      if (field.number === FILE.message) addMessage(field.bytes, prefix, file)
      if (field.number === FILE.enum) symbols.set(`${prefix}.${textOf(field.bytes, NAME)}`, file)
      if (field.number === FILE.service) {
        const service = `${prefix}.${textOf(field.bytes, NAME)}`
        symbols.set(service, file)
        for (const inner of fieldsOf(field.bytes)) {
          if (inner.number === NESTED.method) symbols.set(`${service}.${textOf(inner.bytes, NAME)}`, file)
        }
      }
    }
    files.set(file, { bytes, imports })
  }

  return {
    fileOf: (symbol) => symbols.get(symbol),
    withImports(file) {
      if (!files.has(file)) return undefined
      const seen = new Set<string>()
      const waiting = [file]
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        if (seen.has(name)) continue
        seen.add(name)
        waiting.push(...(files.get(name)?.imports ?? []))
      }
      return [...seen].flatMap((name) => files.get(name)?.bytes ?? [])
    },
  }
}
