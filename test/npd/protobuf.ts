/** An event as client-go of NPD posts it: in Kubernetes' protobuf (k8s.io/api/core/v1/generated.proto). Pure. */
import { BinaryReader } from '@bufbuild/protobuf/wire'

/** Before every object. */
const MAGIC = Buffer.from('k8s\0')

/** How a field is read, by its number. */
interface Field {
  readonly name: string
  readonly read: (reader: BinaryReader) => unknown
}
type Message = Readonly<Record<number, Field>>

function text(name: string): Field {
  return { name, read: (reader) => reader.string() }
}

function nested(name: string, message: Message): Field {
  return { name, read: (reader) => read(reader.bytes(), message) }
}

const TIME: Field['read'] = (reader) => {
  const fields = read(reader.bytes(), SECONDS)
  return fields['seconds'] === undefined
    ? null
    : new Date(Number(fields['seconds']) * 1000).toISOString().replace('.000', '')
}
const SECONDS: Message = { 1: { name: 'seconds', read: (reader) => reader.int64() } }
const META: Message = { 1: text('name'), 2: text('generateName'), 3: text('namespace') }
const REFERENCE: Message = {
  ...{ 1: text('kind'), 2: text('namespace'), 3: text('name'), 4: text('uid') },
  ...{ 5: text('apiVersion'), 6: text('resourceVersion'), 7: text('fieldPath') },
}
const EVENT: Message = {
  1: nested('metadata', META),
  2: nested('involvedObject', REFERENCE),
  ...{ 3: text('reason'), 4: text('message') },
  5: nested('source', { 1: text('component'), 2: text('host') }),
  6: { name: 'firstTimestamp', read: TIME },
  7: { name: 'lastTimestamp', read: TIME },
  8: { name: 'count', read: (reader) => reader.int32() },
  ...{ 9: text('type'), 12: text('action'), 14: text('reportingComponent'), 15: text('reportingInstance') },
}
const UNKNOWN: Message = { 2: { name: 'raw', read: (reader) => reader.bytes() } }

/** What is empty is left out, as in JSON. */
function read(bytes: Uint8Array, message: Message): Readonly<Record<string, unknown>> {
  const reader = new BinaryReader(bytes)
  const fields: Record<string, unknown> = {}
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    const field = message[number]
    if (field === undefined) reader.skip(wireType)
    else {
      const value = field.read(reader)
      if (value !== '' && value !== null) fields[field.name] = value
    }
  }
  return fields
}

/** The event as JSON has it; undefined for any other body. */
export function eventOf(body: Buffer): unknown {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const { raw } = read(body.subarray(MAGIC.length), UNKNOWN)
  return raw instanceof Uint8Array ? { apiVersion: 'v1', kind: 'Event', ...read(raw, EVENT) } : undefined
}
