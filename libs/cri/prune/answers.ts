/** What the bytes of lists say, of things that may be removed (k8s.io/cri-api, pkg/apis/runtime/v1/api.proto). Pure. */
import { bytesAt, type Fields, fieldsOf, numberAt, textAt } from '../fields.ts'
import type { PruneContainer, PruneImage, PruneSandbox } from './types.ts'

const POD_UID = 'io.kubernetes.pod.uid'
const NOTHING = new Uint8Array()
const ENTRY = new Set([1, 2])
/** Container: id, pod_sandbox_id, metadata, image, image_ref, state, created_at, labels, image_id. */
const CONTAINER = new Set([1, 2, 3, 4, 5, 6, 7, 8, 10])
/** ContainerMetadata: name, attempt. */
const NAMED = new Set([1, 2])
/** ImageSpec: image, user_specified_image, image_ref. */
const SPEC = new Set([1, 18, 20])
/** PodSandbox: id, metadata, state. */
const SANDBOX = new Set([1, 2, 3])
/** PodSandboxMetadata: uid. */
const POD = new Set([2])
/** Image: id, repo_tags, repo_digests, size, pinned. */
const IMAGE = new Set([1, 2, 3, 4, 8])

const STATES: Readonly<Record<number, PruneContainer['state']>> = { 0: 'created', 1: 'running', 2: 'exited' }

function messageAt(fields: Fields, field: number, wanted: ReadonlySet<number>): Fields {
  return fieldsOf(bytesAt(fields, field).at(-1) ?? NOTHING, wanted)
}

function textsAt(fields: Fields, field: number): readonly string[] {
  return bytesAt(fields, field).map((bytes) => Buffer.from(bytes).toString('utf8'))
}

/** The value of a key in a field that is a map of texts; "" where there is none. */
function entryAt(fields: Fields, field: number, key: string): string {
  const entries = bytesAt(fields, field).map((bytes) => fieldsOf(bytes, ENTRY))
  const found = entries.find((entry) => textAt(entry, 1) === key)
  return found === undefined ? '' : textAt(found, 2)
}

/** @throws Error when the bytes are no such message, as all of these do */
export function readPruneContainer(bytes: Uint8Array): PruneContainer {
  const fields = fieldsOf(bytes, CONTAINER, true)
  const named = messageAt(fields, 3, NAMED)
  const spec = messageAt(fields, 4, SPEC)
  const images = [textAt(spec, 1), textAt(spec, 18), textAt(spec, 20), textAt(fields, 5), textAt(fields, 10)]
  return {
    id: textAt(fields, 1),
    sandboxId: textAt(fields, 2),
    podUid: entryAt(fields, 8, POD_UID),
    name: textAt(named, 1),
    state: STATES[numberAt(fields, 6)] ?? 'unknown',
    createdNs: numberAt(fields, 7),
    attempt: numberAt(named, 2),
    images: [...new Set(images.filter((image) => image !== ''))],
  }
}

export function readPruneSandbox(bytes: Uint8Array): PruneSandbox {
  const fields = fieldsOf(bytes, SANDBOX)
  return { id: textAt(fields, 1), podUid: textAt(messageAt(fields, 2, POD), 2), isReady: numberAt(fields, 3) === 0 }
}

export function readPruneImage(bytes: Uint8Array): PruneImage {
  const fields = fieldsOf(bytes, IMAGE, true)
  return {
    id: textAt(fields, 1),
    names: [...textsAt(fields, 2), ...textsAt(fields, 3)],
    bytes: Math.max(0, numberAt(fields, 4)),
    isPinned: numberAt(fields, 8) !== 0,
  }
}

/** Of StatusResponse's `info`, which is each runtime's own; containerd has its configuration there. */
export function readSandboxImage(bytes: Uint8Array): string {
  const config = entryAt(fieldsOf(bytes, new Set([2])), 2, 'config')
  if (config === '') return ''
  try {
    const parsed: unknown = JSON.parse(config)
    const image = typeof parsed === 'object' && parsed !== null && 'sandboxImage' in parsed ? parsed.sandboxImage : ''
    return typeof image === 'string' ? image : ''
  } catch {
    // It is for people; what is no JSON says nothing.
    return ''
  }
}
