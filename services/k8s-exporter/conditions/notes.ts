/** What of the node's annotations has to change. Pure: node and wish in, changes out. */
import { ANNOTATIONS, type KubeNode, MARK_KEYS, parseMark, renderMark } from '#kube'

export interface NotesInput {
  /** As the server last showed it. */
  readonly node: KubeNode
  /** Annotations of Node Doctor itself. */
  readonly wanted: Readonly<Record<string, string>>
  /** Those that the configuration asks for. */
  readonly asked: Readonly<Record<string, string>>
  /** All notes of an installation are ours to keep; else `wanted` is all of it. */
  readonly isInstallation: boolean
  /** Whose notes of before are ours where we are not one: see {@link leftBehind}. */
  readonly installation?: string | undefined
}

export interface Notes {
  /** By their keys; null takes one off. */
  readonly changes: Readonly<Record<string, string | null>>
  /** Keys that are asked for and that another writer holds: they are left alone. */
  readonly foreign: readonly string[]
}

/** What is in our mark, or stands there not at all, is ours: as a condition is, whatever somebody else made of it since. */
export function planNotes({ node, wanted, asked, isInstallation, installation }: NotesInput): Notes {
  const actual = node.metadata.annotations ?? {}
  const marked = new Set(parseMark(node).annotations)
  const isForeign = (key: string) => actual[key] !== undefined && !marked.has(key)
  const foreign = Object.keys(asked).filter(isForeign)
  const ours = Object.entries(asked).filter(([key]) => !isForeign(key))
  const mark = ours.length > 0 ? { [ANNOTATIONS.annotations]: renderMark(ours.map(([key]) => key)) } : {}
  const all: Readonly<Record<string, string>> = { ...Object.fromEntries(ours), ...mark, ...wanted }
  const changes: Record<string, string | null> = {}
  for (const [key, value] of Object.entries(all)) if (actual[key] !== value) changes[key] = value
  // Of the files of node-problem-detector nothing but the mark is written: the rest may be somebody else's of ours.
  if (!isInstallation) return { changes: { ...changes, ...leftBehind(node, installation) }, foreign }
  const marks: readonly string[] = MARK_KEYS
  // A note of ours that is no longer written goes; the mark is rewritten, never dropped here.
  const kept = Object.values(ANNOTATIONS).filter((key) => !marks.includes(key))
  for (const key of [...kept, ...marked]) if (actual[key] !== undefined && all[key] === undefined) changes[key] = null
  return { changes, foreign }
}

/**
 * What takes off the annotations that an earlier configuration asked for, of who writes none now.
 * @param installation ours; undefined: not to be told from another one's
 */
export function leftBehind(node: KubeNode, installation: string | undefined): Readonly<Record<string, null>> {
  const { annotations: marked, installation: by } = parseMark(node)
  if (installation === undefined || by !== installation) return {}
  const standing = [...marked, ANNOTATIONS.annotations].filter((key) => node.metadata.annotations?.[key] !== undefined)
  return Object.fromEntries(standing.map((key) => [key, null]))
}
