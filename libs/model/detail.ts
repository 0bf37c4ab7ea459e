/**
 * Detail that a source adds to its word on a condition. It goes with the word from the check to the reader: whoever passes a
 * word on passes {@link detailOf} it, so that a field more is written here, in libs/wire/detail.ts and libs/view/detail.ts.
 */
import { cleanText } from './text.ts'

/** Every action that a source may recommend, the mildest first. */
export const ACTIONS = [
  'check-application',
  'restart-service',
  'reset-device',
  'reboot-node',
  'replace-hardware',
  'contact-support',
] as const

/** An action that a person, or a machine that may act, is to take. */
export type Action = (typeof ACTIONS)[number]

/** Longest subject, in UTF-16 units. */
export const MAX_SUBJECT = 80

/** Detail of a word on a condition; each is absent where its source says nothing of it. */
export interface Detail {
  /** What is to be done about it, while it is a problem. Absent: nothing that the source knows of. */
  readonly action?: Action | undefined
  /** It is told and never acted on, whatever a remediation strategy says. */
  readonly observeOnly?: true | undefined
  /** What people read in place of the entity: "GPU 3, H200". Absent: the entity. */
  readonly subject?: string | undefined
}

/** The detail of anything that has one, and nothing else of it. */
export function detailOf({ action, observeOnly, subject }: Detail): Detail {
  return { action, observeOnly, subject }
}

/** Detail as it may be kept: the subject one clean line of at most {@link MAX_SUBJECT}, an empty one none. */
export function cleanDetail({ action, observeOnly, subject }: Detail): Detail {
  const clean = subject === undefined ? '' : cleanText(subject, MAX_SUBJECT)
  return { action, observeOnly, subject: clean === '' ? undefined : clean }
}

/** A source of a condition, as far as its detail goes. */
export interface DetailedSource {
  /** What counts of it. */
  readonly health: string
  /** What it said last. */
  readonly observation: Detail & { readonly health: string }
  /** The last problem it reported that nothing has disproved yet. */
  readonly raised?: Detail | undefined
}

/** The word that makes a source a problem: its last one, or the one that raised what is not proven gone. */
function problemWord({ observation, raised }: DetailedSource): Detail {
  return observation.health === 'problem' ? observation : (raised ?? observation)
}

function subjectOf({ observation, raised }: DetailedSource): string | undefined {
  return observation.subject ?? raised?.subject
}

/**
 * Detail of a condition over its sources: what the worst one says is to be done about a problem, and how it calls it (else the
 * next that has a name for it). It is observed only if every source that makes it a problem says so.
 * @param sources worst first
 */
export function mergedDetail(sources: readonly DetailedSource[]): Detail {
  const [worst] = sources
  const subject = sources.map(subjectOf).find((name) => name !== undefined)
  if (worst === undefined || worst.health !== 'problem') return { action: undefined, observeOnly: undefined, subject }
  const makers = sources.filter(({ health }) => health === 'problem')
  const observeOnly = makers.every((source) => problemWord(source).observeOnly === true) ? true : undefined
  return { action: problemWord(worst).action, observeOnly, subject }
}
